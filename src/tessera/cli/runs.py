"""`tessera run`: runs, their requests and row errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from tessera import exports
from tessera.cli.arguments import require_id
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.output import AsJson, ChainOption, show_item, show_list
from tessera.cli.progress import conclude, watch_run
from tessera.exports import RequestState, RunState, log

if TYPE_CHECKING:
    from tessera.exports import Run
    from tessera.exports.log import LoggedRequest, RequestDetail, RowError

app = typer.Typer(no_args_is_help=True)

RunId = Annotated[
    UUID, typer.Argument(metavar="RUN", parser=require_id, help="Id of the run, as `tessera run list` shows it.")
]
Number = Annotated[int, typer.Option("--page", help="Page of the list.", min=1, max=1_000_000_000)]
Size = Annotated[int, typer.Option("--size", help="Lines a page.", min=1, max=1000)]

RUN = {
    "Id": lambda r: r.id,
    "Export": lambda r: r.definition_label,
    "State": lambda r: r.state,
    "Created": lambda r: r.created_at,
    "Selected": lambda r: r.selected,
    "Sent": lambda r: r.sent,
    "Failed": lambda r: r.failed,
    "Skipped": lambda r: r.skipped,
}
DETAIL = RUN | {
    "Unchanged": lambda r: r.unchanged,
    "Requests": lambda r: r.requests,
    "Attempts": lambda r: r.attempts,
    "Bytes": lambda r: r.bytes,
    "Started": lambda r: r.started_at,
    "Finished": lambda r: r.finished_at,
    "Started by": lambda r: r.started_by,
    "Worker": lambda r: r.worker,
    "Taken over": lambda r: r.take_overs,
    "Error": lambda r: r.error,
}
REQUEST = {
    "Number": lambda q: q.number,
    "State": lambda q: q.state,
    "Rows": lambda q: f"{q.first_row}–{q.last_row}",
    "Attempts": lambda q: q.attempts,
    "Status": lambda q: q.status,
    "Code": lambda q: q.code,
    "Took (ms)": lambda q: q.duration_ms,
    "Settled": lambda q: q.settled_at,
}
ROW_ERROR = {
    "Row": lambda e: e.ordinal,
    "Phase": lambda e: e.phase,
    "Code": lambda e: e.code,
    "Message": lambda e: e.message,
}


@app.command("list")
def list_runs(
    export: Annotated[str | None, typer.Option(help="Only runs of the export with this internal name.")] = None,
    state: Annotated[RunState | None, typer.Option(help="Only runs in this state.")] = None,
    chain: ChainOption = None,
    number: Number = 1,
    size: Size = 20,
    as_json: AsJson = False,
) -> None:
    """List runs, newest first."""

    async def work(context: CommandContext) -> Sequence[Run]:
        async with context.session() as session:
            definition_id = None
            if export is not None:
                owner = await find_chain(session, context.actor, chain)
                found = await exports.get_definition_by_name(session, context.actor, chain_id=owner, name=export)
                definition_id = found.id
            page = await exports.list_runs(
                session, context.actor, definition_id=definition_id, state=state, number=number, size=size
            )
            return page.items

    show_list(run_command(work), RUN, as_json=as_json, empty="No run yet. Start one: tessera export run NAME")


@app.command("show")
def show_run(run: RunId, as_json: AsJson = False) -> None:
    """Show one run with its counts."""

    async def work(context: CommandContext) -> Run:
        async with context.session() as session:
            return await exports.get_run(session, context.actor, run_id=run)

    show_item(run_command(work), DETAIL, as_json=as_json)


@app.command("watch")
def watch(run: RunId, as_json: AsJson = False) -> None:
    """Follow a run until it ends; exit code 0 only if every row arrived."""

    async def work(context: CommandContext) -> Run:
        return await watch_run(context, run, quiet=as_json)

    conclude(run_command(work), as_json=as_json)


@app.command("requests")
def list_requests(
    run: RunId,
    state: Annotated[RequestState | None, typer.Option(help="Only requests in this state.")] = None,
    number: Number = 1,
    size: Size = 20,
    as_json: AsJson = False,
) -> None:
    """List the requests that a run made."""

    async def work(context: CommandContext) -> Sequence[LoggedRequest]:
        async with context.session() as session:
            page = await log.list_requests(session, context.actor, run, state=state, number=number, size=size)
            return page.items

    show_list(run_command(work), REQUEST, as_json=as_json, empty="No request.")


@app.command("request")
def show_request(run: RunId, number: int, as_json: AsJson = False) -> None:
    """Show one request: each attempt, what went out and what came back, secrets masked."""

    async def work(context: CommandContext) -> RequestDetail:
        async with context.session() as session:
            return await log.get_request(session, context.actor, run, number=number)

    detail = run_command(work)
    if as_json:
        show_item(detail, {}, as_json=True)
        return
    show_item(detail.request, REQUEST, as_json=False)
    for attempt in detail.attempts:
        typer.echo(f"\nAttempt {attempt.attempt}: {attempt.outcome or 'under way'} {attempt.message or ''}".rstrip())
        for text in (attempt.request, attempt.answer):
            if text:
                typer.echo(f"\n{text}")


@app.command("errors")
def list_errors(run: RunId, number: Number = 1, size: Size = 20, as_json: AsJson = False) -> None:
    """List the rows that did not arrive, and why."""

    async def work(context: CommandContext) -> Sequence[RowError]:
        async with context.session() as session:
            return (await log.list_row_errors(session, context.actor, run, number=number, size=size)).items

    show_list(run_command(work), ROW_ERROR, as_json=as_json, empty="No row error.")


@app.command("cancel")
def cancel_run(run: RunId, as_json: AsJson = False) -> None:
    """Ask a run to end: what is in flight is settled, the rest is skipped."""

    async def work(context: CommandContext) -> Run:
        async with context.session() as session:
            return await exports.cancel_run(session, context.actor, run_id=run)

    show_item(run_command(work), RUN, as_json=as_json)
