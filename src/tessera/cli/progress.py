"""The progress of a run in the terminal: rows, requests, rate and time left, until it ends."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from tessera import exports
from tessera.cli.context import CommandContext
from tessera.cli.output import show_json, show_value
from tessera.platform.failures import FAILED, REFUSED

if TYPE_CHECKING:
    from tessera.exports import Run

POLL_SECONDS = 0.25
# A worker takes a run at once; after this long the likeliest reason is that there is none.
LONELY_SECONDS = 10.0


async def watch_run(context: CommandContext, run_id: UUID, *, quiet: bool) -> Run:
    """Return the run when it has ended, or waits for a person; show its progress meanwhile."""
    begun, warned = asyncio.get_running_loop().time(), False
    with make_progress(quiet=quiet) as progress:
        task = progress.add_task("", total=None, requests=0, rate="")
        while True:
            async with context.session() as session:
                run = await exports.get_run(session, context.actor, run_id=run_id)
            show_progress(progress, task, run, context)
            if not run.active or run.state is exports.RunState.HELD:
                return run
            if (
                run.state is exports.RunState.PENDING
                and not warned
                and asyncio.get_running_loop().time() - begun > LONELY_SECONDS
            ):
                progress.console.print("No worker has taken the run yet. Is `tessera up` or `tessera worker` running?")
                warned = True
            await asyncio.sleep(POLL_SECONDS)


def make_progress(*, quiet: bool) -> Progress:
    """Return the bar, on standard error, so that standard output stays clean; nothing where it is not a terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("rows · {task.fields[requests]} requests · {task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=quiet or not sys.stderr.isatty(),
    )


def show_progress(progress: Progress, task: TaskID, run: Run, context: CommandContext) -> None:
    """Bring the bar up to date."""
    seconds = run.seconds(context.now())
    rate = f"{run.settled / seconds:,.0f} rows/s" if seconds else "waiting"
    progress.update(
        task,
        description=show_value(run.state),
        total=run.selected,
        completed=run.settled,
        requests=f"{run.requests:,}",
        rate=rate,
    )


def conclude(run: Run, *, as_json: bool) -> None:
    """Say how the run ended, or why it waits; exit code 0 only if it completed without errors."""
    held = run.state is exports.RunState.HELD
    if as_json:
        show_json(run)
    elif held:
        show_held(run)
    else:
        typer.echo(
            f"{run.definition_label}: {show_value(run.state)}. {run.selected or 0:,} selected, {run.sent:,} sent, "
            f"{run.unchanged:,} unchanged, {run.failed:,} failed, {run.skipped:,} skipped."
        )
        for finding in run.findings:
            if finding.message != run.error:
                typer.echo(finding.message)
        if run.error:
            typer.echo(run.error)
        if run.failed:
            typer.echo(f"Why: tessera run errors {run.id}")
    if run.state is not exports.RunState.COMPLETED:
        raise typer.Exit(REFUSED if held else FAILED)


def show_held(run: Run) -> None:
    """Say why a run waits, and what a person can do about it."""
    typer.echo(f"{run.definition_label}: held. {run.selected or 0:,} selected, nothing sent.")
    for finding in run.findings:
        typer.echo(finding.message)
    typer.echo(f"Send it anyway: tessera run release {run.id}")
    typer.echo(f"Drop it:        tessera run cancel {run.id}")
