"""In which chain a record is, for callers who know its id only."""

from collections.abc import Sequence
from uuid import UUID

from tessera.loyalty.errors import SeveralChainsError, UnknownChainError, UnknownMembershipError, UnknownProgramError
from tessera.loyalty.store import chains as chain_store
from tessera.loyalty.store import places as store
from tessera.platform.auth import Actor
from tessera.platform.db import Session


async def check_chains(session: Session, actor: Actor, ids: Sequence[UUID]) -> None:
    """Raise unless every chain exists within the actor's reach."""
    found = {chain.id for chain in await chain_store.select_chains(session, list(ids))}
    for chain_id in ids:
        if chain_id not in found or not actor.sees(chain_id):
            raise UnknownChainError(f"There is no chain {chain_id} within reach of {actor.name}.", chain_id=chain_id)


async def find_membership_chains(session: Session, actor: Actor, ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return the chain of each active membership within the actor's reach."""
    return await store.find_chains(session, "memberships", ids, chain_ids=chains_of(actor))


async def get_membership_chain(session: Session, actor: Actor, ids: Sequence[UUID]) -> UUID:
    """Return the one chain that the memberships are in."""
    chains = await find_membership_chains(session, actor, ids)
    for membership_id in ids:
        if membership_id not in chains:
            raise UnknownMembershipError(
                f"There is no loyalty membership {membership_id} within reach of {actor.name}.",
                membership_id=membership_id,
            )
    first, *others = dict.fromkeys(chains.values())
    if others:
        raise SeveralChainsError("The memberships are in several chains. Send one call for each chain.")
    return first


async def get_program_chain(session: Session, actor: Actor, program_id: UUID) -> UUID:
    """Return the chain that the program is in."""
    chains = await store.find_chains(session, "programs", [program_id], chain_ids=chains_of(actor))
    if program_id not in chains:
        raise UnknownProgramError(
            f"There is no loyalty program {program_id} within reach of {actor.name}.", program_id=program_id
        )
    return chains[program_id]


def chains_of(actor: Actor) -> list[UUID] | None:
    """Return the actor's chains, None for every chain."""
    return None if actor.chains is None else sorted(actor.chains)
