"""Whom an actor can see, and as whom it makes its mark."""

from collections.abc import Sequence
from uuid import UUID

from tessera.access.chains.errors import ChainMissingError, ChainNotFoundError
from tessera.platform.actors import Actor


def require_chain(actor: Actor, chain_id: UUID) -> None:
    """Raise unless the chain is one of the actor's."""
    if not actor.sees(chain_id):
        raise ChainNotFoundError(f"There is no chain {chain_id} within reach of {actor.name}.", chain_id=chain_id)


def reach_of(actor: Actor, chain_ids: Sequence[UUID] | None) -> tuple[UUID, ...]:
    """Return every chain that the actor can see; one who sees all has to name the ones meant."""
    if actor.chains is not None:
        return tuple(sorted(actor.chains))
    if not chain_ids:
        raise ChainMissingError("Name at least one chain: this list is kept chain by chain.")
    return tuple(dict.fromkeys(chain_ids))


def narrow_chains(actor: Actor, chain_ids: Sequence[UUID] | None) -> tuple[UUID, ...]:
    """Return the named chains, all of which the actor must see, or else every chain of the actor."""
    if chain_ids is None:
        return reach_of(actor, None)
    for chain_id in chain_ids:
        require_chain(actor, chain_id)
    return reach_of(actor, chain_ids) if actor.chains is None else tuple(dict.fromkeys(chain_ids))


def chains_of(actor: Actor, chain_id: UUID | None) -> tuple[UUID, ...]:
    """Return the one chain, which the actor must see, or else every chain of the actor."""
    return narrow_chains(actor, None if chain_id is None else [chain_id])
