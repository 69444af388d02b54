"""The statements that write the log of a run while it is executed, in groups.

Every group is one transaction that begins by moving the run's counters on the condition that the run is still ours:
a worker whose lease was taken over changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from tessera.exports.errors import LeaseLostError

GUARD = """
UPDATE runs
   SET sent = sent + %s, failed = failed + %s, requests = requests + %s, attempts = attempts + %s, bytes = bytes + %s,
       planned_row = greatest(planned_row, %s)
 WHERE id = %s AND epoch = %s AND state = 'running'
"""

PLAN = """
INSERT INTO run_requests (run_id, number, window_number, parent, first_row, last_row, row_count, left_out, path, key,
                          bytes, state, attempts, begun_at)
SELECT %s, number, window_number, parent, first_row, last_row, row_count, left_out::integer[], path, key, bytes,
       CASE WHEN attempts > 0 THEN 'begun' ELSE 'planned' END, attempts, CASE WHEN attempts > 0 THEN now() END
  FROM unnest(%s::integer[], %s::integer[], %s::integer[], %s::integer[], %s::integer[], %s::integer[], %s::text[],
              %s::text[], %s::text[], %s::integer[], %s::integer[])
    AS planned (number, window_number, parent, first_row, last_row, row_count, left_out, path, key, bytes, attempts)
"""

BEGIN_AGAIN = """
UPDATE run_requests AS r SET state = 'begun', attempts = b.attempt, begun_at = now()
  FROM unnest(%s::integer[], %s::integer[]) AS b (number, attempt)
 WHERE r.run_id = %s AND r.number = b.number
"""

BEGIN_ATTEMPTS = """
INSERT INTO run_attempts (run_id, number, attempt, begun_at)
SELECT %s, number, attempt, now() FROM unnest(%s::integer[], %s::integer[]) AS b (number, attempt)
"""

SETTLE_ATTEMPTS = """
UPDATE run_attempts AS a
   SET settled_at = now(), outcome = s.outcome, status = s.status, code = s.code, message = s.message,
       duration_ms = s.duration_ms
  FROM unnest(%s::integer[], %s::integer[], %s::text[], %s::integer[], %s::text[], %s::text[], %s::real[])
    AS s (number, attempt, outcome, status, code, message, duration_ms)
 WHERE a.run_id = %s AND a.number = s.number AND a.attempt = s.attempt
"""

SETTLE_REQUESTS = """
UPDATE run_requests AS r
   SET state = s.state, sent_rows = s.sent_rows, lost_attempts = r.lost_attempts + s.lost, status = s.status,
       code = s.code, duration_ms = s.duration_ms, settled_at = now()
  FROM unnest(%s::integer[], %s::text[], %s::integer[], %s::integer[], %s::integer[], %s::text[], %s::real[])
    AS s (number, state, sent_rows, lost, status, code, duration_ms)
 WHERE r.run_id = %s AND r.number = s.number
"""

KEEP_EXCERPTS = """
INSERT INTO run_excerpts (run_id, number, attempt, request, answer)
SELECT %s, * FROM unnest(%s::integer[], %s::integer[], %s::text[], %s::text[])
ON CONFLICT DO NOTHING
"""

KEEP_ROW_ERRORS = """
INSERT INTO run_row_errors (run_id, ordinal, phase, code, message)
SELECT %s, * FROM unnest(%s::integer[], %s::text[], %s::text[], %s::text[])
ON CONFLICT DO NOTHING
"""

OPEN_REQUESTS = """
SELECT number, window_number, parent, first_row, last_row, left_out, key, state, attempts, lost_attempts
  FROM run_requests
 WHERE run_id = %s AND state IN ('planned', 'begun', 'waiting') ORDER BY number
"""

# What may have been processed is not skipped: a try came to nothing known, or was under way when its worker died.
FAIL_UNSURE_REQUESTS = """
WITH unsure AS (
  UPDATE run_requests AS r SET state = 'unknown', code = 'outcome_unknown', settled_at = now()
   WHERE r.run_id = %(run_id)s AND r.state IN ('planned', 'begun', 'waiting') AND EXISTS (
     SELECT 1 FROM run_attempts AS a
      WHERE a.run_id = r.run_id AND a.number = r.number
        AND (a.outcome IN ('replay', 'worker_lost') OR a.settled_at IS NULL AND a.begun_at < %(doubted)s))
  RETURNING r.first_row, r.last_row, r.row_count, r.left_out
), kept AS (
  INSERT INTO run_row_errors (run_id, ordinal, phase, code, message)
  SELECT %(run_id)s, ordinal, 'send', 'outcome_unknown', %(message)s
    FROM unsure, generate_series(first_row, last_row) AS ordinal
   WHERE left_out IS NULL OR ordinal <> ALL (left_out)
  ON CONFLICT DO NOTHING
)
SELECT coalesce(sum(row_count), 0) FROM unsure
"""

SKIP_OPEN_REQUESTS = """
UPDATE run_requests SET state = 'skipped', settled_at = now()
 WHERE run_id = %s AND state IN ('planned', 'begun', 'waiting')
