"""`tessera member`: the memberships of accounts in programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from tessera import loyalty
from tessera.cli.arguments import require_id
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.output import AsJson, ChainOption, show_item, show_list
from tessera.cli.programs import find_program
from tessera.cli.tiers import find_tier
from tessera.loyalty import MembershipState

if TYPE_CHECKING:
    from tessera.loyalty import Member
    from tessera.platform.db import Session

app = typer.Typer(no_args_is_help=True)

MEMBER = {
    "Id": lambda m: m.id,
    "Number": lambda m: m.number,
    "Name": lambda m: m.name,
    "E-mail": lambda m: m.email,
    "Program": lambda m: m.program,
    "Tier": lambda m: m.tier,
    "State": lambda m: m.state,
    "Primary": lambda m: m.is_primary,
    "Balance": lambda m: m.balance,
}
DETAIL = MEMBER | {
    "Account Id": lambda m: m.account_id,
    "Expires": lambda m: m.expires_at,
    "Created": lambda m: m.created_at,
    "Changed": lambda m: m.updated_at,
}
MemberId = Annotated[
    UUID,
    typer.Argument(
        metavar="MEMBERSHIP", parser=require_id, help="Id of the membership, as `tessera member list` shows it."
    ),
]
AccountId = Annotated[
    UUID,
    typer.Argument(metavar="ACCOUNT", parser=require_id, help="Id of the account, as `tessera account list` shows it."),
]
Number = Annotated[str | None, typer.Option("--number", help="Number of the membership.")]
State = Annotated[MembershipState | None, typer.Option(help="How far the membership has come.")]
Primary = Annotated[bool | None, typer.Option("--primary/--secondary", help="Whether it is the account's main one.")]


@app.command("list")
def list_members(
    search: Annotated[
        str, typer.Option("--search", help="Beginning of a membership number, an e-mail address or a name; or an id.")
    ] = "",
    program: Annotated[str | None, typer.Option(help="Only members of the program with this code or id.")] = None,
    state: Annotated[MembershipState | None, typer.Option(help="Only memberships in this state.")] = None,
    chain: ChainOption = None,
    number: Annotated[int, typer.Option("--page", help="Page of the list.", min=1)] = 1,
    size: Annotated[int, typer.Option("--size", help="Lines a page.", min=1, max=1000)] = 20,
    as_json: AsJson = False,
) -> None:
    """List members, newest first; with a search by name."""

    async def work(context: CommandContext) -> Sequence[Member]:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            found = None if program is None else await find_program(session, context.actor, owner, program)
            wanted = loyalty.MemberSearch(text=search, state=state, program_id=found.id if found else None)
            page = await loyalty.list_members(
                session, context.actor, owner, wanted, number=number, size=size, now=context.now()
            )
            return page.items

    empty = "No member found. Add one: tessera member add ACCOUNT --program CODE"
    show_list(run_command(work), MEMBER, as_json=as_json, empty=empty)


@app.command("show")
def show_member(membership: MemberId, chain: ChainOption = None, as_json: AsJson = False) -> None:
    """Show one membership."""

    async def work(context: CommandContext) -> Member:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            return await loyalty.get_member(session, context.actor, owner, membership, now=context.now())

    show_item(run_command(work), DETAIL, as_json=as_json)


@app.command("add")
def add_member(
    account: AccountId,
    program: Annotated[str, typer.Option(help="Code or id of the program.")],
    tier: Annotated[str | None, typer.Option(help="Code or id of the tier.")] = None,
    number: Number = None,
    state: State = None,
    primary: Primary = None,
    points: Annotated[int | None, typer.Option(help="Points that the ledger begins with.", min=0)] = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Enrol an account in a program."""

    async def work(context: CommandContext) -> Member:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            new = loyalty.NewMembership(
                account_id=account,
                program_id=(await find_program(session, context.actor, owner, program)).id,
                tier_id=(await find_tier(context, session, owner, program=program, text=tier)).id if tier else None,
                membership_number=number,
                state=state or MembershipState.ENROLLED,
                is_primary=bool(primary),
                points=points,
            )
            (made,) = await loyalty.create_memberships(session, context.actor, owner, [new], now=context.now())
            return await loyalty.get_member(session, context.actor, owner, made.id, now=context.now())

    show_item(run_command(work), DETAIL, as_json=as_json)


@app.command("update")
def update_member(
    membership: MemberId,
    tier: Annotated[str | None, typer.Option(help="Code or id of another tier of the program.")] = None,
    no_tier: Annotated[bool, typer.Option("--no-tier", help="Take the tier away.")] = False,
    number: Number = None,
    state: State = None,
    primary: Primary = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Change a membership; what is not given stays. Points change with `tessera points`."""
    if tier is not None and no_tier:
        raise typer.BadParameter("Give --tier or --no-tier, one of the two.")

    async def work(context: CommandContext) -> Member:
        from msgspec import UNSET

        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            change = loyalty.MembershipChange(
                id=membership,
                tier_id=await find_tier_id(context, session, owner, membership, tier)
                if tier
                else None
                if no_tier
                else UNSET,
                membership_number=UNSET if number is None else number,
                state=UNSET if state is None else state,
                is_primary=UNSET if primary is None else primary,
            )
            await loyalty.update_memberships(session, context.actor, owner, [change], now=context.now())
            return await loyalty.get_member(session, context.actor, owner, membership, now=context.now())

    show_item(run_command(work), DETAIL, as_json=as_json)


@app.command("delete")
def delete_member(membership: MemberId, chain: ChainOption = None) -> None:
    """Delete a membership; its ledger stays."""

    async def work(context: CommandContext) -> Member:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            found = await loyalty.get_member(session, context.actor, owner, membership, now=context.now())
            await loyalty.delete_memberships(session, context.actor, owner, [membership], now=context.now())
            return found

    deleted = run_command(work)
    typer.echo(f"Deleted the membership of {deleted.name} in {deleted.program}.")


async def find_tier_id(
    context: CommandContext, session: Session, chain_id: UUID, membership_id: UUID, text: str
) -> UUID:
    """Return the id of a tier of the membership's program."""
    member = await loyalty.get_member(session, context.actor, chain_id, membership_id, now=context.now())
    return (await find_tier(context, session, chain_id, program=str(member.program_id), text=text)).id
