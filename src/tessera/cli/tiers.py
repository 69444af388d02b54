"""`tessera tier`: the levels of a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from msgspec import UNSET

from tessera import loyalty
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.output import AsJson, ChainOption, show_item, show_list
from tessera.cli.programs import find_program
from tessera.platform.errors import NotFoundError
from tessera.platform.ids import parse_id

if TYPE_CHECKING:
    from tessera.loyalty import Tier
    from tessera.platform.db import Session

app = typer.Typer(no_args_is_help=True)

TIER = {
    "Id": lambda t: t.id,
    "Program": lambda t: t.program_id,
    "Code": lambda t: t.code,
    "Name": lambda t: t.name,
    "Ordering": lambda t: t.ordering,
}
LOWEST, HIGHEST = -(2**31), 2**31 - 1
Program = Annotated[str, typer.Option(help="Code or id of the program.")]
TierName = Annotated[str, typer.Argument(metavar="TIER", help="Code of the tier in its program, or its id.")]


class TierNotFoundError(NotFoundError):
    """No tier of the program goes by that code or id."""

    code = "tier_not_found"


@app.command("list")
def list_tiers(program: Program, chain: ChainOption = None, as_json: AsJson = False) -> None:
    """List the newest 1,000 tiers of a program."""

    async def work(context: CommandContext) -> Sequence[object]:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            parent = await find_program(session, context.actor, owner, program)
            narrowing = loyalty.TierFilter(chain_ids=[owner], program_ids=[parent.id])
            return await loyalty.list_tiers(session, context.actor, narrowing)

    empty = "No tier yet. Make one: tessera tier create NAME --program PROGRAM --code CODE --ordering NUMBER"
    show_list(run_command(work), TIER, as_json=as_json, empty=empty)


@app.command("create")
def create_tier(
    name: str,
    program: Program,
    code: Annotated[str, typer.Option(help="Code of the tier, unique in its program.")],
    ordering: Annotated[
        int, typer.Option(help="Rank among the program's tiers, as you like.", min=LOWEST, max=HIGHEST)
    ],
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Create a tier of a program."""

    async def work(context: CommandContext) -> object:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            parent = await find_program(session, context.actor, owner, program)
            new = loyalty.NewTier(program_id=parent.id, name=name, code=code, ordering=ordering)
            return (await loyalty.create_tiers(session, context.actor, owner, [new], now=context.now()))[0]

    show_item(run_command(work), TIER, as_json=as_json)


@app.command("update")
def update_tier(
    tier: TierName,
    program: Program,
    chain: ChainOption = None,
    name: Annotated[str | None, typer.Option(help="New name.")] = None,
    code: Annotated[str | None, typer.Option(help="New code.")] = None,
    ordering: Annotated[int | None, typer.Option(help="New rank.", min=LOWEST, max=HIGHEST)] = None,
    as_json: AsJson = False,
) -> None:
    """Change a tier; what is not named stays."""

    async def work(context: CommandContext) -> object:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            change = loyalty.TierChange(
                id=(await find_tier(context, session, owner, program=program, text=tier)).id,
                name=UNSET if name is None else name,
                code=UNSET if code is None else code,
                ordering=UNSET if ordering is None else ordering,
            )
            return (await loyalty.update_tiers(session, context.actor, owner, [change], now=context.now()))[0]

    show_item(run_command(work), TIER, as_json=as_json)


@app.command("delete")
def delete_tier(tier: TierName, program: Program, chain: ChainOption = None) -> None:
    """Delete a tier; memberships that have it lose it."""

    async def work(context: CommandContext) -> Tier:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            found = await find_tier(context, session, owner, program=program, text=tier)
            await loyalty.delete_tiers(session, context.actor, owner, [found.id], now=context.now())
            return found

    typer.echo(f"Deleted {run_command(work).name}. Memberships that had it have no tier now.")


async def find_tier(context: CommandContext, session: Session, chain_id: UUID, *, program: str, text: str) -> Tier:
    """Return the tier of the program with that code or id; a code goes before an id."""
    parent = await find_program(session, context.actor, chain_id, program)
    wanted = parse_id(text.lower())
    filters = [loyalty.TierFilter(chain_ids=[chain_id], program_ids=[parent.id], codes=[text], count=1)]
    if wanted is not None:
        filters.append(loyalty.TierFilter(chain_ids=[chain_id], program_ids=[parent.id], ids=[wanted], count=1))
    for narrowing in filters:
        found = await loyalty.list_tiers(session, context.actor, narrowing)
        if found:
            return found[0]
    raise TierNotFoundError(f"There is no tier {text} in {parent.name}. `tessera tier list` shows all.")
