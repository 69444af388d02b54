"""Runs of export definitions, and what they did."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from tessera import exports
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.downloads import Download
from tessera.api.management.v1.pages import FURTHEST_PAGE, LARGEST_PAGE, NumberedListing, SearchQuery, number_page
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Moment
from tessera.api.management.v1.shapes import show_as

State = Literal["pending", "running", "completed", "completed_with_errors", "failed", "cancelled"]
RequestState = Literal["planned", "begun", "waiting", "sent", "partly_sent", "failed", "unknown", "split", "skipped"]
Number = Annotated[int, Meta(ge=1, le=FURTHEST_PAGE, description="Number of the page, from 1.")]
Size = Annotated[int, Meta(ge=1, le=LARGEST_PAGE, description="How many items a page has.")]


class RunQuery(SearchQuery, frozen=True):
    """Which runs to list."""

    q: Annotated[
        str, Meta(max_length=255, description="Those whose definition has this text in label or internal name.")
    ] = ""
    definition_id: Annotated[UUID | None, Meta(description="Those of this definition only.")] = None
    state: Annotated[State | None, Meta(description="Those in this state only.")] = None


class RequestQuery(Asked, frozen=True):
    """Which requests of a run to list."""

    state: Annotated[RequestState | None, Meta(description="Those in this state only.")] = None
    page: Number = 1
    limit: Size = 100


class RowErrorQuery(Asked, frozen=True):
    """Which row errors of a run to list."""

    page: Number = 1
    limit: Size = 100


class Run(Struct, frozen=True):
    """One execution of a definition; `selected` is the sum of the four counts after it once the run has ended."""

    id: UUID
    chain_id: UUID
    definition_id: UUID
    trigger: str
    started_by: str
    started_by_kind: str | None
    started_by_id: UUID | None
    state: State
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    selected: int | None
    sent: int
    unchanged: int
    failed: int
    skipped: int
    requests: int
    attempts: int
    bytes: int
    error_code: str | None
    error: str | None
    cancel_requested: bool


class RunRequest(Struct, frozen=True):
    """One HTTP call of a run, with its latest outcome."""

    number: int
    first_row: int
    last_row: int
    row_count: int
    path: Annotated[str | None, Meta(description="Null without `members:read`, where the rows describe members.")]
    key: Annotated[str | None, Meta(description="Its idempotency key.")]
    bytes: int
    state: RequestState
    attempts: int
    sent_rows: int
    status: int | None
    code: str | None
    duration_ms: float | None
    begun_at: Moment | None
    settled_at: Moment | None


class RunRowError(Struct, frozen=True):
    """Why one row did not arrive; the row itself stays on the pages, because it describes people."""

    ordinal: int
    phase: str
    code: str
    message: Annotated[str, Meta(description="Hidden without `members:read`, where the rows describe members.")]


show_run = show_as(Run)


async def list_runs(call: Call, query: RunQuery) -> NumberedListing[Run]:
    """List runs, newest first."""
    page = await exports.list_runs(
        call.session,
        call.actor,
        definition_id=query.definition_id,
        state=None if query.state is None else exports.RunState(query.state),
        search=query.q,
        number=query.page,
        size=query.limit,
    )
    return number_page(page, show_run)


async def get_run(call: Call, run_id: UUID) -> Run:
    """Show a run."""
    return show_run(await exports.get_run(call.session, call.actor, run_id=run_id))


async def cancel_run(call: Call, run_id: UUID) -> Run:
    """Ask for a run's end.

    What is in flight is settled, the rest is skipped.
    """
    return show_run(await exports.cancel_run(call.session, call.actor, run_id=run_id))


async def list_run_requests(call: Call, run_id: UUID, query: RequestQuery) -> NumberedListing[RunRequest]:
    """List the requests of a run, in order."""
    state = None if query.state is None else exports.RequestState(query.state)
    page = await exports.list_requests(
        call.session, call.actor, run_id, state=state, number=query.page, size=query.limit
    )
    return number_page(page, show_as(RunRequest))


async def list_run_errors(call: Call, run_id: UUID, query: RowErrorQuery) -> NumberedListing[RunRowError]:
    """List the rows of a run that did not arrive, in order."""
    page = await exports.list_row_errors(call.session, call.actor, run_id, number=query.page, size=query.limit)
    return number_page(page, show_as(RunRowError))


async def download_run_file(call: Call, run_id: UUID) -> Download:
    """Download the file of a run whose export keeps it here.

    Where its rows describe members, it needs `members:read` too. The audit log records every download.
    """
    found = await exports.open_run_file(call.session, call.actor, run_id=run_id, settings=call.resources.settings)
    return Download(found.name, found.size, found.chunks)


ROUTES = (
    Route("GET", "/runs", "exports:read", list_runs, made="/items/0/id"),
    Route("GET", "/runs/{run_id}", "exports:read", get_run),
    Route("POST", "/runs/{run_id}/cancel", "exports:write", cancel_run),
    Route("GET", "/runs/{run_id}/requests", "exports:read", list_run_requests),
    Route("GET", "/runs/{run_id}/errors", "exports:read", list_run_errors),
    Route("GET", "/runs/{run_id}/file", "exports:read", download_run_file),
)
