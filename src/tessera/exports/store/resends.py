"""Statements that select what a run sends again: rows of an earlier run that failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from tessera.exports.contract import ClaimedShard

# Rows of a request whose outcome nobody knows come first, and only together: as the same request again, the receiver
# can tell that it had it before.
CHOOSE = """
CREATE TEMP TABLE resent_rows ON COMMIT DROP AS
WITH failed AS (
  SELECT ordinal FROM run_row_errors
   WHERE created_at = %(parent_created_at)s AND run_id = %(parent_id)s
     AND (%(code)s::text IS NULL OR code = %(code)s) AND (%(rows)s::integer[] IS NULL OR ordinal = ANY (%(rows)s))
), unsure AS (
  SELECT r.number, g.ordinal, count(f.ordinal) OVER (PARTITION BY r.number) = r.row_count AS is_whole
    FROM run_requests r
   CROSS JOIN LATERAL generate_series(r.first_row, r.last_row) AS g (ordinal)
    LEFT JOIN failed f ON f.ordinal = g.ordinal
   WHERE r.created_at = %(parent_created_at)s AND r.run_id = %(parent_id)s AND r.state = 'unknown'
     AND (r.left_out IS NULL OR g.ordinal <> ALL (r.left_out))
)
SELECT f.ordinal, u.number AS request,
       row_number() OVER (ORDER BY u.number IS NULL, u.number, f.ordinal)::integer AS number
  FROM failed f LEFT JOIN unsure u ON u.ordinal = f.ordinal AND u.is_whole
"""

KEEP = """
INSERT INTO run_blocks (created_at, run_id, first_row, rows, data, keys, prints, shown_keys, changes)
SELECT %(created_at)s, %(run_id)s, min(number), count(*), string_agg(row, ',' ORDER BY number),
       CASE WHEN min(key::text) IS NOT NULL THEN array_agg(key ORDER BY number) END,
       CASE WHEN min(key::text) IS NOT NULL THEN array_agg(print ORDER BY number) END,
       CASE WHEN min(key::text) IS NOT NULL THEN array_agg(shown_key ORDER BY number) END,
       string_agg(letter, '' ORDER BY number)
  FROM (SELECT w.number, u.row::text AS row, b.keys[u.n] AS key, b.prints[u.n] AS print,
               b.shown_keys[u.n] AS shown_key, substr(b.changes, u.n::integer, 1) AS letter
          FROM run_blocks b
         CROSS JOIN LATERAL json_array_elements(('[' || b.data || ']')::json) WITH ORDINALITY AS u (row, n)
          JOIN resent_rows w ON w.ordinal = b.first_row + u.n - 1
         WHERE b.created_at = %(parent_created_at)s AND b.run_id = %(parent_id)s) AS resent
 GROUP BY (number - 1) / 256
"""

# They are made again with the facts of the run that began them first. Its distance is their window: -1 is the parent.
KEEP_REQUESTS = """
INSERT INTO run_requests (created_at, run_id, shard, number, window_number, first_row, last_row, row_count, path, key,
                          bytes, state)
SELECT %(created_at)s, %(run_id)s, 0, r.number, least(r.window_number, 0) - 1, w.first_row, w.last_row, w.row_count,
       r.path, r.key, r.bytes, 'planned'
  FROM (SELECT request, min(number) AS first_row, max(number) AS last_row, count(*) AS row_count
          FROM resent_rows WHERE request IS NOT NULL GROUP BY request) AS w
  JOIN run_requests r
    ON r.created_at = %(parent_created_at)s AND r.run_id = %(parent_id)s AND r.number = w.request
"""

COUNT = "SELECT count(*), coalesce(max(number) FILTER (WHERE request IS NOT NULL), 0) FROM resent_rows"
KEPT = "SELECT coalesce(sum(rows), 0) FROM run_blocks WHERE created_at = %(created_at)s AND run_id = %(run_id)s"
CLEAR = """
WITH requests AS (DELETE FROM run_requests WHERE created_at = %(created_at)s AND run_id = %(run_id)s)
DELETE FROM run_blocks WHERE created_at = %(created_at)s AND run_id = %(run_id)s
"""


@dataclass(frozen=True, slots=True)
class Resent:
    """How many rows are sent again, how many of them in requests of before, and how many are not kept any more."""

    rows: int
    in_requests: int
    lost: int


async def choose_rows(
    connection: psycopg.AsyncConnection[Any],
    claim: ClaimedShard,
    *,
    parent_created_at: datetime,
    code: str | None,
    rows: Sequence[int] | None,
) -> Resent:
    """Write the failed rows of the claim's parent into its own spool."""
    parameters: dict[str, UUID | datetime | str | int | list[int] | None] = {
        "created_at": claim.created_at,
        "run_id": claim.run_id,
        "parent_created_at": parent_created_at,
        "parent_id": claim.parent_id,
        "code": code,
        "rows": None if rows is None else list(rows),
    }
    for statement in (CLEAR, CHOOSE, KEEP, KEEP_REQUESTS):
        await connection.execute(statement, parameters)
    counted = await (await connection.execute(COUNT)).fetchone()
    kept = await (await connection.execute(KEPT, parameters)).fetchone()
    assert counted is not None
    assert kept is not None
    return Resent(counted[0], counted[1], counted[0] - int(kept[0]))
