"""Statements that read the log of a run."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Row, Session, fetch_row, fetch_rows
from tessera.platform.paging import COUNT_LIMIT

REQUESTS = text("""
SELECT * FROM run_requests
 WHERE created_at = :created_at AND run_id = :run_id AND (cast(:state AS text) IS NULL OR state = :state)
 ORDER BY number OFFSET :offset LIMIT :limit
""")

REQUEST_COUNT = text("""
SELECT count(*) FROM (
  SELECT 1 FROM run_requests
   WHERE created_at = :created_at AND run_id = :run_id
     AND (cast(:state AS text) IS NULL OR state = :state) LIMIT :most) AS counted
""")

REQUEST = text("SELECT * FROM run_requests WHERE created_at = :created_at AND run_id = :run_id AND number = :number")

ATTEMPTS = text("""
SELECT a.attempt, a.begun_at, a.settled_at, a.outcome, a.status, a.code, a.message, a.duration_ms, e.request, e.answer
  FROM run_attempts a LEFT JOIN run_excerpts e USING (created_at, run_id, number, attempt)
 WHERE created_at = :created_at AND run_id = :run_id AND number = :number ORDER BY attempt
""")

ROW_ERRORS = text("""
SELECT ordinal, phase, code, message FROM run_row_errors
 WHERE created_at = :created_at AND run_id = :run_id ORDER BY ordinal OFFSET :offset LIMIT :limit
""")

ROW_ERROR_COUNT = text("""
SELECT count(*) FROM (
  SELECT 1 FROM run_row_errors WHERE created_at = :created_at AND run_id = :run_id LIMIT :most) AS counted
""")

ERROR_GROUPS = text("""
SELECT phase, code, count(*) AS rows, min(message) AS message FROM run_row_errors
 WHERE created_at = :created_at AND run_id = :run_id
 GROUP BY phase, code ORDER BY rows DESC, phase, code LIMIT :limit
""")

ANSWERS = text("""
SELECT status, CASE WHEN status IS NULL THEN code END AS code, outcome, count(*) AS attempts FROM run_attempts
 WHERE created_at = :created_at AND run_id = :run_id AND settled_at IS NOT NULL
 GROUP BY 1, 2, 3 ORDER BY attempts DESC, status, code LIMIT :limit
""")

ROW_ERRORS_AFTER = text("""
SELECT ordinal, phase, code, message FROM run_row_errors
 WHERE created_at = :created_at AND run_id = :run_id AND ordinal > :last ORDER BY ordinal LIMIT :limit
""")

# The first row of each reason lends its message: those of one code often differ in a name or a value.
ROW_ERROR_REASONS = text("""
SELECT counted.*, e.message
  FROM (SELECT phase, code, count(*) AS rows, min(ordinal) AS first_row FROM run_row_errors
         WHERE created_at = :created_at AND run_id = :run_id GROUP BY phase, code) AS counted
  JOIN run_row_errors e ON e.created_at = :created_at AND e.run_id = :run_id AND e.ordinal = counted.first_row
 ORDER BY counted.rows DESC, counted.phase, counted.code
""")

HAS_ROW_ERROR = text("""
SELECT EXISTS (
  SELECT FROM run_row_errors
   WHERE created_at = :created_at AND run_id = :run_id
     AND (cast(:code AS text) IS NULL OR code = :code)
     AND (cast(:rows AS integer[]) IS NULL OR ordinal = ANY (cast(:rows AS integer[]))))
""")

MOMENTS = text("SELECT at, kind, message FROM run_moments WHERE run_id = :run_id ORDER BY id")

# A wait leaves no line of its own: what is to be tried again is counted by the minute in which it was answered.
WAITS = text("""
SELECT date_trunc('minute', settled_at) AS minute, min(settled_at) AS at, count(*) AS attempts, status,
       min(code) AS code
  FROM run_attempts
 WHERE created_at = :created_at AND run_id = :run_id AND outcome IN ('transient', 'replay')
 GROUP BY 1, status ORDER BY at LIMIT :limit
