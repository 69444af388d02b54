"""Tiers: the levels of a program."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from tessera.access.chains import narrow_chains, require_chain
from tessera.loyalty import rules
from tessera.loyalty.authorship import profile_of
from tessera.loyalty.errors import ProgramNotFoundError, TierCodeTakenError, TierNotFoundError
from tessera.loyalty.events import MEMBERSHIP_UPDATED, TIER_CREATED, TIER_DELETED, TIER_UPDATED
from tessera.loyalty.store import programs as program_store
from tessera.loyalty.store import tiers as store
from tessera.loyalty.trail import Change, note_additions, note_changes, note_deletions
from tessera.loyalty.values.marks import Mark
from tessera.loyalty.values.programs import NewTier, Tier, TierChange, TierFilter
from tessera.platform.actors import Actor
from tessera.platform.db import Reader, Session
from tessera.platform.ids import new_random_id
from tessera.platform.paging import CursorNotFoundError

LONGEST_NAME, LONGEST_CODE = 50, 50
ADDED = Change("created", "tier", TIER_CREATED)
CHANGED = Change("updated", "tier", TIER_UPDATED)
DELETED = Change("deleted", "tier", TIER_DELETED)


async def create_tiers(
    session: Session, actor: Actor, chain_id: UUID, items: Sequence[NewTier], *, now: datetime
) -> list[Tier]:
    """Create all of the tiers or none, in the given order."""
    require_chain(actor, chain_id)
    check_texts(items)
    program_ids = sorted({item.program_id for item in items})
    known = await program_store.lock_active_programs(session, chain_id, program_ids)
    for program_id in program_ids:
        if program_id not in known:
            raise ProgramNotFoundError(f"There is no loyalty program {program_id} in the chain.", program_id=program_id)
    places = [(item.program_id, item.code) for item in items]
    check_codes(places, await store.find_taken_codes(session, places))
    tiers = [
        Tier(new_random_id(), chain_id, item.program_id, item.name, item.code, item.ordering, now, now)
        for item in items
    ]
    await store.insert_tiers(session, tiers)
    await note_additions(
        session, actor, ADDED, tiers, lambda new: {"code": new.code, "name": new.name, "program_id": new.program_id}
    )
    return tiers


def check_texts(items: Sequence[NewTier | TierChange]) -> None:
    """Raise for a name or code that is empty or too long."""
    rules.check_lengths("tier's name", (item.name for item in items), longest=LONGEST_NAME)
    rules.check_lengths("tier's code", (item.code for item in items), longest=LONGEST_CODE)


def check_codes(places: Iterable[tuple[UUID, str]], taken: Iterable[tuple[UUID, str]]) -> None:
    """Raise where a code comes twice in a program or is taken there."""
    double = rules.find_double([*taken, *places])
    if double is not None:
        raise TierCodeTakenError(
            f"A loyalty tier with the code {double[1]} already exists in the program. Choose another code.",
            value=double[1],
            member="Code",
            field="code",
        )


async def update_tiers(
    session: Session, actor: Actor, chain_id: UUID | None, items: Sequence[TierChange], *, now: datetime
) -> list[Tier]:
    """Change all of the tiers or none; return them in the given order. Without a chain, of any of the actor's.

    Several changes of one tier count as one, the later property winning. What stays as it was is not touched.
    """
    check_texts(items)
    changes = rules.fold_changes(items)
    chain_ids = narrow_chains(actor, chain_id)
    held = await hold(session, chain_ids, changes)
    afters = {change.id: rules.amend(held[change.id], change, now=now) for change in changes.values()}
    await make_room(session, chain_ids, held, afters)
    touched = [after for after in afters.values() if after is not held[after.id]]
    if touched:
        await store.write_tiers(session, touched)
        await note_changes(session, actor, CHANGED, held, touched)
    return [afters[item.id] for item in items]


async def make_room(
    session: Session, chain_ids: Sequence[UUID], befores: Mapping[UUID, Tier], afters: Mapping[UUID, Tier]
) -> None:
    """Raise where a changed code is taken; let tiers that trade their codes release them."""
    if all(after.code == befores[after.id].code for after in afters.values()):
        return
    places = [(after.program_id, after.code) for after in afters.values()]
    check_codes(places, await store.find_taken_codes(session, places, besides=list(afters)))
    traded = rules.find_traded_codes(befores.values(), afters.values())
    if traded:
        await store.lend_codes(session, chain_ids, traded)


async def delete_tiers(
    session: Session, actor: Actor, chain_id: UUID | None, ids: Sequence[UUID], *, now: datetime
) -> None:
    """Delete all of the tiers or none; memberships that have one lose it and count as updated.

    Without a chain, tiers of any of the actor's.
    """
    wanted = list(dict.fromkeys(ids))
    held = await hold(session, narrow_chains(actor, chain_id), wanted)
    tiers = [held[tier_id] for tier_id in wanted]
    await store.delete_tiers(session, tiers, now=now)
    await store.leave_tiers(session, tiers, Mark(*profile_of(actor), now), event=MEMBERSHIP_UPDATED)
    await note_deletions(session, actor, DELETED, tiers)


async def hold(session: Session, chain_ids: Sequence[UUID], ids: Iterable[UUID]) -> dict[UUID, Tier]:
    """Hold the tiers for a change and return them; raise for the first that is not active in the chains."""
    wanted = list(ids)
    held = await store.hold_tiers(session, chain_ids, wanted)
    for tier_id in wanted:
        if tier_id not in held:
            raise TierNotFoundError(f"There is no loyalty tier {tier_id}.", tier_id=tier_id)
    return held


async def list_tiers(session: Session | Reader, actor: Actor, narrowing: TierFilter) -> list[Tier]:
    """Return a page of tiers, newest first."""
    chain_ids = narrow_chains(actor, narrowing.chain_ids)
    found = await store.select_tiers(session, chain_ids, narrowing, reach=actor.reach() or chain_ids)
    if found is None:
        raise CursorNotFoundError(f"There is no loyalty tier {narrowing.cursor} to continue after.")
    return found
