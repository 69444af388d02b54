"""`tessera run`: runs, their requests and row errors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO
from uuid import UUID

import typer

from tessera import exports
from tessera.cli.arguments import require_id, write_parts
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.export_runs import finish, follow, release_and_follow
from tessera.cli.output import AsJson, ChainOption, show_item, show_list
from tessera.cli.progress import conclude, watch_run
from tessera.exports import RequestState, RunState, log
from tessera.platform.errors import ConflictError

if TYPE_CHECKING:
    from tessera.exports import Run
    from tessera.exports.log import ErrorCount, LoggedRequest, RequestDetail, RowError, RunFile

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
    "Trigger": lambda r: r.trigger,
    "Created": lambda r: r.created_at,
    "Selected": lambda r: r.selected,
    "Sent": lambda r: r.sent,
    "Failed": lambda r: r.failed,
    "Skipped": lambda r: r.skipped,
}
DETAIL = RUN | {
    "Unchanged": lambda r: r.unchanged,
    "Removed": lambda r: r.removed,
    "Kind": lambda r: r.kind,
    "Profile": lambda r: r.profile,
    "Queue": lambda r: r.queue,
    "Scheduled for": lambda r: r.scheduled_for,
    "Sends again": lambda r: r.parent_id,
    "Full refresh": lambda r: r.full_refresh,
    "Period from": lambda r: r.period_from,
    "Period to": lambda r: r.period_to,
    "Requests": lambda r: r.requests,
    "Attempts": lambda r: r.attempts,
    "Bytes": lambda r: r.bytes,
    "Started": lambda r: r.started_at,
    "Finished": lambda r: r.finished_at,
    "Started by": lambda r: r.started_by,
    "Worker": lambda r: r.worker,
    "Taken over": lambda r: r.take_overs,
    "Held": lambda r: r.held_at,
    "Released by": lambda r: r.released_by,
    "Findings": lambda r: [finding.message for finding in r.findings],
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
REASON = {
    "Rows": lambda e: e.rows,
    "Phase": lambda e: e.phase,
    "Code": lambda e: e.code,
    "First row": lambda e: e.first_row,
    "Its message": lambda e: e.message,
}
FILE = {
    "Name": lambda f: f.name,
    "State": lambda f: f.state,
    "Rows": lambda f: f.rows,
    "Size": lambda f: f.size,
    "Attempts": lambda f: f.attempts,
    "Sent": lambda f: f.published_at,
    "Checksum": lambda f: f.checksum,
    "Error": lambda f: f.error,
}
ROW_ERROR = {
    "Row": lambda e: e.ordinal,
    "Phase": lambda e: e.phase,
    "Code": lambda e: e.code,
    "Message": lambda e: e.message,
}


class TargetInvalidError(ConflictError):
    """The file cannot be written where it should."""

    code = "target_invalid"


@app.command("list")
def list_runs(
    export: Annotated[str | None, typer.Option(help="Only runs of the export with this internal name.")] = None,
    state: Annotated[RunState | None, typer.Option(help="Only runs in this state.")] = None,
    trigger: Annotated[str | None, typer.Option(help="Only runs started so, such as manual or api.")] = None,
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
            wanted = exports.RunFilter(definition_id, state=state, trigger=trigger)
            page = await exports.list_runs(session, context.actor, wanted, number=number, size=size)
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
    """Follow a run until it ends or is held; exit code 0 only if every row arrived."""

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
def list_errors(
    run: RunId,
    reasons: Annotated[bool, typer.Option("--reasons", help="Count them by reason.")] = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write all of them into this file, with their rows; - for the output.")
    ] = None,
    number: Number = 1,
    size: Size = 20,
    as_json: AsJson = False,
) -> None:
    """List the rows that did not arrive, and why."""
    if csv is not None:
        write_errors(run, csv)
        return
    if reasons:
        list_reasons(run, as_json=as_json)
        return

    async def work(context: CommandContext) -> Sequence[RowError]:
        async with context.session() as session:
            return (await log.list_row_errors(session, context.actor, run, number=number, size=size)).items

    show_list(run_command(work), ROW_ERROR, as_json=as_json, empty="No row error.")


def list_reasons(run: UUID, *, as_json: bool) -> None:
    """Print how many rows did not arrive for which reason."""

    async def work(context: CommandContext) -> Sequence[ErrorCount]:
        async with context.session() as session:
            return await log.count_row_errors(session, context.actor, run)

    show_list(run_command(work), REASON, as_json=as_json, empty="No row error.")


def write_errors(run: UUID, path: Path) -> None:
    """Write every row error as CSV, however many there are."""

    async def work(context: CommandContext) -> None:
        async with context.session() as session:
            found = await exports.get_run(session, context.actor, run_id=run)
        parts = log.write_row_errors(context.resources.database, context.actor, found)
        await write_parts(path, parts)

    run_command(work)
    if str(path) != "-":
        typer.echo(f"Wrote every row error to {path}.")


@app.command("release")
def release_run(
    run: RunId,
    detach: Annotated[bool, typer.Option("--detach", help="Do not wait for the end of the run.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let a held run go on, and follow it until it ends; exit code 0 only if every row arrived."""

    async def work(context: CommandContext) -> Run:
        return await release_and_follow(context, run, detach=detach, as_json=as_json)

    finish(run_command(work), detach=detach, as_json=as_json)


