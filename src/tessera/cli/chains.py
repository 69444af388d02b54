"""`tessera chain`: chains and their enterprises."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import typer

from tessera.access import chains as access_chains
from tessera.cli.arguments import require_id
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.output import AsJson, ChainOption, show_item, show_list

app = typer.Typer(no_args_is_help=True)

CHAIN = {
    "Id": lambda c: c.id,
    "Name": lambda c: c.name,
    "Created": lambda c: c.created_at,
    "Archived": lambda c: c.archived_at,
}
ChainName = Annotated[str, typer.Argument(metavar="CHAIN", help="Name or id of the chain.")]
ENTERPRISE = {
    "Id": lambda e: e.id,
    "Name": lambda e: e.name,
    "Chain": lambda e: e.chain_name,
    "Time zone": lambda e: e.time_zone,
    "Currency": lambda e: e.currency_code,
    "Enabled": lambda e: e.enabled,
}


@app.command("list")
def list_chains(
    archived: Annotated[bool, typer.Option("--archived", help="Show archived chains too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the chains."""

    async def work(context: CommandContext) -> Sequence[object]:
        return await access_chains.list_chains(context.resources.database.reader, context.actor, archived=archived)

    show_list(run_command(work), CHAIN, as_json=as_json, empty="No chain yet. Make one: tessera chain create NAME")


@app.command("create")
def create_chain(name: str, as_json: AsJson = False) -> None:
    """Create a chain, the owner of programs, members and exports."""

    async def work(context: CommandContext) -> object:
        async with context.session() as session:
            return (await access_chains.create_chains(session, context.actor, [name], now=context.now()))[0]

    show_item(run_command(work), CHAIN, as_json=as_json)


@app.command("rename")
def rename_chain(chain: ChainName, name: str, as_json: AsJson = False) -> None:
    """Give a chain another name."""

    async def work(context: CommandContext) -> object:
        async with context.session() as session:
            found = await find_chain(session, context.actor, chain)
            return await access_chains.rename_chain(session, context.actor, found, name, now=context.now())

    show_item(run_command(work), CHAIN, as_json=as_json)


@app.command("archive")
def archive_chain(chain: ChainName, as_json: AsJson = False) -> None:
    """Take a chain out of every list and stop its access tokens; its data stay, and `restore` brings it back."""

    async def work(context: CommandContext) -> object:
        async with context.session() as session:
            found = await find_chain(session, context.actor, chain)
            return await access_chains.archive_chain(session, context.actor, found, now=context.now())

    show_item(run_command(work), CHAIN, as_json=as_json)


@app.command("restore")
def restore_chain(
    chain: Annotated[UUID, typer.Argument(parser=require_id, metavar="ID", help="Id of the archived chain.")],
    as_json: AsJson = False,
) -> None:
    """Bring an archived chain back; `tessera chain list --archived` shows its id."""

    async def work(context: CommandContext) -> object:
        async with context.session() as session:
            return await access_chains.restore_chain(session, context.actor, chain, now=context.now())

    show_item(run_command(work), CHAIN, as_json=as_json)


@app.command("enterprises")
def list_enterprises(as_json: AsJson = False) -> None:
    """List the enterprises of every chain."""

    async def work(context: CommandContext) -> Sequence[object]:
        return await access_chains.list_enterprises(context.resources.database.reader, context.actor)

    empty = "No enterprise yet. Make one: tessera chain add-enterprise NAME"
    show_list(run_command(work), ENTERPRISE, as_json=as_json, empty=empty)


@app.command("add-enterprise")
def add_enterprise(
    name: str,
    chain: ChainOption = None,
    time_zone: Annotated[str, typer.Option(help="Time zone, such as Europe/Berlin.")] = "Europe/London",
    currency: Annotated[str, typer.Option(help="Currency code.")] = "GBP",
    as_json: AsJson = False,
) -> None:
    """Add a property to a chain. Access tokens are given for enterprises."""

    async def work(context: CommandContext) -> object:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            new = access_chains.NewEnterprise(name=name, time_zone=time_zone, currency_code=currency)
            return (await access_chains.create_enterprises(session, context.actor, owner, [new], now=context.now()))[0]

    show_item(run_command(work), ENTERPRISE, as_json=as_json)
