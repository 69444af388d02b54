"""Statements that read the log of a run."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Row, Session, fetch_row, fetch_rows
from tessera.platform.paging import COUNT_LIMIT

REQUESTS = text("""
SELECT * FROM run_requests
 WHERE run_id = :run_id AND (cast(:state AS text) IS NULL OR state = :state)
 ORDER BY number OFFSET :offset LIMIT :limit
""")

REQUEST_COUNT = text("""
SELECT count(*) FROM (
  SELECT 1 FROM run_requests
   WHERE run_id = :run_id AND (cast(:state AS text) IS NULL OR state = :state) LIMIT :most) AS counted
""")

REQUEST = text("SELECT * FROM run_requests WHERE run_id = :run_id AND number = :number")

ATTEMPTS = text("""
SELECT a.attempt, a.begun_at, a.settled_at, a.outcome, a.status, a.code, a.message, a.duration_ms, e.request, e.answer
  FROM run_attempts a LEFT JOIN run_excerpts e USING (run_id, number, attempt)
 WHERE run_id = :run_id AND number = :number ORDER BY attempt
""")

REQUEST_ROWS = text("""
SELECT row FROM run_rows
 WHERE run_id = :run_id AND ordinal BETWEEN :first AND :last AND ordinal <> ALL (cast(:left_out AS integer[]))
 ORDER BY ordinal LIMIT :limit
""")

ROW_ERRORS = text("""
SELECT e.ordinal, e.phase, e.code, e.message, r.row
  FROM run_row_errors e LEFT JOIN run_rows r USING (run_id, ordinal)
 WHERE run_id = :run_id ORDER BY ordinal OFFSET :offset LIMIT :limit
""")

ROW_ERROR_COUNT = text("""
SELECT count(*) FROM (SELECT 1 FROM run_row_errors WHERE run_id = :run_id LIMIT :most) AS counted
""")

MOMENTS = text("SELECT at, kind, message FROM run_moments WHERE run_id = :run_id ORDER BY id")

# At most about 600 steps, however long the run: a chart shows no more.
RATES = text("""
WITH span AS (
  SELECT min(settled_at) AS start,
         greatest(1, ceil(extract(epoch FROM max(settled_at) - min(settled_at)) / 600)) AS step
    FROM run_requests WHERE run_id = :run_id
)
SELECT date_bin(make_interval(secs => step), settled_at, date_trunc('second', start)) AS second,
       (count(*) / max(step))::float AS requests,
       (sum(sent_rows) / max(step))::float AS rows,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) AS p50_ms,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) AS p95_ms
  FROM run_requests, span
 WHERE run_id = :run_id AND settled_at IS NOT NULL
 GROUP BY 1 ORDER BY 1
""")


async def list_requests(
    session: Session, run_id: UUID, *, state: str | None, offset: int, limit: int
) -> tuple[list[Row], int]:
    """Return one page in order of number, and the count up to its limit."""
    scope = {"run_id": run_id, "state": state}
    rows = await fetch_rows(session, REQUESTS, scope | {"offset": offset, "limit": limit})
    total = (await session.execute(REQUEST_COUNT, scope | {"most": COUNT_LIMIT + 1})).scalar_one()
    return rows, total


async def find_request(session: Session, run_id: UUID, number: int) -> Row | None:
    """Return the run's request of that number."""
    return await fetch_row(session, REQUEST, {"run_id": run_id, "number": number})


async def list_attempts(session: Session, run_id: UUID, number: int) -> list[Row]:
    """Return every attempt of a request with its excerpts."""
    return await fetch_rows(session, ATTEMPTS, {"run_id": run_id, "number": number})


async def list_request_rows(session: Session, run_id: UUID, request: Mapping[str, Any], *, limit: int) -> list[str]:
    """Return the spooled rows of a request, as JSON arrays."""
    parameters = {
        "run_id": run_id,
        "first": request["first_row"],
        "last": request["last_row"],
        "left_out": request["left_out"] or [],
        "limit": limit,
    }
    return list((await session.execute(REQUEST_ROWS, parameters)).scalars())


async def list_row_errors(session: Session, run_id: UUID, *, offset: int, limit: int) -> tuple[list[Row], int]:
    """Return one page in row order, and the count up to its limit."""
    rows = await fetch_rows(session, ROW_ERRORS, {"run_id": run_id, "offset": offset, "limit": limit})
    total = (await session.execute(ROW_ERROR_COUNT, {"run_id": run_id, "most": COUNT_LIMIT + 1})).scalar_one()
    return rows, total


async def list_moments(session: Session, run_id: UUID) -> list[Row]:
    """Return the time line, oldest first."""
    return await fetch_rows(session, MOMENTS, {"run_id": run_id})


async def list_rates(session: Session, run_id: UUID) -> list[Row]:
    """Return what was settled per step of time."""
    return await fetch_rows(session, RATES, {"run_id": run_id})