"""

LAST_NUMBERS = """
SELECT coalesce(max(number), -1), coalesce(max(window_number), -1) FROM run_requests WHERE run_id = %s
"""

COUNT_ROW_ERRORS = "SELECT count(*) FROM run_row_errors WHERE run_id = %s"

UNSURE = "The run ended before it was known whether this row had arrived. Check with the receiver."

Connection = psycopg.AsyncConnection[Any]
Column = list[Any]


@dataclass(slots=True)
class Group:
    """What one transaction writes, as columns ready for `unnest`, and the sums for the run's counters."""

    sent: int = 0
    failed: int = 0
    bytes: int = 0
    planned_row: int = 0
    planned: list[tuple[Any, ...]] = field(default_factory=list)
    begun_again: list[tuple[int, int]] = field(default_factory=list)
    settled_attempts: list[tuple[Any, ...]] = field(default_factory=list)
    settled_requests: list[tuple[Any, ...]] = field(default_factory=list)
    excerpts: list[tuple[int, int, str, str]] = field(default_factory=list)
    row_errors: list[tuple[int, str, str, str]] = field(default_factory=list)

    @property
    def begun(self) -> list[tuple[int, int]]:
        """Number and attempt of everything that begins with this group."""
        first = [(row[0], row[-1]) for row in self.planned if row[-1] > 0]
        return first + self.begun_again


async def write_group(connection: Connection, run_id: UUID, epoch: int, group: Group) -> None:
    """Write the group in one transaction; raise LeaseLostError, and write nothing, when the run is another's now."""
    begun = group.begun
    counts = (group.sent, group.failed, len(group.planned), len(begun), group.bytes, group.planned_row)
    async with connection.transaction():
        async with connection.pipeline():
            guard = await connection.execute(GUARD, [*counts, run_id, epoch])
            await write_columns(connection, PLAN, group.planned, before=run_id)
            await write_columns(connection, BEGIN_AGAIN, group.begun_again, after=run_id)
            await write_columns(connection, BEGIN_ATTEMPTS, begun, before=run_id)
            await write_columns(connection, SETTLE_ATTEMPTS, group.settled_attempts, after=run_id)
            await write_columns(connection, SETTLE_REQUESTS, group.settled_requests, after=run_id)
            await write_columns(connection, KEEP_EXCERPTS, group.excerpts, before=run_id)
            await write_columns(connection, KEEP_ROW_ERRORS, group.row_errors, before=run_id)
        if guard.rowcount != 1:
            raise LeaseLostError


async def write_columns(
    connection: Connection,
    statement: str,
    rows: Sequence[tuple[Any, ...]],
    *,
    before: UUID | None = None,
    after: UUID | None = None,
) -> None:
    """Run an `unnest` statement on the rows turned into columns; nothing to write is nothing sent."""
    if not rows:
        return
    columns: list[Column] = [list(column) for column in zip(*rows, strict=True)]
    parameters: list[Any] = [before, *columns] if before is not None else [*columns, after]
    await connection.execute(statement, parameters)


async def list_open_requests(connection: Connection, run_id: UUID) -> list[dict[str, Any]]:
    """Return the requests without a final outcome, in order."""
    async with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        await cursor.execute(OPEN_REQUESTS, [run_id])
        return await cursor.fetchall()


async def close_open_requests(connection: Connection, run_id: UUID, doubted: datetime) -> int:
    """Mark what will not be sent any more; return how many rows of it may have arrived all the same.

    Attempts without an outcome that began before `doubted` may have been sent.
    """
    parameters = {"run_id": run_id, "doubted": doubted, "message": UNSURE}
    cursor = await connection.execute(FAIL_UNSURE_REQUESTS, parameters)
    row = await cursor.fetchone()
    assert row is not None
    await connection.execute(SKIP_OPEN_REQUESTS, [run_id])
    return int(row[0])


async def find_last_numbers(connection: Connection, run_id: UUID) -> tuple[int, int]:
    """Return the highest request number and window number so far, -1 before the first."""
    cursor = await connection.execute(LAST_NUMBERS, [run_id])
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


async def count_row_errors(connection: Connection, run_id: UUID) -> int:
    """Return how many row errors are kept."""
    cursor = await connection.execute(COUNT_ROW_ERRORS, [run_id])
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])
