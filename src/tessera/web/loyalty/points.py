"""Moving a membership's points by hand: earn, spend, adjust, and reversing a movement."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import loyalty
from tessera.loyalty import Adjustment, BalanceTooLowError, Burning, Earning, Reversal
from tessera.platform.errors import ConflictError, InvalidError, NotFoundError
from tessera.platform.ids import new_id
from tessera.web.forms import Form, form_status, shown
from tessera.web.loyalty.memberships import ONE, address_of, member_page, read_member
from tessera.web.visits import PageVisit, Visit

DEEDS = {"earn": "Earn: give points", "burn": "Burn: spend points", "adjust": "Adjust: correct the balance"}
LONGEST_REASON = 500
MOST_POINTS = 1_000_000_000


@get(f"{ONE}/points", permission="points:write")
async def ask_for_points(visit: PageVisit, chain_id: FromPath[UUID], membership_id: FromPath[UUID]) -> Response[Any]:
    """Show the pop-up that moves points. Its key makes one movement of a form that is sent twice."""
    member = await read_member(visit, chain_id, membership_id)
    return await points_page(visit, member, typed={"deed": "earn", "key": f"page-{new_id()}"}, faults={})


@post(f"{ONE}/points", permission="points:write")
async def move_points(visit: PageVisit, chain_id: FromPath[UUID], membership_id: FromPath[UUID]) -> Response[Any]:
    """Write the movement."""
    member = await read_member(visit, chain_id, membership_id)
    form = await visit.form()
    try:
        async with visit.session.begin_nested():
            await write_movement(visit, chain_id, membership_id, form)
    except BalanceTooLowError as error:
        fault = f"Only {error.details['spendable']:,} points can be spent. Enter fewer."
        return await points_page(visit, member, typed=form.typed, faults={"points": fault}, status=form_status(error))
    except (InvalidError, ConflictError, NotFoundError) as error:
        return await points_page(visit, member, typed=form.typed, **shown(error))
    return visit.go(address_of(member), notice="points_moved")


@post(f"{ONE}/movements/{{sequence:int}}/reverse", permission="points:write")
async def reverse_movement(
    visit: PageVisit, chain_id: FromPath[UUID], membership_id: FromPath[UUID], sequence: FromPath[int]
) -> Response[Any]:
    """Undo a movement by its opposite."""
    member = await read_member(visit, chain_id, membership_id)
    form = await visit.form()
    reason = form.text("reason", longest=LONGEST_REASON) or f"Reversed by {visit.actor.name}"
    form.check()
    item = Reversal(membership_id=membership_id, sequence=sequence, reason=reason)
    await loyalty.reverse_movements(visit.session, visit.actor, chain_id, [item], now=visit.now)
    return visit.go(address_of(member), notice="points_moved")


async def write_movement(visit: Visit, chain_id: UUID, membership_id: UUID, form: Form) -> None:
    """Earn, burn or adjust, as the form says."""
    deed = form.choice("deed", DEEDS, required=True)
    least = -MOST_POINTS if deed == "adjust" else 1
    points = form.whole("points", least=least, most=MOST_POINTS, required=True)
    reason = form.text("reason", required=deed == "adjust", longest=LONGEST_REASON)
    key = form.text("key") or f"page-{new_id()}"
    expires_at = form.moment("expires_at") if deed == "earn" else None
    form.check()
    assert points is not None
    session, actor, now = visit.session, visit.actor, visit.now
    if deed == "earn":
        earning = Earning(
            membership_id=membership_id, points=points, idempotency_key=key, reason=reason, expires_at=expires_at
        )
        await loyalty.earn_points(session, actor, chain_id, [earning], now=now)
    elif deed == "burn":
        burning = Burning(membership_id=membership_id, points=points, idempotency_key=key, reason=reason)
        await loyalty.burn_points(session, actor, chain_id, [burning], now=now)
    else:
        adjustment = Adjustment(membership_id=membership_id, points=points, idempotency_key=key, reason=reason or "")
        await loyalty.adjust_points(session, actor, chain_id, [adjustment], now=now)


async def points_page(
    visit: Visit, member: loyalty.Member, *, typed: dict[str, str], faults: dict[str, str], status: int = 200
) -> Response[Any]:
    """Answer with the pop-up."""
    return await member_page(
        visit, member, template="membership_points", status=status, typed=typed, faults=faults, deeds=DEEDS
    )


PAGES = (ask_for_points, move_points, reverse_movement)
