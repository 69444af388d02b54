"""The statements that write the log of a run while it is executed, in groups.

Every group is one transaction that begins by moving the shard's counters on the condition that it is still ours:
a worker whose lease was taken over changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from tessera.exports.contract import ClaimedShard
from tessera.exports.errors import LeaseLostError
from tessera.exports.store import row_states

# Nothing else changes the row of a shard that is held, so that workers of other shards are not waited for.
GUARD = """
UPDATE run_shards
   SET sent = sent + %s, failed = failed + %s, requests = requests + %s, attempts = attempts + %s, bytes = bytes + %s,
       planned_row = greatest(planned_row, %s)
 WHERE run_id = %s AND shard = %s AND epoch = %s AND finished_at IS NULL
"""

PLAN = """
INSERT INTO run_requests (created_at, run_id, shard, number, window_number, parent, first_row, last_row, row_count,
                          left_out, path, key, bytes, state, attempts, begun_at)
SELECT %s, %s, %s, number, window_number, parent, first_row, last_row, row_count, left_out::integer[], path, key,
       bytes, CASE WHEN attempts > 0 THEN 'begun' ELSE 'planned' END, attempts, CASE WHEN attempts > 0 THEN now() END
  FROM unnest(%s::integer[], %s::integer[], %s::integer[], %s::integer[], %s::integer[], %s::integer[], %s::text[],
              %s::text[], %s::text[], %s::integer[], %s::integer[])
    AS planned (number, window_number, parent, first_row, last_row, row_count, left_out, path, key, bytes, attempts)
"""

BEGIN_AGAIN = """
UPDATE run_requests AS r SET state = 'begun', attempts = b.attempt, begun_at = now()
  FROM unnest(%s::integer[], %s::integer[]) AS b (number, attempt)
 WHERE r.created_at = %s AND r.run_id = %s AND r.number = ANY (%s::integer[]) AND r.number = b.number
"""

BEGIN_ATTEMPTS = """
INSERT INTO run_attempts (created_at, run_id, number, attempt, begun_at)
SELECT %s, %s, number, attempt, now() FROM unnest(%s::integer[], %s::integer[]) AS b (number, attempt)
"""

SETTLE_ATTEMPTS = """
UPDATE run_attempts AS a
   SET settled_at = now(), outcome = s.outcome, status = s.status, code = s.code, message = s.message,
       duration_ms = s.duration_ms
  FROM unnest(%s::integer[], %s::integer[], %s::text[], %s::integer[], %s::text[], %s::text[], %s::real[])
    AS s (number, attempt, outcome, status, code, message, duration_ms)
 WHERE a.created_at = %s AND a.run_id = %s AND a.number = ANY (%s::integer[])
   AND a.number = s.number AND a.attempt = s.attempt
"""

SETTLE_REQUESTS = """
UPDATE run_requests AS r
   SET state = s.state, sent_rows = s.sent_rows, lost_attempts = r.lost_attempts + s.lost, status = s.status,
       code = s.code, duration_ms = s.duration_ms, settled_at = now()
  FROM unnest(%s::integer[], %s::text[], %s::integer[], %s::integer[], %s::integer[], %s::text[], %s::real[])
    AS s (number, state, sent_rows, lost, status, code, duration_ms)
 WHERE r.created_at = %s AND r.run_id = %s AND r.number = ANY (%s::integer[]) AND r.number = s.number
"""

KEEP_EXCERPTS = """
INSERT INTO run_excerpts (created_at, run_id, number, attempt, request, answer)
SELECT %s, %s, * FROM unnest(%s::integer[], %s::integer[], %s::text[], %s::text[])
ON CONFLICT DO NOTHING
"""

KEEP_ROW_ERRORS = """
INSERT INTO run_row_errors (created_at, run_id, ordinal, phase, code, message)
SELECT %s, %s, * FROM unnest(%s::integer[], %s::text[], %s::text[], %s::text[])
ON CONFLICT DO NOTHING
"""

ADD_WAITS = """
INSERT INTO run_moments (run_id, at, kind, message) SELECT %s, now(), 'waited', unnest(%s::text[])
"""

OPEN_REQUESTS = """
SELECT number, window_number, parent, first_row, last_row, left_out, key, state, attempts, lost_attempts
  FROM run_requests
 WHERE created_at = %s AND run_id = %s AND shard = %s AND state IN ('planned', 'begun', 'waiting') ORDER BY number
"""

# What may have been processed is not skipped: a try came to nothing known, or was under way when its worker died.
FAIL_UNSURE_REQUESTS = """
WITH unsure AS (
  UPDATE run_requests AS r SET state = 'unknown', code = 'outcome_unknown', settled_at = now()
   WHERE r.created_at = %(created_at)s AND r.run_id = %(run_id)s AND r.shard = %(shard)s
     AND r.state IN ('planned', 'begun', 'waiting') AND EXISTS (
     SELECT 1 FROM run_attempts AS a
      WHERE a.created_at = %(created_at)s AND a.run_id = r.run_id AND a.number = r.number
        AND (a.outcome IN ('replay', 'worker_lost') OR a.settled_at IS NULL AND a.begun_at < %(doubted)s))
  RETURNING r.first_row, r.last_row, r.row_count, r.left_out
), kept AS (
  INSERT INTO run_row_errors (created_at, run_id, ordinal, phase, code, message)
  SELECT %(created_at)s, %(run_id)s, ordinal, 'send', 'outcome_unknown', %(message)s
    FROM unsure, generate_series(first_row, last_row) AS ordinal
   WHERE left_out IS NULL OR ordinal <> ALL (left_out)
  ON CONFLICT DO NOTHING
)
SELECT coalesce(sum(row_count), 0) FROM unsure
"""

SKIP_OPEN_REQUESTS = """
UPDATE run_requests SET state = 'skipped', settled_at = now()
 WHERE created_at = %s AND run_id = %s AND shard = %s AND state IN ('planned', 'begun', 'waiting')
