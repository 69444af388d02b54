"""`tessera program`: the loyalty programs of a chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from msgspec import UNSET

from tessera import loyalty
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.output import AsJson, ChainOption, show_item, show_list
from tessera.loyalty import ProgramType
from tessera.platform.errors import NotFoundError
from tessera.platform.ids import parse_id

if TYPE_CHECKING:
    from tessera.loyalty import Program
    from tessera.platform.actors import Actor
    from tessera.platform.db import Session

app = typer.Typer(no_args_is_help=True)

PROGRAM = {
    "Id": lambda p: p.id,
    "Number": lambda p: p.number,
    "Code": lambda p: p.code,
    "Name": lambda p: p.name,
    "Type": lambda p: p.type,
    "Subscription": lambda p: p.subscription,
    "Overdraft": lambda p: p.allows_overdraft,
}
ProgramName = Annotated[str, typer.Argument(metavar="PROGRAM", help="Code or id of the program.")]
Paid = Annotated[bool | None, typer.Option("--paid/--free", help="Whether members pay to belong.")]
Overdraft = Annotated[
    bool | None,
    typer.Option("--allow-overdraft/--forbid-overdraft", help="Whether burning may take a balance below zero."),
]


class ProgramNotFoundError(NotFoundError):
    """No program goes by that code or id."""

    code = "program_not_found"


@app.command("list")
def list_programs(chain: ChainOption = None, as_json: AsJson = False) -> None:
    """List the newest 1,000 programs of a chain."""

    async def work(context: CommandContext) -> Sequence[object]:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            return await loyalty.list_programs(session, context.actor, loyalty.ProgramFilter(chain_ids=[owner]))

    empty = "No program yet. Make one: tessera program create NAME --code CODE"
    show_list(run_command(work), PROGRAM, as_json=as_json, empty=empty)


@app.command("create")
def create_program(
    name: str,
    code: Annotated[str, typer.Option(help="Code that bookings and files name it by; it never changes.")],
    chain: ChainOption = None,
    type: Annotated[ProgramType, typer.Option(help="Whose program it is.")] = ProgramType.UNKNOWN,
    paid: Paid = False,
    number: Annotated[
        int | None, typer.Option(help="Number of the program; without it the next one.", min=1, max=2**31 - 1)
    ] = None,
    overdraft: Overdraft = False,
    as_json: AsJson = False,
) -> None:
    """Create a program that accounts can be members of."""

    async def work(context: CommandContext) -> object:
        new = loyalty.NewProgram(
            name=name,
            code=code,
            type=type,
            subscription="Paid" if paid else "Free",
            number=number,
            allows_overdraft=bool(overdraft),
        )
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            return (await loyalty.create_programs(session, context.actor, owner, [new], now=context.now()))[0]

    show_item(run_command(work), PROGRAM, as_json=as_json)


@app.command("update")
def update_program(
    program: ProgramName,
    chain: ChainOption = None,
    name: Annotated[str | None, typer.Option(help="New name.")] = None,
    type: Annotated[ProgramType | None, typer.Option(help="Whose program it is.")] = None,
    paid: Paid = None,
    overdraft: Overdraft = None,
    as_json: AsJson = False,
) -> None:
    """Change a program; what is not named stays."""

    async def work(context: CommandContext) -> object:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            change = loyalty.ProgramChange(
                id=(await find_program(session, context.actor, owner, program)).id,
                name=UNSET if name is None else name,
                type=UNSET if type is None else type,
                subscription=UNSET if paid is None else "Paid" if paid else "Free",
                allows_overdraft=UNSET if overdraft is None else overdraft,
            )
            return (await loyalty.update_programs(session, context.actor, owner, [change], now=context.now()))[0]

    show_item(run_command(work), PROGRAM, as_json=as_json)


@app.command("delete")
def delete_program(program: ProgramName, chain: ChainOption = None) -> None:
    """Delete a program without active memberships, and its tiers."""

    async def work(context: CommandContext) -> Program:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            found = await find_program(session, context.actor, owner, program)
            await loyalty.delete_programs(session, context.actor, owner, [found.id], now=context.now())
            return found

    typer.echo(f"Deleted {run_command(work).name} and its tiers.")


async def find_program(session: Session, actor: Actor, chain_id: UUID, text: str) -> Program:
    """Return the program of the chain with that code or id; a code goes before an id."""
    wanted = parse_id(text.lower())
    filters = [loyalty.ProgramFilter(chain_ids=[chain_id], codes=[text], count=1)]
    if wanted is not None:
        filters.append(loyalty.ProgramFilter(chain_ids=[chain_id], ids=[wanted], count=1))
    for narrowing in filters:
        found = await loyalty.list_programs(session, actor, narrowing)
        if found:
            return found[0]
    raise ProgramNotFoundError(f"There is no program {text} in the chain. `tessera program list` shows all.")
