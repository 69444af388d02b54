"""Statements on programs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.loyalty.errors import ProgramInUseError, ProgramNotFoundError
from tessera.loyalty.store.records import lock_active_records, mark_deleted
from tessera.loyalty.store.statements import run
from tessera.loyalty.values.programs import Program, ProgramFilter, ProgramType
from tessera.platform.db import Reader, Session, as_array
from tessera.platform.paging import Source, fetch_page, find_position, narrow

SOURCE = Source(
    "programs",
    "id, chain_id, number, name, code, type, subscription, allows_overdraft, created_at, updated_at, deleted_at",
)

# Numbers are given one chain at a time: the lock makes the next caller wait and then see what this one took.
LAST_NUMBER = "SELECT coalesce(max(number), 0) FROM programs WHERE chain_id = %(chain_id)s"

TAKEN_CODES = """
SELECT code FROM programs WHERE chain_id = %(chain_id)s AND code = ANY (%(codes)s) AND deleted_at IS NULL
"""

INSERT = """
INSERT INTO programs (chain_id, id, number, name, code, type, subscription, allows_overdraft, created_at, updated_at)
SELECT %(chain_id)s, id, number, name, code, type, subscription, allows_overdraft, %(now)s, %(now)s
  FROM unnest(%(ids)s::uuid[], %(numbers)s::int[], %(names)s::text[], %(codes)s::text[], %(types)s::text[],
              %(subscriptions)s::text[], %(overdrafts)s::bool[])
       WITH ORDINALITY AS new (id, number, name, code, type, subscription, allows_overdraft, place)
 ORDER BY place
"""

WRITE = """
UPDATE programs
   SET name = new.name, type = new.type, subscription = new.subscription, allows_overdraft = new.allows_overdraft,
       updated_at = new.updated_at
  FROM unnest(%(chains)s::uuid[], %(ids)s::uuid[], %(names)s::text[], %(types)s::text[], %(subscriptions)s::text[],
              %(overdrafts)s::bool[], %(moments)s::timestamptz[])
    AS new (chain_id, id, name, type, subscription, allows_overdraft, updated_at)
 WHERE programs.chain_id = new.chain_id AND programs.id = new.id
"""

# Sharing the rows keeps a program from being deleted between this look and the write that builds on it.
LOCK_ACTIVE = """
SELECT id FROM programs WHERE chain_id = %(chain_id)s AND id = ANY (%(ids)s) AND deleted_at IS NULL
 ORDER BY id FOR SHARE
"""

FIND_USED = """
SELECT id FROM unnest(%(ids)s::uuid[]) AS given (id)
 WHERE EXISTS (SELECT FROM memberships WHERE chain_id = ANY (%(chains)s::uuid[]) AND program_id = given.id
                  AND deleted_at IS NULL)
 LIMIT 1
"""


async def find_last_number(session: Session, chain_id: UUID) -> int:
    """Return the highest program number ever given in the chain."""
    rows = await run(session, LAST_NUMBER, {"chain_id": chain_id})
    return int(rows[0][0])


async def find_taken_codes(session: Session, chain_id: UUID, codes: Sequence[str]) -> set[str]:
    """Return which of the codes active programs of the chain have."""
    rows = await run(session, TAKEN_CODES, {"chain_id": chain_id, "codes": list(codes)})
    return {row[0] for row in rows}


async def insert_programs(session: Session, programs: Sequence[Program]) -> None:
    """Write programs of one chain and moment, in order."""
    await run(
        session,
        INSERT,
        {
            "chain_id": programs[0].chain_id,
            "now": programs[0].created_at,
            "ids": as_array([program.id for program in programs]),
            "numbers": as_array([program.number for program in programs]),
            "names": as_array([program.name for program in programs]),
            "codes": as_array([program.code for program in programs]),
            "types": as_array([program.type for program in programs]),
            "subscriptions": as_array([program.subscription for program in programs]),
            "overdrafts": as_array([program.allows_overdraft for program in programs]),
        },
    )


async def write_programs(session: Session, programs: Sequence[Program]) -> None:
    """Write what held programs have become; number and code stay."""
    values = {
        "chains": as_array([program.chain_id for program in programs]),
        "ids": as_array([program.id for program in programs]),
        "names": as_array([program.name for program in programs]),
        "types": as_array([program.type for program in programs]),
        "subscriptions": as_array([program.subscription for program in programs]),
        "overdrafts": as_array([program.allows_overdraft for program in programs]),
        "moments": as_array([program.updated_at for program in programs]),
    }
    await run(session, WRITE, values)


async def hold_programs(session: Session, chain_ids: Sequence[UUID], ids: Sequence[UUID]) -> dict[UUID, Program]:
    """Return the active programs of these ids, held for a change until the transaction ends."""
    return {row[0]: read_program(row) for row in await lock_active_records(session, SOURCE, chain_ids, ids)}


async def delete_programs(session: Session, chain_ids: Sequence[UUID], ids: Sequence[UUID], *, now: datetime) -> None:
    """Delete held programs; raise where one has active memberships.

    The foreign key goes both ways under one name: here it speaks of memberships that are left behind.
    """
    try:
        async with session.begin_nested():
            await mark_deleted(session, SOURCE, chain_ids, ids, now=now)
    except ProgramNotFoundError as refusal:
        rows = await run(session, FIND_USED, {"chains": list(chain_ids), "ids": list(ids)})
        message = "Cannot delete a loyalty program with active memberships."
        raise ProgramInUseError(message, **({"program_id": rows[0][0]} if rows else {})) from refusal


async def lock_active_programs(session: Session, chain_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Return which of the ids are active programs of the chain, and keep them so until the transaction ends."""
    rows = await run(session, LOCK_ACTIVE, {"chain_id": chain_id, "ids": list(ids)})
    return {row[0] for row in rows}


async def select_programs(
    session: Session | Reader, chain_ids: Sequence[UUID], narrowing: ProgramFilter, *, reach: Sequence[UUID]
) -> list[Program] | None:
    """Return a page of programs; None where the cursor is not a program of the reach."""
    position = None
    if narrowing.cursor is not None:
        position = await find_position(session, SOURCE, reach, narrowing.cursor)
        if position is None:
            return None
    conditions = narrow(narrowing, position)
    conditions.among("code", narrowing.codes, kind="text")
    rows = await fetch_page(session, SOURCE, conditions, chain_ids=chain_ids, narrowing=narrowing)
    return [read_program(row) for row in rows]


def read_program(row: tuple[Any, ...]) -> Program:
    """Return the program of a row."""
    program_id, chain_id, number, name, code, kind, *rest = row[:11]
    return Program(program_id, chain_id, number, name, code, ProgramType(kind), *rest)
