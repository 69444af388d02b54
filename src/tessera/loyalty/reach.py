"""Whom an actor can see, and as whom it makes its mark."""

from collections.abc import Sequence
from uuid import UUID

from tessera.loyalty.errors import ChainMissingError, UnknownChainError
from tessera.loyalty.values.memberships import ProfileKind
from tessera.platform.auth import Actor, ActorKind

# Accounts always name a profile; work of the house itself, which has none, goes by this one.
HOUSE_PROFILE = UUID(int=0)

PROFILES = {
    ActorKind.USER: ProfileKind.ENTERPRISE,
    ActorKind.ACCESS_TOKEN: ProfileKind.INTEGRATION,
    ActorKind.API_KEY: ProfileKind.INTEGRATION,
    ActorKind.COMMAND_LINE: ProfileKind.PLATFORM,
    ActorKind.SYSTEM: ProfileKind.PLATFORM,
}


def require_chain(actor: Actor, chain_id: UUID) -> None:
    """Raise unless the chain is one of the actor's."""
    if not actor.sees(chain_id):
        raise UnknownChainError(f"There is no chain {chain_id} within reach of {actor.name}.", chain_id=chain_id)


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


def profile_of(actor: Actor) -> tuple[ProfileKind, UUID | None]:
    """Return the profile that the actor's changes are marked with."""
    return PROFILES[actor.kind], actor.id