"""

ADD_FAILED = "UPDATE run_shards SET failed = failed + %s WHERE run_id = %s AND shard = %s"

LAST_NUMBERS = """
SELECT coalesce(max(number), -1), coalesce(max(window_number), -1) FROM run_requests
 WHERE created_at = %s AND run_id = %s AND shard = %s
"""

UNKNOWN = "outcome_unknown"
UNSURE = "The run ended before it was known whether this row had arrived. Check with the receiver."

GROUP_ROW_ERRORS = """
SELECT code, min(message) AS message, count(*) AS count FROM run_row_errors
 WHERE created_at = %s AND run_id = %s GROUP BY code ORDER BY count(*) DESC, code LIMIT %s
"""

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
    accepted: list[int] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)

    @property
    def refused(self) -> list[int]:
        """Rows that were refused by us or by the receiver; of the others nobody knows."""
        return [ordinal for ordinal, _, code, _ in self.row_errors if code != UNKNOWN]

    @property
    def begun(self) -> list[tuple[int, int]]:
        """Number and attempt of everything that begins with this group."""
        first = [(row[0], row[-1]) for row in self.planned if row[-1] > 0]
        return first + self.begun_again


async def write_group(connection: Connection, claim: ClaimedShard, group: Group) -> None:
    """Write the group in one transaction; raise LeaseLostError, and write nothing, when the shard is another's now."""
    begun = group.begun
    counts = (group.sent, group.failed, len(group.planned), len(begun), group.bytes, group.planned_row)
    run = (claim.created_at, claim.run_id)
    async with connection.transaction():
        async with connection.pipeline():
            guard = await connection.execute(GUARD, [*counts, claim.run_id, claim.shard, claim.epoch])
            await write_columns(connection, PLAN, group.planned, before=(*run, claim.shard))
            await change_numbered(connection, BEGIN_AGAIN, group.begun_again, run)
            await write_columns(connection, BEGIN_ATTEMPTS, begun, before=run)
            await change_numbered(connection, SETTLE_ATTEMPTS, group.settled_attempts, run)
            await change_numbered(connection, SETTLE_REQUESTS, group.settled_requests, run)
            await write_columns(connection, KEEP_EXCERPTS, group.excerpts, before=run)
            await write_columns(connection, KEEP_ROW_ERRORS, group.row_errors, before=run)
            if group.waits:
                await connection.execute(ADD_WAITS, [claim.run_id, group.waits])
            if claim.keeps_states:
                await row_states.accept_rows(connection, claim, group.accepted)
                await row_states.refuse_rows(connection, claim, group.refused)
        if guard.rowcount != 1:
            raise LeaseLostError


async def change_numbered(
    connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]], run: tuple[Any, ...]
) -> None:
    """Run an `unnest` statement on what is in the log already, found by the numbers that the rows begin with.

    The numbers are said once more, for the index. The plan is made once, when the run has hardly begun: without them
    it reads everything that the run has written, again for every group.
    """
    await write_columns(connection, statement, rows, after=(*run, [row[0] for row in rows]))


async def write_columns(
    connection: Connection,
    statement: str,
    rows: Sequence[tuple[Any, ...]],
    *,
    before: Sequence[Any] = (),
    after: Sequence[Any] = (),
) -> None:
    """Run an `unnest` statement on the rows turned into columns; nothing to write is nothing sent."""
    if not rows:
        return
    columns: list[Column] = [list(column) for column in zip(*rows, strict=True)]
    await connection.execute(statement, [*before, *columns, *after])


async def list_open_requests(connection: Connection, claim: ClaimedShard) -> list[dict[str, Any]]:
    """Return the shard's requests without a final outcome, in order."""
    async with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        await cursor.execute(OPEN_REQUESTS, [claim.created_at, claim.run_id, claim.shard])
        return await cursor.fetchall()


async def close_open_requests(connection: Connection, claim: ClaimedShard, doubted: datetime) -> None:
    """Mark what the shard will not send any more; rows of it that may have arrived all the same count as failed.

    Attempts without an outcome that began before `doubted` may have been sent.
    """
    run = {"created_at": claim.created_at, "run_id": claim.run_id, "shard": claim.shard}
    cursor = await connection.execute(FAIL_UNSURE_REQUESTS, {**run, "doubted": doubted, "message": UNSURE})
    row = await cursor.fetchone()
    assert row is not None
    await connection.execute(SKIP_OPEN_REQUESTS, list(run.values()))
    await connection.execute(ADD_FAILED, [int(row[0]), claim.run_id, claim.shard])


async def find_last_numbers(connection: Connection, claim: ClaimedShard) -> tuple[int, int]:
    """Return the shard's highest request number and window number so far, -1 before the first."""
    cursor = await connection.execute(LAST_NUMBERS, [claim.created_at, claim.run_id, claim.shard])
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


async def group_row_errors(
    connection: Connection, run_id: UUID, created_at: datetime, *, most: int
) -> list[dict[str, Any]]:
    """Return the most frequent codes of row errors, each with a message and how often it occurred."""
    async with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        await cursor.execute(GROUP_ROW_ERRORS, [created_at, run_id, most])
        return await cursor.fetchall()