""")

# At most about 600 steps, however long the run: a chart shows no more. A step in which nothing came back is a step of
# nought, so that a wait shows as one. Requests that were skipped or never sent have no attempt, and count nowhere.
RATES = text("""
WITH answered AS (
  SELECT settled_at, attempt, outcome, status, duration_ms FROM run_attempts
   WHERE created_at = :created_at AND run_id = :run_id AND settled_at IS NOT NULL
     AND outcome IS DISTINCT FROM 'not_begun' AND outcome IS DISTINCT FROM 'worker_lost'
), span AS (
  SELECT date_trunc('second', min(settled_at)) AS start, max(settled_at) AS finish,
         greatest(1, ceil(extract(epoch FROM max(settled_at) - min(settled_at)) / 600)) AS step FROM answered
), steps AS (
  SELECT generate_series(start, finish, make_interval(secs => step)) AS second FROM span
), arrived AS (
  SELECT date_bin(make_interval(secs => step), settled_at, start) AS second,
         count(*) / max(step) AS requests, sum(sent_rows) / max(step) AS rows
    FROM run_requests, span
   WHERE created_at = :created_at AND run_id = :run_id AND state IN ('sent', 'partly_sent')
   GROUP BY 1
), came AS (
  SELECT date_bin(make_interval(secs => step), settled_at, start) AS second,
         percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY duration_ms) AS latency,
         count(*) FILTER (WHERE status BETWEEN 200 AND 299) / max(step) AS accepted,
         count(*) FILTER (WHERE status BETWEEN 300 AND 499) / max(step) AS refused,
         count(*) FILTER (WHERE status >= 500) / max(step) AS broken,
         count(*) FILTER (WHERE status IS NULL) / max(step) AS unanswered,
         count(*) FILTER (WHERE attempt > 1) / max(step) AS retries
    FROM answered, span GROUP BY 1
)
SELECT second, coalesce(requests, 0)::float AS requests, coalesce(rows, 0)::float AS rows,
       latency[1] AS p50_ms, latency[2] AS p95_ms, latency[3] AS p99_ms, coalesce(accepted, 0)::float AS accepted,
       coalesce(refused, 0)::float AS refused, coalesce(broken, 0)::float AS broken,
       coalesce(unanswered, 0)::float AS unanswered, coalesce(retries, 0)::float AS retries
  FROM steps LEFT JOIN arrived USING (second) LEFT JOIN came USING (second) ORDER BY second
""")


class RunKey(Protocol):
    """What finds the log of a run: its id, and when it was created, which decides on the partition."""

    @property
    def id(self) -> UUID:
        """The run's id."""
        ...

    @property
    def created_at(self) -> datetime:
        """When it was created."""
        ...


def place(run: RunKey) -> dict[str, Any]:
    """Return the parameters that lead to the run's log."""
    return {"run_id": run.id, "created_at": run.created_at}


async def list_requests(
    session: Session, run: RunKey, *, state: str | None, offset: int, limit: int
) -> tuple[list[Row], int]:
    """Return one page in order of number, and the count up to its limit."""
    scope = {**place(run), "state": state}
    rows = await fetch_rows(session, REQUESTS, scope | {"offset": offset, "limit": limit})
    total = (await session.execute(REQUEST_COUNT, scope | {"most": COUNT_LIMIT + 1})).scalar_one()
    return rows, total


async def find_request(session: Session, run: RunKey, number: int) -> Row | None:
    """Return the run's request of that number."""
    return await fetch_row(session, REQUEST, {**place(run), "number": number})


async def list_attempts(session: Session, run: RunKey, number: int) -> list[Row]:
    """Return every attempt of a request with its excerpts."""
    return await fetch_rows(session, ATTEMPTS, {**place(run), "number": number})


async def list_row_errors(session: Session, run: RunKey, *, offset: int, limit: int) -> tuple[list[Row], int]:
    """Return one page in row order, and the count up to its limit."""
    rows = await fetch_rows(session, ROW_ERRORS, {**place(run), "offset": offset, "limit": limit})
    total = (await session.execute(ROW_ERROR_COUNT, {**place(run), "most": COUNT_LIMIT + 1})).scalar_one()
    return rows, total


async def list_row_errors_after(session: Session, run: RunKey, last: int, *, limit: int) -> list[Row]:
    """Return those of the rows behind that number, in row order."""
    return await fetch_rows(session, ROW_ERRORS_AFTER, {**place(run), "last": last, "limit": limit})


async def count_row_errors(session: Session, run: RunKey) -> list[Row]:
    """Return one row a reason, the most frequent first."""
    return await fetch_rows(session, ROW_ERROR_REASONS, place(run))


async def has_row_error(session: Session, run: RunKey, *, code: str | None, rows: Sequence[int] | None) -> bool:
    """Say whether any row failed, of this reason and among these numbers where they are given."""
    parameters = {**place(run), "code": code, "rows": None if rows is None else list(rows)}
    found: bool = (await session.execute(HAS_ROW_ERROR, parameters)).scalar_one()
    return found


async def list_moments(session: Session, run_id: UUID) -> list[Row]:
    """Return the time line, oldest first."""
    return await fetch_rows(session, MOMENTS, {"run_id": run_id})


async def list_rates(session: Session, run: RunKey) -> list[Row]:
    """Return what was settled per step of time."""
    return await fetch_rows(session, RATES, place(run))


async def list_error_groups(session: Session, run: RunKey, *, limit: int) -> list[Row]:
    """Return the reasons why rows did not arrive, the most frequent first, each with one of its messages."""
    return await fetch_rows(session, ERROR_GROUPS, {**place(run), "limit": limit})


async def list_answers(session: Session, run: RunKey, *, limit: int) -> list[Row]:
    """Return how often each status or kind of error came back, the most frequent first."""
    return await fetch_rows(session, ANSWERS, {**place(run), "limit": limit})


async def list_waits(session: Session, run: RunKey, *, limit: int) -> list[Row]:
    """Return the minutes in which attempts ended that were to be made again, oldest first."""
    return await fetch_rows(session, WAITS, {**place(run), "limit": limit})
