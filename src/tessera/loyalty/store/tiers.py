"""Statements on tiers."""

from collections.abc import Sequence
from uuid import UUID

from tessera.loyalty.store.paging import Source, fetch_page, find_position, narrow
from tessera.loyalty.store.statements import run
from tessera.loyalty.values.programs import Tier, TierFilter
from tessera.platform.db import Session, as_array

SOURCE = Source("tiers", "id, chain_id, program_id, name, code, ordering, created_at, updated_at, deleted_at")

TAKEN_CODES = """
SELECT t.program_id, t.code
  FROM tiers t JOIN unnest(%(programs)s::uuid[], %(codes)s::text[]) AS new (program_id, code) USING (program_id, code)
 WHERE t.chain_id = %(chain_id)s AND t.deleted_at IS NULL
"""

INSERT = """
INSERT INTO tiers (chain_id, id, program_id, name, code, ordering, created_at, updated_at)
SELECT %(chain_id)s, id, program_id, name, code, ordering, %(now)s, %(now)s
  FROM unnest(%(ids)s::uuid[], %(programs)s::uuid[], %(names)s::text[], %(codes)s::text[], %(orderings)s::int[])
       WITH ORDINALITY AS new (id, program_id, name, code, ordering, place)
 ORDER BY place
"""

# Shared for the same reason as programs: a tier deleted meanwhile must not gain memberships.
LOCK_ACTIVE = """
SELECT id, program_id FROM tiers WHERE chain_id = %(chain_id)s AND id = ANY (%(ids)s) AND deleted_at IS NULL
 ORDER BY id FOR SHARE
"""


async def find_taken_codes(
    session: Session, chain_id: UUID, places: Sequence[tuple[UUID, str]]
) -> set[tuple[UUID, str]]:
    """Return which pairs of program and code active tiers have."""
    values = {
        "chain_id": chain_id,
        "programs": as_array([program_id for program_id, _ in places]),
        "codes": as_array([code for _, code in places]),
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


async def lock_active_tiers(session: Session, chain_id: UUID, ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return the program of each id that is an active tier of the chain, and keep them so."""
    rows = await run(session, LOCK_ACTIVE, {"chain_id": chain_id, "ids": list(ids)})
    return {row[0]: row[1] for row in rows}


async def select_tiers(
    session: Session, chain_ids: Sequence[UUID], narrowing: TierFilter, *, reach: Sequence[UUID]
) -> list[Tier] | None:
    """Return a page of tiers; None where the cursor is no tier of the reach."""
    position = None
    if narrowing.cursor is not None:
        position = await find_position(session, SOURCE, reach, narrowing.cursor)
        if position is None:
            return None
    conditions = narrow(narrowing, position)
    conditions.among("program_id", narrowing.program_ids, kind="uuid")
    rows = await fetch_page(session, SOURCE, conditions, chain_ids=chain_ids, narrowing=narrowing)
    return [Tier(*row[:9]) for row in rows]