@app.command("file")
def show_file(run: RunId, as_json: AsJson = False) -> None:
    """Show what became of the file of a run: its name, size and checksum."""

    async def work(context: CommandContext) -> RunFile | None:
        async with context.session() as session:
            return await log.find_run_file(session, context.actor, run_id=run)

    found = run_command(work)
    show_list([] if found is None else [found], FILE, as_json=as_json, empty="This run made no file.")


@app.command("download")
def download_file(
    run: RunId,
    output: Annotated[
        Path | None, typer.Option(help="Where to write it; without it, a file of its own name in this folder.")
    ] = None,
) -> None:
    """Fetch the file of a run whose export keeps it here."""

    async def work(context: CommandContext) -> Path:
        async with context.session() as session:
            found = await log.open_run_file(session, context.actor, run_id=run, settings=context.resources.settings)
        target = output or Path(found.name)
        with open_target(target) as file:
            async for chunk in found.chunks:
                file.write(chunk)
        return target

    typer.echo(f"Written: {run_command(work)}")


def open_target(path: Path) -> BinaryIO:
    """Open a new file that its owner alone may read; one that is there already stays."""
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno else type(error).__name__
        raise TargetInvalidError(f"{path} cannot be written: {reason}. Choose another path with --output.") from None


@app.command("resend")
def resend_run(
    run: RunId,
    code: Annotated[
        str | None, typer.Option(help="Only rows that failed for this reason, as `run errors --reasons` shows it.")
    ] = None,
    row: Annotated[
        list[int] | None, typer.Option(help="Only the row of this number; several times.", min=1, max=2**31 - 1)
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Do not wait for the end of the run.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send failed rows of an ended run again, in a run of their own; exit code 0 only if every one arrived."""

    async def work(context: CommandContext) -> Run:
        async with context.session() as session:
            started = await exports.resend_failed(
                session, context.actor, context.resources, run_id=run, code=code, rows=row or None
            )
        return await follow(context, started, detach=detach, as_json=as_json)

    finish(run_command(work), detach=detach, as_json=as_json)


@app.command("cancel")
def cancel_run(run: RunId, as_json: AsJson = False) -> None:
    """Ask a run to end: what is in flight is settled, the rest is skipped. A held run is dropped at once."""

    async def work(context: CommandContext) -> Run:
        async with context.session() as session:
            return await exports.cancel_run(session, context.actor, context.resources, run_id=run)

    show_item(run_command(work), RUN, as_json=as_json)
