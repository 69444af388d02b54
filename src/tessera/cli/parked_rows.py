"""`tessera export parked` and `retry-parked`: rows that runs skip, because they were refused again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from tessera import exports
from tessera.cli.context import CommandContext, run_command
from tessera.cli.export_options import Name
from tessera.cli.export_runs import count_rows, find_definition
from tessera.cli.output import AsJson, ChainOption, Column, show_json, show_list
from tessera.exports import log

if TYPE_CHECKING:
    from tessera.exports.log import ParkedRow
    from tessera.platform.paging import Page

MOST_SHOWN = 1000
PARKED: Mapping[str, Column] = {
    "Row": lambda row: row.values,
    "Refused": lambda row: row.refusals,
    "Last refused": lambda row: row.since,
    "Code": lambda row: row.code,
    "Message": lambda row: row.message,
    "Key Id": lambda row: row.key,
}


def list_parked_rows(name: Name, chain: ChainOption = None, as_json: AsJson = False) -> None:
    """List the rows that runs skip until they change, the last refused first; a thousand at most."""

    async def work(context: CommandContext) -> Page[ParkedRow]:
        async with context.session() as session:
            found = await find_definition(session, context, chain, name)
            return await log.list_parked_rows(session, context.actor, found.id, size=MOST_SHOWN)

    page = run_command(work)
    show_list(page.items, PARKED, as_json=as_json, empty="No row is parked.")
    if page.total > len(page.items) and not as_json:
        typer.echo(f"{page.total:,} in all.")


def retry_parked_rows(
    name: Name,
    key: Annotated[
        list[UUID] | None, typer.Option(help="Only the row of this key id, as `export parked` shows it; several times.")
    ] = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Let the next run send parked rows again: all, or those that are named."""

    async def work(context: CommandContext) -> int:
        async with context.session() as session:
            found = await find_definition(session, context, chain, name)
            return await exports.forget_refusals(session, context.actor, definition_id=found.id, keys=key or None)

    rows = run_command(work)
    if as_json:
        show_json({"rows": rows})
    else:
        typer.echo(f"The next run sends {count_rows(rows)} again.")
