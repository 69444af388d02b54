"""`tessera demo`: everything in one go, on a folder of its own, with the proof that everything arrived."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import typer

from tessera import exports
from tessera.cli.context import CommandContext, open_context
from tessera.cli.demo.data_load import connect_clients, load_people
from tessera.cli.demo.folder import DemoNote, clear_folder, load_demo_settings, mark_folder, write_note
from tessera.cli.demo.memory import MemoryGauge
from tessera.cli.demo.outcomes import Outcome, judge
from tessera.cli.demo.report import show_introduction, show_report, show_step, steps
from tessera.cli.demo.running_receiver import RunningReceiver, run_receiver
from tessera.cli.demo.setup import Arranged, arrange_export, create_demo_chain
from tessera.cli.progress import watch_run
from tessera.cli.startup import Running, run_everything
from tessera.exports import Run


def perform_demo(*, rows: int, seed: int) -> None:
    """Run the whole demo and end with its verdict."""
    settings = load_demo_settings()
    clear_folder(settings)
    mark_folder(settings)
    show_introduction(settings, rows=rows)
    outcomes: list[Outcome] = []

    async def body(running: Running) -> None:
        show_step(f"Tessera runs at {running.url}")
        async with open_context(running.settings) as context, run_receiver() as receiver:
            outcomes.append(await play(running, context, receiver, rows=rows, seed=seed))

    run_everything(settings, body, port=0)
    if not outcomes:
        raise KeyboardInterrupt
    show_report(outcomes[0])
    judge(outcomes[0])
    delivered = len(outcomes[0].received & outcomes[0].selected)
    typer.echo("See it in the pages: make run")
    typer.echo(f"demo ok: delivered {delivered} of {len(outcomes[0].selected)} memberships")


async def play(
    running: Running, context: CommandContext, receiver: RunningReceiver, *, rows: int, seed: int
) -> Outcome:
    """Load, arrange, run and compare."""
    chain_id = await create_demo_chain(context)
    show_step(f"Loading {rows:,} members: customers in bulk, programs, tiers and memberships over the Connector API")
    with steps(rows) as progress:
        clients = connect_clients(running.url)
        loaded = await load_people(context, clients, chain_id=chain_id, rows=rows, seed=seed, advance=progress)
    arranged = await arrange_export(context, chain_id, url=receiver.url, token=receiver.token)
    write_note(running.settings, DemoNote(str(chain_id), str(arranged.profile_id), rows, seed))
    show_step(f"Exporting {arranged.query.label} to {receiver.url}")
    gauge = MemoryGauge(running.worker.pid)
    async with watched(gauge):
        run = await run_export(context, arranged)
    return Outcome(
        rows=rows,
        loaded=loaded,
        run=run,
        counts=await receiver.counts(),
        selected=await select_ids(context, chain_id, arranged),
        received=await receiver.ids(),
        peak_megabytes=gauge.megabytes,
    )


async def run_export(context: CommandContext, arranged: Arranged) -> Run:
    """Start the run and wait for its end."""
    async with context.session() as session:
        started = await exports.start_run(
            session, context.actor, context.resources, definition_id=arranged.definition.id
        )
    return await watch_run(context, started.id, quiet=False)


@asynccontextmanager
async def watched(gauge: MemoryGauge) -> AsyncIterator[None]:
    """Look at a process's memory again and again for this while."""

    async def look() -> None:
        while True:
            gauge.look()
            await asyncio.sleep(0.2)

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        gauge.look()
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


async def select_ids(context: CommandContext, chain_id: UUID, arranged: Arranged) -> set[UUID]:
    """Run the query again, by itself, and return the ids it selects."""
    place = [column.name for column in arranged.query.columns].index("membership_id")
    found: set[UUID] = set()
    async for block in context.application.engine.read_blocks(chain_id, arranged.query, now=context.now()):
        found.update(UUID(row[place]) for row in json.loads(f"[{block.data}]"))
    return found
