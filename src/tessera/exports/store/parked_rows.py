"""Statements on parked rows: those refused so often that they are skipped until they change."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Row, Session, change_rows, fetch_rows

PARKED = "definition_id = :definition_id AND refused IS NOT NULL AND refusals >= :most_refusals"

LIST = text(f"""
SELECT key, shown_key, refusals, updated_at AS since, count(*) OVER () AS total FROM export_rows
 WHERE {PARKED}
 ORDER BY updated_at DESC, key OFFSET :offset LIMIT :limit
""")  # noqa: S608 - our own constant

# Nothing is left of a row that was never accepted; of the others only how they were accepted.
FORGET_NEW = text(f"""
DELETE FROM export_rows WHERE {PARKED} AND accepted IS NULL AND (cast(:keys AS uuid[]) IS NULL OR key = ANY (:keys))
""")  # noqa: S608 - our own constant
FORGET = text(f"""
UPDATE export_rows SET refused = NULL, refusals = 0
 WHERE {PARKED} AND (cast(:keys AS uuid[]) IS NULL OR key = ANY (:keys))
""")  # noqa: S608 - our own constant

# Only the newest runs are searched: a parked row was refused in some of the last ones before it was parked.
REASONS = text("""
WITH latest AS (
  SELECT id, created_at FROM runs
   WHERE definition_id = :definition_id AND failed > 0 ORDER BY created_at DESC LIMIT 5
), blocks AS (
  SELECT b.run_id, b.created_at, u.key, b.first_row + u.n::integer - 1 AS ordinal
    FROM latest l JOIN run_blocks b ON b.created_at = l.created_at AND b.run_id = l.id
   CROSS JOIN LATERAL unnest(b.keys) WITH ORDINALITY AS u (key, n)
   WHERE b.keys && cast(:keys AS uuid[]) AND u.key = ANY (:keys)
)
SELECT DISTINCT ON (b.key) b.key, e.code, e.message
  FROM blocks b JOIN run_row_errors e
    ON e.created_at = b.created_at AND e.run_id = b.run_id AND e.ordinal = b.ordinal
 ORDER BY b.key, b.created_at DESC
""")


async def list_parked_rows(
    session: Session, definition_id: UUID, most_refusals: int, *, offset: int, limit: int
) -> list[Row]:
    """Return a page of parked rows, the last refused first, each with how many there are."""
    parameters = {"definition_id": definition_id, "most_refusals": most_refusals, "offset": offset, "limit": limit}
    return await fetch_rows(session, LIST, parameters)


async def find_reasons(session: Session, definition_id: UUID, keys: Sequence[UUID]) -> dict[UUID, Row]:
    """Return code and message of the last refusal of each row, as far as they are kept."""
    rows = await fetch_rows(session, REASONS, {"definition_id": definition_id, "keys": list(keys)})
    return {row["key"]: row for row in rows}


async def forget_refusals(
    session: Session, definition_id: UUID, most_refusals: int, keys: Sequence[UUID] | None
) -> int:
    """Forget that rows were refused: those of these keys, or all; return how many they were."""
    parameters = {
        "definition_id": definition_id,
        "most_refusals": most_refusals,
        "keys": None if keys is None else list(keys),
    }
    return await change_rows(session, FORGET_NEW, parameters) + await change_rows(session, FORGET, parameters)
