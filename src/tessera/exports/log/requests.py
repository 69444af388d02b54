"""The requests of a run with their attempts and excerpts.

Where the run's query reads members, what was sent and answered is shown to those only who may see members.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.exports.errors import RequestNotFoundError
from tessera.exports.log.rows import HIDDEN, find_rows, must_hide
from tessera.exports.runs import get_run
from tessera.exports.states import RequestState
from tessera.exports.store import request_log as store
from tessera.platform.actors import Actor
from tessera.platform.db import Session
from tessera.platform.paging import Page

MOST_ROWS_SHOWN, MOST_ANSWERS = 100, 20


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


@dataclass(frozen=True, slots=True)
class AnswerCount:
    """How many attempts came to one end: a status, or the code of the error where no answer came."""

    status: int | None
    code: str | None
    outcome: str | None
    attempts: int


async def list_answers(session: Session, actor: Actor, run_id: UUID) -> list[AnswerCount]:
    """Return what the attempts of the run came to, the most frequent first."""
    run = await get_run(session, actor, run_id=run_id)
    return [AnswerCount(**row) for row in await store.list_answers(session, run, limit=MOST_ANSWERS)]


def make_request(row: Mapping[str, Any], *, hidden: bool) -> LoggedRequest:
    """Turn a stored row into the value that doors see."""
    values = {name: row[name] for name in LoggedRequest.__slots__}
    values["path"] = None if hidden else row["path"]
    values["state"] = RequestState(row["state"])
    return LoggedRequest(**values)
