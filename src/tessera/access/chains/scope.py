"""The chains that an operation is meant for: those named, which the actor has to see, or all that it sees."""

from collections.abc import Sequence
from uuid import UUID

from tessera.access.chains.errors import ChainMissingError, ChainNotFoundError
from tessera.access.chains.store import chains as store
from tessera.platform.actors import Actor
from tessera.platform.db import Session


def require_chain(actor: Actor, chain_id: UUID) -> None:
    """Raise unless the chain is one of the actor's."""
    if not actor.sees(chain_id):
        raise out_of_reach(actor, chain_id)


async def check_chains(session: Session, actor: Actor, ids: Sequence[UUID]) -> None:
    """Raise unless every chain exists within the actor's reach."""
    found = {chain.id for chain in await store.select_chains(session, ids)} if ids else set()
    for chain_id in ids:
        if chain_id not in found or not actor.sees(chain_id):
            raise out_of_reach(actor, chain_id)


def narrow_chains(actor: Actor, chain_ids: Sequence[UUID] | UUID | None) -> tuple[UUID, ...]:
    """Return the named chains, all of which the actor must see, or else every chain of the actor.

    An actor who sees every chain has to name the ones meant.
    """
    if chain_ids is None:
        wanted = actor.reach() or []
    else:
        wanted = [chain_ids] if isinstance(chain_ids, UUID) else list(chain_ids)
    for chain_id in wanted:
        require_chain(actor, chain_id)
    if not wanted and actor.chains is None:
        raise ChainMissingError("Name at least one chain: this list is kept chain by chain.")
    return tuple(dict.fromkeys(wanted))


def out_of_reach(actor: Actor, chain_id: UUID) -> ChainNotFoundError:
    """Return the error of a chain that the actor does not see."""
    return ChainNotFoundError(f"There is no chain {chain_id} within reach of {actor.name}.", chain_id=chain_id)
