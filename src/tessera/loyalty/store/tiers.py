"""Statements on tiers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.loyalty.store.records import lock_active_records, mark_deleted
from tessera.loyalty.store.statements import run
from tessera.loyalty.values.marks import Mark
from tessera.loyalty.values.programs import Tier, TierFilter
from tessera.platform.db import Reader, Session, as_array
from tessera.platform.events import INSERT_EVENTS
from tessera.platform.paging import Source, fetch_page, find_position, narrow

SOURCE = Source("tiers", "id, chain_id, program_id, name, code, ordering, created_at, updated_at, deleted_at")

TAKEN_CODES = """
SELECT t.program_id, t.code
  FROM tiers t JOIN unnest(%(programs)s::uuid[], %(codes)s::text[]) AS new (program_id, code) USING (program_id, code)
 WHERE t.deleted_at IS NULL AND t.id <> ALL (%(besides)s::uuid[])
"""

INSERT = """
INSERT INTO tiers (chain_id, id, program_id, name, code, ordering, created_at, updated_at)
SELECT %(chain_id)s, id, program_id, name, code, ordering, %(now)s, %(now)s
  FROM unnest(%(ids)s::uuid[], %(programs)s::uuid[], %(names)s::text[], %(codes)s::text[], %(orderings)s::int[])
       WITH ORDINALITY AS new (id, program_id, name, code, ordering, place)
 ORDER BY place
"""

# Unique codes are judged row by row, so tiers that trade theirs have to release them first: no tier has an id as code.
LEND_CODES = "UPDATE tiers SET code = id::text WHERE chain_id = ANY (%(chains)s::uuid[]) AND id = ANY (%(ids)s::uuid[])"

WRITE = """
UPDATE tiers SET name = new.name, code = new.code, ordering = new.ordering, updated_at = new.updated_at
  FROM unnest(%(chains)s::uuid[], %(ids)s::uuid[], %(names)s::text[], %(codes)s::text[], %(orderings)s::int[],
              %(moments)s::timestamptz[])
    AS new (chain_id, id, name, code, ordering, updated_at)
 WHERE tiers.chain_id = new.chain_id AND tiers.id = new.id
"""

LOCK_OF_PROGRAMS = """
SELECT {columns} FROM tiers
 WHERE chain_id = ANY (%(chains)s::uuid[]) AND program_id = ANY (%(programs)s::uuid[]) AND deleted_at IS NULL
 ORDER BY id FOR UPDATE
"""

# One statement, however many they are: held in the common order, changed, and recorded as events. The programs let it
# use an index, which there is none of by tier.
LEAVE = f"""
WITH held AS MATERIALIZED (
  SELECT chain_id, id FROM memberships
   WHERE chain_id = ANY (%(chains)s::uuid[]) AND program_id = ANY (%(programs)s::uuid[])
     AND tier_id = ANY (%(ids)s::uuid[]) AND deleted_at IS NULL
   ORDER BY id FOR NO KEY UPDATE
), changed AS (
  UPDATE memberships SET tier_id = NULL, updated_at = %(now)s, updater_kind = %(kind)s, updater_id = %(actor_id)s
    FROM held WHERE memberships.chain_id = held.chain_id AND memberships.id = held.id
  RETURNING memberships.chain_id, memberships.id
)
{INSERT_EVENTS} SELECT chain_id, %(event)s, id, '{{"tier_id": null}}' FROM changed
"""  # noqa: S608 - constants

# Shared for the same reason as programs: a tier deleted meanwhile must not gain memberships.
LOCK_ACTIVE = """
SELECT id, program_id FROM tiers WHERE chain_id = %(chain_id)s AND id = ANY (%(ids)s) AND deleted_at IS NULL
 ORDER BY id FOR SHARE
