"""Runs of export definitions, and what they did."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from tessera import exports
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.downloads import Download
from tessera.api.management.v1.pages import Number, NumberedListing, SearchQuery, Size, number_page
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route, TextDownload
from tessera.api.management.v1.scalars import Moment, Text
from tessera.api.management.v1.shapes import show_as
from tessera.exports import RunFilter, RunState, log

State = Literal["pending", "running", "held", "completed", "completed_with_errors", "failed", "cancelled"]
RequestState = Literal["planned", "begun", "waiting", "sent", "partly_sent", "failed", "unknown", "split", "skipped"]
RowNumber = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class RunQuery(SearchQuery, frozen=True):
    """Which runs to list."""

    q: Annotated[
        str, Meta(max_length=255, description="Those whose definition has this text in label or internal name.")
    ] = ""
    definition_id: Annotated[UUID | None, Meta(description="Those of this definition only.")] = None
    state: Annotated[State | None, Meta(description="Those in this state only.")] = None
    trigger: Annotated[Text | None, Meta(description="Those that were started so, such as `manual` or `api`.")] = None


class RequestQuery(Asked, frozen=True):
    """Which requests of a run to list."""

    state: Annotated[RequestState | None, Meta(description="Those in this state only.")] = None
    page: Number = 1
    limit: Size = 100


class RowErrorQuery(Asked, frozen=True):
    """Which row errors of a run to list."""

    page: Number = 1
    limit: Size = 100


class RunFinding(Struct, frozen=True):
    """What a gate found about the selection of a run, and what followed."""

    gate: str
    level: Literal["warn", "hold", "fail"]
    message: str


class Run(Struct, frozen=True):
    """One execution of a definition.

    Once it has ended, `selected` and `removed` are together what is `sent`, `unchanged`, `failed` and `skipped`.
    """

    id: UUID
    chain_id: UUID
    definition_id: UUID
    definition_name: Annotated[str, Meta(description="Internal name of the definition.")]
    kind: str
    profile: Annotated[str | None, Meta(description="Internal name of the connection profile that it goes through.")]
    trigger: str
    queue: Literal["high", "normal", "low"]
    parent_id: Annotated[UUID | None, Meta(description="The run whose failed rows it sends again.")]
    started_by: str
    started_by_kind: str | None
    started_by_id: UUID | None
    state: State
    created_at: Moment
    scheduled_for: Annotated[Moment | None, Meta(description="The moment of the schedule that started it.")]
    period_from: Moment | None
    period_to: Moment | None
    full_refresh: Annotated[bool, Meta(description="Every row is sent, although only changes are otherwise.")]
    started_at: Moment | None
    held_at: Annotated[Moment | None, Meta(description="Since when it waits for a person; `findings` say why.")]
    released_at: Moment | None
    released_by: str | None
    finished_at: Moment | None
    selected: int | None
    removed: Annotated[int, Meta(description="Rows that left the selection and are sent as removed.")]
    sent: int
    unchanged: int
    failed: int
    skipped: int
    requests: int
    attempts: int
    bytes: int
    take_overs: int
    findings: Sequence[RunFinding]
    error_code: str | None
    error: str | None
    cancel_requested: bool


class Resend(Asked, frozen=True):
    """Which failed rows of a run are sent again; without either, all of them."""

    code: Annotated[Text | None, Meta(description="Those that failed for this reason.", examples=["status_422"])] = None
    rows: Annotated[
        Annotated[Sequence[RowNumber], Meta(min_length=1, max_length=10_000)] | None,
        Meta(description="Those of these numbers, as the row errors have them."),
    ] = None


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


class RunErrorReason(Struct, frozen=True):
    """How many rows did not arrive for one reason."""

    phase: str
    code: str
    rows: int
    first_row: Annotated[int, Meta(description="Number of the first of them.")]
    message: Annotated[str, Meta(description="Of the first of them; hidden as in the list.")]


class RunErrorSummary(Struct, frozen=True):
    """Why rows of a run did not arrive, the most frequent reason first."""

    rows: Annotated[int, Meta(description="All of them.")]
    reasons: Sequence[RunErrorReason]


show_run = show_as(Run)


async def list_runs(call: Call, query: RunQuery) -> NumberedListing[Run]:
    """List runs, newest first."""
    page = await exports.list_runs(
        call.session,
        call.actor,
        RunFilter(
            query.definition_id,
            state=None if query.state is None else RunState(query.state),
            trigger=query.trigger,
            search=query.q,
        ),
        number=query.page,
        size=query.limit,
    )
    return number_page(page, show_run)


async def get_run(call: Call, run_id: UUID) -> Run:
    """Show a run."""
    return show_run(await exports.get_run(call.session, call.actor, run_id=run_id))


async def cancel_run(call: Call, run_id: UUID) -> Run:
    """Ask for a run's end.

    What is in flight is settled, the rest is skipped. A held run ends at once, with nothing sent.
    """
    return show_run(await exports.cancel_run(call.session, call.actor, call.resources, run_id=run_id))


async def release_run(call: Call, run_id: UUID) -> Run:
    """Let a held run go on.

    Where it sends what describes members, that needs `members:read` too; where its owner has lost the right to see
    them, the one who releases it is the owner of the definition from then on.
    """
    released = await exports.release_run(call.session, call.actor, call.resources, run_id=run_id)
    return show_run(released)


async def resend_failed_rows(call: Call, run_id: UUID, body: Resend) -> Run:
    """Start a run that sends the failed rows of an ended one again.

    The rows are those of before; the destination is the definition's as it is now.
    """
    started = await exports.resend_failed(
        call.session, call.actor, call.resources, run_id=run_id, code=body.code, rows=body.rows
    )
    return show_run(started)


async def list_run_requests(call: Call, run_id: UUID, query: RequestQuery) -> NumberedListing[RunRequest]:
    """List the requests of a run, in order."""
    state = None if query.state is None else exports.RequestState(query.state)
    page = await log.list_requests(call.session, call.actor, run_id, state=state, number=query.page, size=query.limit)
    return number_page(page, show_as(RunRequest))


async def list_run_errors(call: Call, run_id: UUID, query: RowErrorQuery) -> NumberedListing[RunRowError]:
    """List the rows of a run that did not arrive, in order.

    With `Accept: text/csv` all of them as a file, with the rows' own values for those who may see them.
    """
    page = await log.list_row_errors(call.session, call.actor, run_id, number=query.page, size=query.limit)
    return number_page(page, show_as(RunRowError))


async def download_run_errors(call: Call, run_id: UUID, query: RowErrorQuery) -> TextDownload:  # noqa: ARG001 - as above
    """Give every row error as CSV, whatever page was asked for."""
    run = await exports.get_run(call.session, call.actor, run_id=run_id)
    parts = log.write_row_errors(call.resources.database, call.actor, run)
    return TextDownload(f"run_{run.id}_errors.csv", parts)


async def summarize_run_errors(call: Call, run_id: UUID) -> RunErrorSummary:
    """Count the rows of a run that did not arrive by the reason for it."""
    found = await log.count_row_errors(call.session, call.actor, run_id)
    return RunErrorSummary(sum(each.rows for each in found), [show_reason(each) for each in found])


show_reason = show_as(RunErrorReason)


async def download_run_file(call: Call, run_id: UUID) -> Download:
    """Download the file of a run whose export keeps it here.

    Where its rows describe members, it needs `members:read` too. The audit log records every download.
    """
    found = await log.open_run_file(call.session, call.actor, run_id=run_id, settings=call.resources.settings)
    return Download(found.name, found.size, found.chunks)


ROUTES = (
    Route("GET", "/runs", "exports:read", list_runs, made="/items/0/id"),
    Route("GET", "/runs/{run_id}", "exports:read", get_run),
    Route("POST", "/runs/{run_id}/cancel", "exports:write", cancel_run),
    Route("POST", "/runs/{run_id}/release", "exports:write", release_run),
    Route(
        "POST",
        "/runs/{run_id}/resend-failed",
        "exports:write",
        resend_failed_rows,
        status=202,
        example={"code": "status_422"},
        bodyless=True,
    ),
    Route("GET", "/runs/{run_id}/requests", "exports:read", list_run_requests),
    Route("GET", "/runs/{run_id}/errors", "exports:read", list_run_errors, download=download_run_errors),
    Route("GET", "/runs/{run_id}/errors/summary", "exports:read", summarize_run_errors),
    Route("GET", "/runs/{run_id}/file", "exports:read", download_run_file),
)
