"""`tessera points`: the ledger of a membership, and what can be done with its points."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from tessera import loyalty
from tessera.cli.arguments import parse_moment, require_id
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.output import AsJson, ChainOption, show_item, show_list
from tessera.platform.ids import new_id

if TYPE_CHECKING:
    from tessera.loyalty import Balance, Movement
    from tessera.platform.db import Session

    Moving = Callable[[Session, CommandContext, UUID], Awaitable[Sequence[Movement]]]

app = typer.Typer(no_args_is_help=True)
LAST_SEQUENCE = 2**63 - 1

MOVEMENT = {
    "Sequence": lambda m: m.sequence,
    "Written": lambda m: m.created_at,
    "Kind": lambda m: m.kind,
    "Points": lambda m: m.points,
    "Balance": lambda m: m.balance,
    "Reason": lambda m: m.reason,
    "Active": lambda m: m.active_at,
    "Expires": lambda m: m.expires_at,
    "Reverses": lambda m: m.reverses,
}
WRITTEN = {"Membership Id": lambda m: m.membership_id} | MOVEMENT
BALANCE = {
    "At": lambda b: b.at,
    "Balance": lambda b: b.balance,
    "Spendable": lambda b: b.spendable,
    "Pending": lambda b: b.pending,
    "Expires next": lambda b: b.expiring.at if b.expiring else None,
    "Points then": lambda b: b.expiring.points if b.expiring else None,
}


MembershipId = Annotated[UUID, typer.Argument(metavar="MEMBERSHIP", parser=require_id, help="Id of the membership.")]
Points = Annotated[int, typer.Argument(help="How many points.", min=1)]
Reason = Annotated[str | None, typer.Option(help="Why, for readers of the ledger.")]
GivenReason = Annotated[str, typer.Option(help="Why, for readers of the ledger.")]
Key = Annotated[
    str | None, typer.Option(help="Idempotency key: the same command with the same key moves the points once.")
]


def move(chain: str | None, moving: Moving, *, as_json: bool) -> None:
    """Move points in a chain and print the movements."""

    async def work(context: CommandContext) -> Sequence[Movement]:
        async with context.session() as session:
            return await moving(session, context, await find_chain(session, context.actor, chain))

    show_list(run_command(work), WRITTEN, as_json=as_json)


def choose_key(key: str | None) -> str:
    """Return the key that was typed, or an unused one."""
    return key or str(new_id())


@app.command("list")
def list_movements(
    membership: MembershipId,
    before: Annotated[
        int | None, typer.Option(help="Only movements before this sequence.", min=1, max=LAST_SEQUENCE)
    ] = None,
    count: Annotated[int, typer.Option(help="How many.", min=1, max=1000)] = 100,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """List the movements of a membership, newest first."""

    async def work(context: CommandContext) -> Sequence[Movement]:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            return await loyalty.list_movements(session, context.actor, owner, membership, before=before, count=count)

    show_list(run_command(work), MOVEMENT, as_json=as_json, empty="No movement yet.")


@app.command("balance")
def get_balance(
    membership: MembershipId,
    at: Annotated[
        datetime | None,
        typer.Option(parser=parse_moment, metavar="MOMENT", help="A moment, past or to come; without it now."),
    ] = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Show the points of a membership, at a moment."""

    async def work(context: CommandContext) -> Balance:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            return await loyalty.get_balance(session, context.actor, owner, membership, at=at, now=context.now())

    show_item(run_command(work), BALANCE, as_json=as_json)


@app.command("earn")
def earn(
    membership: MembershipId,
    points: Points,
    reason: Reason = None,
    active: Annotated[
        datetime | None,
        typer.Option(parser=parse_moment, metavar="MOMENT", help="Moment from which on they can be spent."),
    ] = None,
    expires: Annotated[
        datetime | None, typer.Option(parser=parse_moment, metavar="MOMENT", help="Moment at which they leave.")
    ] = None,
    key: Key = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Give points to a membership."""

    async def moving(session: Session, context: CommandContext, owner: UUID) -> Sequence[Movement]:
        item = loyalty.Earning(
            membership_id=membership,
            points=points,
            idempotency_key=choose_key(key),
            reason=reason,
            active_at=active,
            expires_at=expires,
        )
        return await loyalty.earn_points(session, context.actor, owner, [item], now=context.now())

    move(chain, moving, as_json=as_json)


@app.command("burn")
def burn(
    membership: MembershipId,
    points: Points,
    reason: Reason = None,
    key: Key = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Spend points of a membership."""

    async def moving(session: Session, context: CommandContext, owner: UUID) -> Sequence[Movement]:
        item = loyalty.Burning(membership_id=membership, points=points, idempotency_key=choose_key(key), reason=reason)
        return await loyalty.burn_points(session, context.actor, owner, [item], now=context.now())

    move(chain, moving, as_json=as_json)


# Numbers below zero look like options; none of this command's is one digit long.
@app.command("adjust", context_settings={"ignore_unknown_options": True})
def adjust(
    membership: MembershipId,
    points: Annotated[int, typer.Argument(help="How many points to add; below zero, such as -50, to take.")],
    reason: GivenReason,
    key: Key = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Correct the balance of a membership by hand."""

    async def moving(session: Session, context: CommandContext, owner: UUID) -> Sequence[Movement]:
        item = loyalty.Adjustment(membership_id=membership, points=points, reason=reason, idempotency_key=key)
        return await loyalty.adjust_points(session, context.actor, owner, [item], now=context.now())

    move(chain, moving, as_json=as_json)


@app.command("transfer")
def transfer(
    membership: Annotated[
        UUID, typer.Argument(metavar="MEMBERSHIP", parser=require_id, help="Id of the membership that gives.")
    ],
    receiver: Annotated[
        UUID, typer.Argument(metavar="RECEIVER", parser=require_id, help="Id of the membership that receives.")
    ],
    points: Points,
    reason: Reason = None,
    key: Key = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Pass points from one membership to another; they keep their expiry."""

    async def moving(session: Session, context: CommandContext, owner: UUID) -> Sequence[Movement]:
        item = loyalty.Transfer(
            from_membership_id=membership,
            to_membership_id=receiver,
            points=points,
            idempotency_key=choose_key(key),
            reason=reason,
        )
        return await loyalty.transfer_points(session, context.actor, owner, [item], now=context.now())

    move(chain, moving, as_json=as_json)


@app.command("reverse")
def reverse(
    membership: MembershipId,
    sequence: Annotated[
        int,
        typer.Argument(help="Sequence of the movement, as `tessera points list` shows it.", min=1, max=LAST_SEQUENCE),
    ],
    reason: GivenReason,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Undo a movement by its opposite, once."""

    async def moving(session: Session, context: CommandContext, owner: UUID) -> Sequence[Movement]:
        item = loyalty.Reversal(membership_id=membership, sequence=sequence, reason=reason)
        return await loyalty.reverse_movements(session, context.actor, owner, [item], now=context.now())

    move(chain, moving, as_json=as_json)
