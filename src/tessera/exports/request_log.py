"""Reading what a run did: requests, attempts, row errors, its time line, and its rates.

Where the run's query reads members, what was sent and answered is shown to those only who may see members.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.exports.errors import RequestNotFoundError
from tessera.exports.runs import Run, get_run
from tessera.exports.spool import number_rows
from tessera.exports.states import RequestState
from tessera.exports.store import request_log as store
from tessera.exports.store import spool as spool_store
from tessera.platform.actors import Actor
from tessera.platform.db import Session, driver
from tessera.platform.paging import Page

MOST_ROWS_SHOWN = 100
MOST_GROUPS, MOST_WAITS = 20, 200
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
    """A request with all its attempts, and the rows that it carries, at most the first 100.

    `hidden` says that texts and rows are left out, because the reader may not see members.
    """

    request: LoggedRequest
    attempts: Sequence[Attempt]
    rows: Sequence[Sequence[Any]]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class RowError:
    """Why one row did not arrive; `row` holds the values of the run's columns, None where they are hidden or gone."""

    ordinal: int
    phase: str
    code: str
    message: str
    row: Sequence[Any] | None = None


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Rows that did not arrive for one reason; `message` is that of one of them."""

    phase: str
    code: str
    rows: int
    message: str


@dataclass(frozen=True, slots=True)
class AnswerCount:
    """How many attempts came to one end: a status, or the code of the error where no answer came."""

    status: int | None
    code: str | None
    outcome: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the time line."""

    at: datetime
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Rate:
    """What came per second from `second` on: requests and rows that were sent, and attempts by their answers.

    Answers are `accepted` (2xx), `refused` (3xx and 4xx) or `broken` (5xx), or there was none. Latency is in
    milliseconds, None where nothing came back.
    """

    second: datetime
    requests: float
    rows: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    accepted: float
    refused: float
    broken: float
    unanswered: float
    retries: float


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
    run = await get_run(session, actor, run_id=run_id)
    rows, total = await store.list_requests(session, run, state=state, offset=(number - 1) * size, limit=size)
    return Page([make_request(row, hidden=must_hide(actor, run)) for row in rows], total, number, size)


async def get_request(session: Session, actor: Actor, run_id: UUID, *, number: int) -> RequestDetail:
    """Return one request, its attempts with excerpts, and its rows."""
    run = await get_run(session, actor, run_id=run_id)
    row = await store.find_request(session, run, number)
    if row is None:
        raise RequestNotFoundError(f"The run has no request {number}. Open its list of requests.")
    attempts = [Attempt(**attempt) for attempt in await store.list_attempts(session, run, number)]
    if must_hide(actor, run):
        # A receiver's own words may repeat what it was sent.
        attempts = [replace(each, request=None, answer=None, message=each.message and HIDDEN) for each in attempts]
        return RequestDetail(make_request(row, hidden=True), attempts, (), hidden=True)
    left_out = set(row["left_out"] or ())
    shown = [each for each in range(row["first_row"], row["last_row"] + 1) if each not in left_out][:MOST_ROWS_SHOWN]
    rows = await find_rows(session, run, shown)
    return RequestDetail(make_request(row, hidden=False), attempts, list(rows.values()))


async def list_row_errors(
    session: Session, actor: Actor, run_id: UUID, *, number: int = 1, size: int = 50
) -> Page[RowError]:
    """Return a page of the run's row errors in row order."""
    run = await get_run(session, actor, run_id=run_id)
    found, total = await store.list_row_errors(session, run, offset=(number - 1) * size, limit=size)
    if must_hide(actor, run):
        return Page([RowError(**{**each, "message": HIDDEN}) for each in found], total, number, size)
    rows = await find_rows(session, run, [each["ordinal"] for each in found])
    return Page([RowError(**each, row=rows.get(each["ordinal"])) for each in found], total, number, size)


async def list_error_groups(session: Session, actor: Actor, run_id: UUID) -> list[ErrorGroup]:
    """Return why rows of the run did not arrive, the most frequent reason first."""
    run = await get_run(session, actor, run_id=run_id)
    groups = [ErrorGroup(**row) for row in await store.list_error_groups(session, run, limit=MOST_GROUPS)]
    return [replace(group, message=HIDDEN) for group in groups] if must_hide(actor, run) else groups


async def list_answers(session: Session, actor: Actor, run_id: UUID) -> list[AnswerCount]:
    """Return what the attempts of the run came to, the most frequent first."""
    run = await get_run(session, actor, run_id=run_id)
    return [AnswerCount(**row) for row in await store.list_answers(session, run, limit=MOST_GROUPS)]


async def list_moments(session: Session, actor: Actor, run_id: UUID) -> list[Moment]:
    """Return the run's time line, oldest first; requests that had to wait for another try are counted by the minute."""
    run = await get_run(session, actor, run_id=run_id)
    moments = [Moment(**row) for row in await store.list_moments(session, run_id)]
    waits = [
        Moment(row["at"], "waited", describe_wait(row))
        for row in await store.list_waits(session, run, limit=MOST_WAITS)
    ]
    return sorted([*moments, *waits], key=lambda moment: moment.at)


def describe_wait(row: Mapping[str, Any]) -> str:
    """Return what made requests wait for another try in one minute."""
    count = row["attempts"]
    requests = "1 request waits" if count == 1 else f"{count:,} requests wait"
    answer = f"the receiver answered {row['status']}" if row["status"] else f"no answer came: {row['code']}"
    return f"{requests} for another try: {answer}"


async def list_rates(session: Session, actor: Actor, run_id: UUID) -> list[Rate]:
    """Return one entry a second from the first answer to the last; long runs come in fewer, wider steps."""
    run = await get_run(session, actor, run_id=run_id)
    return [Rate(**row) for row in await store.list_rates(session, run)]


async def find_rows(session: Session, run: Run, ordinals: Sequence[int]) -> dict[int, Sequence[Any]]:
    """Return the spooled rows of those numbers; they are gone with the log."""
    blocks = await spool_store.find_blocks(await driver(session), run.id, run.created_at, ordinals)
    wanted = set(ordinals)
    return {ordinal: row for ordinal, row in number_rows(blocks) if ordinal in wanted}


def must_hide(actor: Actor, run: Run) -> bool:
    """Say whether the run shows members whom the actor may not see."""
    return run.personal and not actor.may("members:read")


def make_request(row: Mapping[str, Any], *, hidden: bool) -> LoggedRequest:
    """Turn a stored row into the value that doors see."""
    values = {name: row[name] for name in LoggedRequest.__slots__}
    values["path"] = None if hidden else row["path"]
    values["state"] = RequestState(row["state"])
    return LoggedRequest(**values)
