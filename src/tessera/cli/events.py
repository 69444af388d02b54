"""`tessera event`: what happened, in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import msgspec
import typer

from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.output import AsJson, ChainOption, show_list
from tessera.platform import events

if TYPE_CHECKING:
    from tessera.platform.events import EventPage, EventPosition, StoredEvent

app = typer.Typer(no_args_is_help=True)

LATEST = "latest"
WAIT_SECONDS = 10.0
EVENT = {
    "Position": lambda e: str(e.position),
    "When": lambda e: e.created_at,
    "Name": lambda e: e.name,
    "Subject": lambda e: e.subject_id,
    "Payload": lambda e: msgspec.json.encode(e.payload).decode(),
}
After = Annotated[
    str | None,
    typer.Option(help="Position to read on from, or `latest` to begin now; without it the oldest event that is kept."),
]
Names = Annotated[list[str] | None, typer.Option("--name", help="Only events of this name; may be given again.")]


@app.command("list")
def list_some(
    after: After = None,
    name: Names = None,
    chain: ChainOption = None,
    size: Annotated[int, typer.Option("--size", help="Lines at most.", min=1, max=1000)] = 50,
    as_json: AsJson = False,
) -> None:
    """List events in order."""

    async def work(context: CommandContext) -> EventPage:
        chains = await find_chains(context, chain)
        begin = await read_after(context, after)
        async with context.session() as session:
            return await events.list_events(session, chains, after=begin, names=name, count=size)

    page = run_command(work)
    show_list([plain(event) for event in page.items] if as_json else page.items, EVENT, as_json=as_json)
    if not as_json:
        typer.echo(f"Read on with: --after {page.position}")


@app.command("follow")
def follow(after: After = LATEST, name: Names = None, chain: ChainOption = None) -> None:
    """Print events as they happen, one JSON object a line, until it is stopped."""

    async def work(context: CommandContext) -> None:
        chains = await find_chains(context, chain)
        position = await read_after(context, after)
        while True:
            page = await events.wait_for_events(
                context.resources.database, chains, after=position, names=name, count=1000, seconds=WAIT_SECONDS
            )
            for event in page.items:
                typer.echo(msgspec.json.encode(plain(event)).decode())
            position = page.position

    try:
        run_command(work)
    except KeyboardInterrupt:
        raise typer.Exit from None


async def find_chains(context: CommandContext, text: str | None) -> Sequence[UUID] | None:
    """Return the chain that was named, or None for every one."""
    if text is None:
        return None
    async with context.session() as session:
        return [await find_chain(session, context.actor, text)]


async def read_after(context: CommandContext, text: str | None) -> EventPosition | None:
    """Return where to begin."""
    if text == LATEST:
        return await events.latest_position(context.resources.database.reader)
    return None if text is None else events.parse_position(text)


def plain(event: StoredEvent) -> dict[str, object]:
    """Return an event as machines read it."""
    return {
        "position": str(event.position),
        "sequence": event.sequence,
        "name": event.name,
        "chain_id": event.chain_id,
        "subject_id": event.subject_id,
        "created_at": event.created_at,
        "payload": event.payload,
    }
