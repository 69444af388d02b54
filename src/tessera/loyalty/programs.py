"""Programs: a chain's loyalty programs."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from tessera.access.chains import ChainNotFoundError, hold_chain, narrow_chains, require_chain
from tessera.loyalty import rules
from tessera.loyalty.errors import ProgramCodeTakenError, ProgramNotFoundError
from tessera.loyalty.events import PROGRAM_CREATED, PROGRAM_DELETED, PROGRAM_UPDATED, TIER_DELETED
from tessera.loyalty.store import programs as store
from tessera.loyalty.store import tiers as tier_store
from tessera.loyalty.trail import Change, note_additions, note_changes, note_deletions
from tessera.loyalty.values.programs import NewProgram, Program, ProgramChange, ProgramFilter
from tessera.platform.actors import Actor
from tessera.platform.db import Reader, Session
from tessera.platform.ids import new_random_id
from tessera.platform.paging import CursorNotFoundError

LONGEST_NAME, LONGEST_CODE = 100, 50
ADDED = Change("created", "program", PROGRAM_CREATED)
CHANGED = Change("updated", "program", PROGRAM_UPDATED)
DELETED = Change("deleted", "program", PROGRAM_DELETED)
DELETED_WITH_IT = Change("deleted", "tier", TIER_DELETED)


async def create_programs(
    session: Session, actor: Actor, chain_id: UUID, items: Sequence[NewProgram], *, now: datetime
) -> list[Program]:
    """Create all of the programs or none, in the given order."""
    require_chain(actor, chain_id)
    rules.check_lengths("program's name", (item.name for item in items), longest=LONGEST_NAME)
    rules.check_lengths("program's code", (item.code for item in items), longest=LONGEST_CODE)
    if not await hold_chain(session, chain_id):
        raise ChainNotFoundError(f"There is no chain {chain_id}.", chain_id=chain_id)
    await check_codes(session, chain_id, [item.code for item in items])
    number = await store.find_last_number(session, chain_id)
    programs = []
    for item in items:
        number = max(number, item.number) if item.number else number + 1
        programs.append(
            Program(
                new_random_id(),
                chain_id,
                item.number or number,
                item.name,
                item.code,
                item.type,
                item.subscription,
                item.allows_overdraft,
                now,
                now,
            )
        )
    await store.insert_programs(session, programs)
    await note_additions(
        session, actor, ADDED, programs, lambda new: {"code": new.code, "name": new.name, "number": new.number}
    )
    return programs


async def check_codes(session: Session, chain_id: UUID, codes: Sequence[str]) -> None:
    """Raise where a code comes twice or an active program has it."""
    taken = await store.find_taken_codes(session, chain_id, codes)
    double = rules.find_double([*taken, *codes])
    if double is not None:
        raise ProgramCodeTakenError(
            f"A loyalty program with the code {double} already exists in the chain. Choose another code.",
            value=double,
            member="Code",
            field="code",
        )


async def update_programs(
    session: Session, actor: Actor, chain_id: UUID | None, items: Sequence[ProgramChange], *, now: datetime
) -> list[Program]:
    """Change all of the programs or none; return them in the given order. Without a chain, of any of the actor's.

    Several changes of one program count as one, the later property winning. What stays as it was is not touched.
    """
    rules.check_lengths("program's name", (item.name for item in items), longest=LONGEST_NAME)
    changes = rules.fold_changes(items)
    held = await hold(session, narrow_chains(actor, chain_id), changes)
    afters = {change.id: rules.amend(held[change.id], change, now=now) for change in changes.values()}
    touched = [after for after in afters.values() if after is not held[after.id]]
    if touched:
        await store.write_programs(session, touched)
        await note_changes(session, actor, CHANGED, held, touched)
    return [afters[item.id] for item in items]


async def delete_programs(
    session: Session, actor: Actor, chain_id: UUID | None, ids: Sequence[UUID], *, now: datetime
) -> None:
    """Delete all of the programs and their tiers, or nothing. Without a chain, of any of the actor's.

    Raises where a program has active memberships, which the database decides: it sees those being added just now.
    """
    chain_ids, wanted = narrow_chains(actor, chain_id), list(dict.fromkeys(ids))
    held = await hold(session, chain_ids, wanted)
    tiers = await tier_store.hold_tiers_of(session, chain_ids, wanted)
    await store.delete_programs(session, chain_ids, wanted, now=now)
    if tiers:
        await tier_store.delete_tiers(session, tiers, now=now)
        await note_deletions(session, actor, DELETED_WITH_IT, tiers)
    await note_deletions(session, actor, DELETED, [held[program_id] for program_id in wanted])


async def hold(session: Session, chain_ids: Sequence[UUID], ids: Iterable[UUID]) -> dict[UUID, Program]:
    """Hold the programs for a change and return them; raise for the first that is not active in the chains."""
    wanted = list(ids)
    held = await store.hold_programs(session, chain_ids, wanted)
    for program_id in wanted:
        if program_id not in held:
            raise ProgramNotFoundError(f"There is no loyalty program {program_id}.", program_id=program_id)
    return held


async def list_programs(session: Session | Reader, actor: Actor, narrowing: ProgramFilter) -> list[Program]:
    """Return a page of programs, newest first."""
    chain_ids = narrow_chains(actor, narrowing.chain_ids)
    found = await store.select_programs(session, chain_ids, narrowing, reach=actor.reach() or chain_ids)
    if found is None:
        raise CursorNotFoundError(f"There is no loyalty program {narrowing.cursor} to continue after.")
    return found
