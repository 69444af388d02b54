"""Reading what a run did: requests, attempts, row errors, its time line, and its rates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.exports.errors import RequestNotFoundError
from tessera.exports.runs import get_run
from tessera.exports.states import RequestState
from tessera.exports.store import request_log as store
from tessera.platform.auth import Actor
from tessera.platform.db import Session
from tessera.platform.paging import Page


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request of a run with its latest outcome; `left_out` rows between first and last are not in it."""

    number: int
    window_number: int
    parent: int | None
    first_row: int
    last_row: int
    row_count: int
    path: str
    key: str | None
    bytes: int
    state: RequestState
    attempts: int
    sent_rows: int
    status: int | None
    code: str | None
    duration_ms: float | None
    begun_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a request; `request` and `answer` are redacted excerpts, None where none was kept."""

    attempt: int
    begun_at: datetime
    settled_at: datetime | None
    outcome: str | None
    status: int | None
    code: str | None
    message: str | None
    duration_ms: float | None
    request: str | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class RequestDetail:
    """A request with all its attempts, and the spooled rows it carries (JSON arrays, at most the first 100)."""

    request: LoggedRequest
    attempts: Sequence[Attempt]
    rows: Sequence[str]


@dataclass(frozen=True, slots=True)
class RowError:
    """Why one row did not arrive; `row` is its spooled JSON array."""

    ordinal: int
    phase: str
    code: str
    message: str
    row: str | None


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the time line."""

    at: datetime
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Rate:
    """What was settled per second from `second` on: requests, rows, and latency percentiles in milliseconds."""

    second: datetime
    requests: float
    rows: float
    p50_ms: float | None
    p95_ms: float | None


async def list_requests(
    session: Session,
    actor: Actor,
    run_id: UUID,
    *,
    state: RequestState | None = None,
    number: int = 1,
    size: int = 50,
) -> Page[LoggedRequest]:
    """Return a page of the run's requests in order."""
    await get_run(session, actor, run_id=run_id)
    rows, total = await store.list_requests(session, run_id, state=state, offset=(number - 1) * size, limit=size)
    return Page([make_request(row) for row in rows], total, number, size)


async def get_request(session: Session, actor: Actor, run_id: UUID, *, number: int) -> RequestDetail:
    """Return one request, its attempts with excerpts, and its rows."""
    await get_run(session, actor, run_id=run_id)
    row = await store.find_request(session, run_id, number)
    if row is None:
        raise RequestNotFoundError(f"The run has no request {number}. Open its list of requests.")
    attempts = [Attempt(**attempt) for attempt in await store.list_attempts(session, run_id, number)]
    rows = await store.list_request_rows(session, run_id, row, limit=100)
    return RequestDetail(make_request(row), attempts, rows)


async def list_row_errors(
    session: Session, actor: Actor, run_id: UUID, *, number: int = 1, size: int = 50
) -> Page[RowError]:
    """Return a page of the run's row errors in row order; a run keeps its first 10,000."""
    await get_run(session, actor, run_id=run_id)
    rows, total = await store.list_row_errors(session, run_id, offset=(number - 1) * size, limit=size)
    return Page([RowError(**row) for row in rows], total, number, size)


async def list_moments(session: Session, actor: Actor, run_id: UUID) -> list[Moment]:
    """Return the run's time line, oldest first."""
    await get_run(session, actor, run_id=run_id)
    return [Moment(**row) for row in await store.list_moments(session, run_id)]


async def list_rates(session: Session, actor: Actor, run_id: UUID) -> list[Rate]:
    """Return one entry a second in which something was settled; long runs come in fewer, wider steps."""
    await get_run(session, actor, run_id=run_id)
    return [Rate(**row) for row in await store.list_rates(session, run_id)]


def make_request(row: Mapping[str, Any]) -> LoggedRequest:
    """Turn a stored row into the value that doors see."""
    values = {name: row[name] for name in LoggedRequest.__slots__}
    values["state"] = RequestState(row["state"])
    return LoggedRequest(**values)
