"""Programs: a chain's loyalty programs."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.loyalty import rules
from tessera.loyalty.errors import ProgramCodeTakenError, UnknownChainError, UnknownCursorError
from tessera.loyalty.events import PROGRAM_ADDED
from tessera.loyalty.reach import narrow_chains, reach_of, require_chain
from tessera.loyalty.store import programs as store
from tessera.loyalty.values.programs import NewProgram, Program, ProgramFilter
from tessera.platform.audit import Entry, record_entries
from tessera.platform.auth import Actor
from tessera.platform.db import Session
from tessera.platform.events import Event, record_events
from tessera.platform.ids import new_id


async def create_programs(
    session: Session, actor: Actor, chain_id: UUID, items: Sequence[NewProgram], *, now: datetime
) -> list[Program]:
    """Create all of the programs or none, in the given order."""
    require_chain(actor, chain_id)
    if not await store.lock_chain(session, chain_id):
        raise UnknownChainError(f"There is no chain {chain_id}.", chain_id=chain_id)
    await check_codes(session, chain_id, [item.code for item in items])
    number = await store.find_last_number(session, chain_id)
    programs = []
    for item in items:
        number = max(number, item.number) if item.number else number + 1
        programs.append(
            Program(
                new_id(), chain_id, item.number or number, item.name, item.code, item.type, item.subscription, now, now
            )
        )
    await store.insert_programs(session, programs)
    await record(session, actor, chain_id, programs)
    return programs


async def check_codes(session: Session, chain_id: UUID, codes: Sequence[str]) -> None:
    """Raise where a code comes twice or an active program has it."""
    taken = await store.find_taken_codes(session, chain_id, codes)
    double = rules.find_double([*taken, *codes])
    if double is not None:
        raise ProgramCodeTakenError(
            f"A loyalty program with the code {double} already exists in the chain. Choose another code.", value=double
        )


async def record(session: Session, actor: Actor, chain_id: UUID, programs: Sequence[Program]) -> None:
    """Write events and one audit entry."""
    await record_events(
        session,
        [
            Event(chain_id, PROGRAM_ADDED, item.id, {"code": item.code, "name": item.name, "number": item.number})
            for item in programs
        ],
    )
    after = {"count": len(programs), "codes": [item.code for item in programs]}
    only = programs[0] if len(programs) == 1 else None
    name = only.name if only else f"{len(programs)} programs"
    await record_entries(
        session, actor, [Entry("created", "program", only.id if only else None, name, chain_id, after=after)]
    )


async def list_programs(session: Session, actor: Actor, narrowing: ProgramFilter) -> list[Program]:
    """Return a page of programs, newest first."""
    chain_ids = narrow_chains(actor, narrowing.chain_ids)
    reach = reach_of(actor, chain_ids)
    found = await store.select_programs(session, chain_ids, narrowing, reach=reach)
    if found is None:
        raise UnknownCursorError(f"There is no loyalty program {narrowing.cursor} to continue after.")
    return found
