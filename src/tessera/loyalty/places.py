"""In which chain a record is, for callers who know its id only."""

from collections.abc import Sequence
from enum import Enum
from uuid import UUID

from tessera.access.chains import list_chain_ids
from tessera.loyalty.errors import (
    AccountNotFoundError,
    MembershipNotFoundError,
    ProgramNotFoundError,
    SeveralChainsError,
    TierNotFoundError,
)
from tessera.loyalty.store import places as store
from tessera.loyalty.values.versions import version_at
from tessera.platform.actors import Actor
from tessera.platform.assets import changed_meanwhile
from tessera.platform.db import Session
from tessera.platform.errors import NotFoundError


class Place(Enum):
    """What a record is: its table, its word, and what is raised where there is none."""

    PROGRAM = ("programs", "loyalty program", ProgramNotFoundError)
    TIER = ("tiers", "loyalty tier", TierNotFoundError)
    MEMBERSHIP = ("memberships", "loyalty membership", MembershipNotFoundError)
    ACCOUNT = ("accounts", "account", AccountNotFoundError)

    def __init__(self, table: str, word: str, unknown: type[NotFoundError]) -> None:
        self.table = table
        self.word = word
        self.unknown = unknown


async def find_membership_chains(session: Session, actor: Actor, ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return the chain of each active membership within the actor's reach."""
    return await store.find_chains(session, "memberships", ids, chain_ids=await list_reach(session, actor))


async def list_reach(session: Session, actor: Actor) -> Sequence[UUID]:
    """Return the chains to look in; an actor who sees every chain looks in all there are."""
    chain_ids = actor.reach()
    return await list_chain_ids(session) if chain_ids is None else chain_ids


async def get_membership_chain(session: Session, actor: Actor, ids: Sequence[UUID]) -> UUID:
    """Return the one chain that the memberships are in."""
    chains = await find_membership_chains(session, actor, ids)
    for membership_id in ids:
        if membership_id not in chains:
            raise MembershipNotFoundError(
                f"There is no loyalty membership {membership_id} within reach of {actor.name}.",
                membership_id=membership_id,
            )
    first, *others = dict.fromkeys(chains.values())
    if others:
        raise SeveralChainsError("The memberships are in several chains. Send one call for each chain.")
    return first


async def find_place(
    session: Session, actor: Actor, place: Place, record_id: UUID, *, version: int | None = None
) -> UUID:
    """Return the chain that an active record is in; with a version hold it, and raise unless it still is that one."""
    chains = await store.find_chains(session, place.table, [record_id], chain_ids=await list_reach(session, actor))
    if record_id not in chains:
        raise place.unknown(f"There is no {place.word} {record_id} within reach of {actor.name}.")
    if version is not None:
        moment = await store.hold_moment(session, place.table, chains[record_id], record_id)
        if moment is None or version_at(moment) != version:
            raise changed_meanwhile(f"The {place.word} {record_id}")
    return chains[record_id]
