"""`tessera export preview`, `run`, `watch` and `release`: what an export would send, and its runs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from tessera import exports
from tessera.cli.arguments import parse_moment
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.export_options import Name
from tessera.cli.output import AsJson, ChainOption, show_item, show_json
from tessera.cli.progress import conclude, watch_run
from tessera.exports import previews
from tessera.platform.errors import NotFoundError

if TYPE_CHECKING:
    from tessera.exports import Definition, Run
    from tessera.exports.previews import DefinitionPreview, KindPreview
    from tessera.platform.db import Session

Detach = Annotated[bool, typer.Option("--detach", help="Do not wait for the end of the run.")]
MOST_FAILURES = 10


class RunMissingError(NotFoundError):
    """The export has no run of that kind."""

    code = "run_missing"


def preview_definition(name: Name, chain: ChainOption = None, as_json: AsJson = False) -> None:
    """Count the rows that would be selected now, and show what would leave first; nothing is sent."""

    async def work(context: CommandContext) -> DefinitionPreview:
        async with context.session() as session:
            found = await find_definition(session, context, chain, name)
        return await previews.preview_change(context.resources, context.application.engine, context.actor, found.id)

    preview = run_command(work)
    if as_json:
        show_json(preview)
        return
    typer.echo(f"{count_rows(preview.rows)} selected now.")
    if preview.first is not None:
        show_first(preview.first)


def show_first(first: KindPreview) -> None:
    """Print what leaves first as it would go out, and why rows do not."""
    if first.title is not None:
        typer.echo(f"\nThis would leave first, with {count_rows(first.rows)} in {first.size:,} bytes:\n\n{first.title}")
        for name, value in first.headers:
            typer.echo(f"{name}: {value}")
    if first.text:
        typer.echo(f"\n{first.text}")
    if first.failures:
        typer.echo("\nOf the first rows, these would not leave:")
    for row, code, message in first.failures[:MOST_FAILURES]:
        typer.echo(f"row {row}, {code}: {message}")
    if len(first.failures) > MOST_FAILURES:
        typer.echo(f"and {len(first.failures) - MOST_FAILURES:,} more")


def count_rows(rows: int) -> str:
    """Return how many rows there are, in words."""
    return "1 row" if rows == 1 else f"{rows:,} rows"


def run_definition(
    name: Name,
    start: Annotated[
        datetime | None,
        typer.Option("--from", parser=parse_moment, metavar="MOMENT", help="Begin of the period, :from of the query."),
    ] = None,
    end: Annotated[
        datetime | None,
        typer.Option("--to", parser=parse_moment, metavar="MOMENT", help="End of the period, :to of the query."),
    ] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Send every selected row, also where only changes are sent.")
    ] = False,
    chain: ChainOption = None,
    detach: Detach = False,
    as_json: AsJson = False,
) -> None:
    """Start a run and follow it until it ends or is held; exit code 0 only if every row arrived."""

    async def begin(context: CommandContext) -> Run:
        async with context.session() as session:
            found = await find_definition(session, context, chain, name)
            return await exports.start_run(
                session,
                context.actor,
                context.resources,
                definition_id=found.id,
                options=exports.RunOptions(start, end, full_refresh),
            )

    async def work(context: CommandContext) -> Run:
        return await follow(context, await begin(context), detach=detach, as_json=as_json)

    finish(run_command(work), detach=detach, as_json=as_json)


def watch_definition(name: Name, chain: ChainOption = None, as_json: AsJson = False) -> None:
    """Follow the newest run until it ends or is held; exit code 0 only if every row arrived."""

    async def work(context: CommandContext) -> Run:
        async with context.session() as session:
            run = await find_last_run(session, context, await find_definition(session, context, chain, name))
        return await watch_run(context, run.id, quiet=as_json)

    conclude(run_command(work), as_json=as_json)


def release_definition(name: Name, chain: ChainOption = None, detach: Detach = False, as_json: AsJson = False) -> None:
    """Let the held run go on, and follow it until it ends; exit code 0 only if every row arrived."""

    async def release(context: CommandContext) -> Run:
        async with context.session() as session:
            run = await find_last_run(session, context, await find_definition(session, context, chain, name))
        return await release_and_follow(context, run.id, detach=detach, as_json=as_json)

    finish(run_command(release), detach=detach, as_json=as_json)


async def release_and_follow(context: CommandContext, run_id: UUID, *, detach: bool, as_json: bool) -> Run:
    """Let a held run go on; return it when it has ended, or at once."""
    async with context.session() as session:
        run = await exports.release_run(session, context.actor, context.resources, run_id=run_id)
    return await follow(context, run, detach=detach, as_json=as_json)


async def follow(context: CommandContext, run: Run, *, detach: bool, as_json: bool) -> Run:
    """Return the run when it has ended or is held, or at once."""
    if detach:
        return run
    if not as_json:
        typer.echo(f"Run {run.id}. Ctrl-C leaves it running; `tessera run cancel` ends it.", err=True)
    return await watch_run(context, run.id, quiet=as_json)


def finish(run: Run, *, detach: bool, as_json: bool) -> None:
    """Say how the run ended, or that it goes on."""
    if detach:
        show_item(run, {"Run": lambda r: r.id, "State": lambda r: r.state}, as_json=as_json)
    else:
        conclude(run, as_json=as_json)


async def find_definition(session: Session, context: CommandContext, chain: str | None, name: str) -> Definition:
    """Return the definition of that name."""
    chain_id = await find_chain(session, context.actor, chain)
    return await exports.get_definition_by_name(session, context.actor, chain_id=chain_id, name=name)


async def find_last_run(session: Session, context: CommandContext, definition: Definition) -> Run:
    """Return the newest run of a definition."""
    found = await exports.list_last_runs(session, context.actor, [definition.id])
    if definition.id not in found:
        raise RunMissingError(
            f"{definition.label} has never run. Start it: tessera export run {definition.internal_name}"
        )
    return found[definition.id]
