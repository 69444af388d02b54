"""Reading what a run did: requests, attempts, row errors, its time line, and its rates.

Where the run's query reads members, what was sent and answered is shown to those only who may see members.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.exports.errors import RequestNotFoundError
from tessera.exports.runs import get_run
from tessera.exports.snapshots import shows_members
from tessera.exports.states import RequestState
from tessera.exports.store import request_log as store
from tessera.platform.actors import Actor
from tessera.platform.db import Session
from tessera.platform.paging import Page

HIDDEN = "Hidden, because it may describe members. Users with the permission members:read see it."


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request of a run with its latest outcome; `path` is None for those who may not see members."""

    number: int
    window_number: int
    parent: int | None
    first_row: int
    last_row: int
    row_count: int
    path: str | None
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
    """A request with all its attempts, and the spooled rows it carries (JSON arrays, at most the first 100).

    `hidden` says that texts and rows are left out, because the reader may not see members.
    """

    request: LoggedRequest
    attempts: Sequence[Attempt]
    rows: Sequence[str]
    hidden: bool = False


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
    hidden = await must_hide(session, actor, run_id)
    rows, total = await store.list_requests(session, run_id, state=state, offset=(number - 1) * size, limit=size)
    return Page([make_request(row, hidden=hidden) for row in rows], total, number, size)


async def get_request(session: Session, actor: Actor, run_id: UUID, *, number: int) -> RequestDetail:
    """Return one request, its attempts with excerpts, and its rows."""
    hidden = await must_hide(session, actor, run_id)
    row = await store.find_request(session, run_id, number)
    if row is None:
        raise RequestNotFoundError(f"The run has no request {number}. Open its list of requests.")
    attempts = [Attempt(**attempt) for attempt in await store.list_attempts(session, run_id, number)]
    if hidden:
        # A receiver's own words may repeat what it was sent.
        attempts = [replace(each, request=None, answer=None, message=each.message and HIDDEN) for each in attempts]
        return RequestDetail(make_request(row, hidden=True), attempts, (), hidden=True)
    rows = await store.list_request_rows(session, run_id, row, limit=100)
    return RequestDetail(make_request(row, hidden=False), attempts, rows)


async def list_row_errors(
    session: Session, actor: Actor, run_id: UUID, *, number: int = 1, size: int = 50
) -> Page[RowError]:
    """Return a page of the run's row errors in row order; a run keeps its first 10,000."""
    hidden = await must_hide(session, actor, run_id)
    rows, total = await store.list_row_errors(session, run_id, offset=(number - 1) * size, limit=size)
    errors = [RowError(**row) for row in rows]
    if hidden:
        errors = [replace(error, message=HIDDEN, row=None) for error in errors]
    return Page(errors, total, number, size)


async def list_moments(session: Session, actor: Actor, run_id: UUID) -> list[Moment]:
    """Return the run's time line, oldest first."""
    await get_run(session, actor, run_id=run_id)
    return [Moment(**row) for row in await store.list_moments(session, run_id)]


async def list_rates(session: Session, actor: Actor, run_id: UUID) -> list[Rate]:
    """Return one entry a second in which something was settled; long runs come in fewer, wider steps."""
    await get_run(session, actor, run_id=run_id)
    return [Rate(**row) for row in await store.list_rates(session, run_id)]


async def must_hide(session: Session, actor: Actor, run_id: UUID) -> bool:
    """Say whether the run, which the actor may see, shows members whom they may not see."""
    run = await get_run(session, actor, run_id=run_id)
    return not actor.may("members:read") and await shows_members(run.snapshot)


def make_request(row: Mapping[str, Any], *, hidden: bool) -> LoggedRequest:
    """Turn a stored row into the value that doors see."""
    values = {name: row[name] for name in LoggedRequest.__slots__}
    values["path"] = None if hidden else row["path"]
    values["state"] = RequestState(row["state"])
    return LoggedRequest(**values)
