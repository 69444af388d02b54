"""Tiers: the levels of a program."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.loyalty import rules
from tessera.loyalty.errors import TierCodeTakenError, UnknownCursorError, UnknownProgramError
from tessera.loyalty.events import TIER_ADDED
from tessera.loyalty.reach import narrow_chains, reach_of, require_chain
from tessera.loyalty.store import programs as program_store
from tessera.loyalty.store import tiers as store
from tessera.loyalty.values.programs import NewTier, Tier, TierFilter
from tessera.platform.audit import Entry, record_entries
from tessera.platform.auth import Actor
from tessera.platform.db import Session
from tessera.platform.events import Event, record_events
from tessera.platform.ids import new_id


async def create_tiers(
    session: Session, actor: Actor, chain_id: UUID, items: Sequence[NewTier], *, now: datetime
) -> list[Tier]:
    """Create all of the tiers or none, in the given order."""
    require_chain(actor, chain_id)
    program_ids = sorted({item.program_id for item in items})
    known = await program_store.lock_active_programs(session, chain_id, program_ids)
    for program_id in program_ids:
        if program_id not in known:
            raise UnknownProgramError(f"There is no loyalty program {program_id} in the chain.", program_id=program_id)
    await check_codes(session, chain_id, [(item.program_id, item.code) for item in items])
    tiers = [Tier(new_id(), chain_id, item.program_id, item.name, item.code, item.ordering, now, now) for item in items]
    await store.insert_tiers(session, tiers)
    await record(session, actor, chain_id, tiers)
    return tiers


async def check_codes(session: Session, chain_id: UUID, places: Sequence[tuple[UUID, str]]) -> None:
    """Raise where a code comes twice in a program or an active tier has it."""
    taken = await store.find_taken_codes(session, chain_id, places)
    double = rules.find_double([*taken, *places])
    if double is not None:
        raise TierCodeTakenError(
            f"A loyalty tier with the code {double[1]} already exists in the program. Choose another code.",
            value=double[1],
        )


async def record(session: Session, actor: Actor, chain_id: UUID, tiers: Sequence[Tier]) -> None:
    """Write events and one audit entry."""
    await record_events(
        session,
        [
            Event(chain_id, TIER_ADDED, item.id, {"code": item.code, "name": item.name, "program_id": item.program_id})
            for item in tiers
        ],
    )
    after = {"count": len(tiers), "codes": [item.code for item in tiers]}
    only = tiers[0] if len(tiers) == 1 else None
    name = only.name if only else f"{len(tiers)} tiers"
    await record_entries(
        session, actor, [Entry("created", "tier", only.id if only else None, name, chain_id, after=after)]
    )


async def list_tiers(session: Session, actor: Actor, narrowing: TierFilter) -> list[Tier]:
    """Return a page of tiers, newest first."""
    chain_ids = narrow_chains(actor, narrowing.chain_ids)
    reach = reach_of(actor, chain_ids)
    found = await store.select_tiers(session, chain_ids, narrowing, reach=reach)
    if found is None:
        raise UnknownCursorError(f"There is no loyalty tier {narrowing.cursor} to continue after.")
    return found