"""


async def find_taken_codes(
    session: Session, places: Sequence[tuple[UUID, str]], *, besides: Sequence[UUID] = ()
) -> set[tuple[UUID, str]]:
    """Return which pairs of program and code active tiers have, other than those tiers."""
    values = {
        "programs": as_array([program_id for program_id, _ in places]),
        "codes": as_array([code for _, code in places]),
        "besides": as_array(besides),
    }
    return {(row[0], row[1]) for row in await run(session, TAKEN_CODES, values)}


async def insert_tiers(session: Session, tiers: Sequence[Tier]) -> None:
    """Write tiers of one chain and moment, in order."""
    await run(
        session,
        INSERT,
        {
            "chain_id": tiers[0].chain_id,
            "now": tiers[0].created_at,
            "ids": as_array([tier.id for tier in tiers]),
            "programs": as_array([tier.program_id for tier in tiers]),
            "names": as_array([tier.name for tier in tiers]),
            "codes": as_array([tier.code for tier in tiers]),
            "orderings": as_array([tier.ordering for tier in tiers]),
        },
    )


async def hold_tiers(session: Session, chain_ids: Sequence[UUID], ids: Sequence[UUID]) -> dict[UUID, Tier]:
    """Return the active tiers of these ids, held for a change until the transaction ends."""
    return {row[0]: read_tier(row) for row in await lock_active_records(session, SOURCE, chain_ids, ids)}


async def hold_tiers_of(session: Session, chain_ids: Sequence[UUID], program_ids: Sequence[UUID]) -> list[Tier]:
    """Return the active tiers of the programs, held for a change until the transaction ends."""
    values = {"chains": as_array(chain_ids), "programs": as_array(program_ids)}
    rows = await run(session, LOCK_OF_PROGRAMS.format(columns=SOURCE.columns), values)
    return [read_tier(row) for row in rows]


async def lend_codes(session: Session, chain_ids: Sequence[UUID], ids: Sequence[UUID]) -> None:
    """Free the codes of held tiers that are about to get others."""
    await run(session, LEND_CODES, {"chains": as_array(chain_ids), "ids": as_array(ids)})


async def write_tiers(session: Session, tiers: Sequence[Tier]) -> None:
    """Write what held tiers have become; their programs stay."""
    values = {
        "chains": as_array([tier.chain_id for tier in tiers]),
        "ids": as_array([tier.id for tier in tiers]),
        "names": as_array([tier.name for tier in tiers]),
        "codes": as_array([tier.code for tier in tiers]),
        "orderings": as_array([tier.ordering for tier in tiers]),
        "moments": as_array([tier.updated_at for tier in tiers]),
    }
    await run(session, WRITE, values)


async def delete_tiers(session: Session, tiers: Sequence[Tier], *, now: datetime) -> None:
    """Delete held tiers."""
    chain_ids = sorted({tier.chain_id for tier in tiers})
    await mark_deleted(session, SOURCE, chain_ids, [tier.id for tier in tiers], now=now)


async def leave_tiers(session: Session, tiers: Sequence[Tier], mark: Mark, *, event: str) -> None:
    """Take held tiers from the active memberships that have them, with an event of that name for each."""
    values = {
        "chains": as_array(sorted({tier.chain_id for tier in tiers})),
        "programs": as_array(sorted({tier.program_id for tier in tiers})),
        "ids": as_array([tier.id for tier in tiers]),
        "event": event,
        "kind": mark.kind,
        "actor_id": mark.actor_id,
        "now": mark.now,
    }
    await run(session, LEAVE, values)


async def lock_active_tiers(session: Session, chain_id: UUID, ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return the program of each id that is an active tier of the chain, and keep them so."""
    rows = await run(session, LOCK_ACTIVE, {"chain_id": chain_id, "ids": list(ids)})
    return {row[0]: row[1] for row in rows}


async def select_tiers(
    session: Session | Reader, chain_ids: Sequence[UUID], narrowing: TierFilter, *, reach: Sequence[UUID]
) -> list[Tier] | None:
    """Return a page of tiers; None where the cursor is not a tier of the reach."""
    position = None
    if narrowing.cursor is not None:
        position = await find_position(session, SOURCE, reach, narrowing.cursor)
        if position is None:
            return None
    conditions = narrow(narrowing, position)
    conditions.among("program_id", narrowing.program_ids, kind="uuid")
    conditions.among("code", narrowing.codes, kind="text")
    rows = await fetch_page(session, SOURCE, conditions, chain_ids=chain_ids, narrowing=narrowing)
    return [read_tier(row) for row in rows]


def read_tier(row: tuple[Any, ...]) -> Tier:
    """Return the tier of a row."""
    return Tier(*row[:9])
