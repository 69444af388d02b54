"""Earned points."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.loyalty.errors import MovementInvalidError
from tessera.loyalty.points.books import Book
from tessera.loyalty.points.ledger import close_ledger, open_ledger
from tessera.loyalty.points.requests import check_reason, require_key, require_points
from tessera.loyalty.values.ledger import Draft, Lot
from tessera.loyalty.values.memberships import MovementKind
from tessera.loyalty.values.points import Earning, Movement
from tessera.platform.actors import Actor
from tessera.platform.db import Session


async def earn_points(
    session: Session, actor: Actor, chain_id: UUID, items: Sequence[Earning], *, now: datetime
) -> list[Movement]:
    """Give points to memberships, all of the items or none; return the movements in the given order.

    A key that was used before with the same content gives the first movement back. What a balance is below zero is paid
    first.
    """
    for item in items:
        check(item)
    wanted = [(item.membership_id, item.idempotency_key) for item in items]
    ledger = await open_ledger(session, actor, chain_id, wanted, now=now)
    made = [earn(ledger.books[item.membership_id], item) for item in items]
    return await close_ledger(session, ledger, "earned", made)


def check(item: Earning) -> None:
    """Raise for an earning that makes no sense at any time."""
    require_points(item.membership_id, item.points)
    require_key(item.membership_id, item.idempotency_key)
    check_reason(item.membership_id, item.reason)
    if item.active_at is not None and item.expires_at is not None and item.expires_at <= item.active_at:
        raise ended(item, f"before they become active at {item.active_at.isoformat()}")


def earn(book: Book, item: Earning) -> Draft | Movement:
    """Enter an earning in the books, once for its key."""
    draft = Draft(
        membership_id=item.membership_id,
        kind=MovementKind.EARN,
        points=item.points,
        reason=item.reason,
        idempotency_key=item.idempotency_key,
        origin=item.origin,
        active_at=item.active_at,
        expires_at=item.expires_at,
    )
    known = book.recall(draft)
    if known is not None:
        return known
    if item.expires_at is not None and item.expires_at <= book.now:
        raise ended(item, f"and it is {book.now.isoformat()} already")
    if item.active_at is not None or item.expires_at is not None:
        draft.lots = [Lot(item.points, item.active_at, item.expires_at)]
    return book.give(draft)


def ended(item: Earning, why: str) -> MovementInvalidError:
    """Return the refusal of points that would expire before they could be spent."""
    moment = item.expires_at.isoformat() if item.expires_at else ""
    return MovementInvalidError(
        f"The points for membership {item.membership_id} would expire at {moment}, {why}. Give a later expiry.",
        membership_id=item.membership_id,
        field="expires_at",
    )
