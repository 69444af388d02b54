"""Burns of points, and adjustments of balances by hand."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.loyalty.errors import MovementInvalidError
from tessera.loyalty.points.books import Book
from tessera.loyalty.points.ledger import close_ledger, open_ledger
from tessera.loyalty.points.requests import check_reason, require_key, require_points
from tessera.loyalty.values.ledger import Draft
from tessera.loyalty.values.memberships import MovementKind
from tessera.loyalty.values.points import Adjustment, Burning, Movement
from tessera.platform.actors import Actor
from tessera.platform.db import Session


async def burn_points(
    session: Session, actor: Actor, chain_id: UUID, items: Sequence[Burning], *, now: datetime
) -> list[Movement]:
    """Spend points of memberships, all of the items or none; return the movements in the given order.

    More than is spendable is refused, unless the program lets balances go below zero. A key that was used before with
    the same content gives the first movement back.
    """
    for item in items:
        require_points(item.membership_id, item.points)
        require_key(item.membership_id, item.idempotency_key)
        check_reason(item.membership_id, item.reason)
    wanted = [(item.membership_id, item.idempotency_key) for item in items]
    ledger = await open_ledger(session, actor, chain_id, wanted, now=now)
    made = [burn(ledger.books[item.membership_id], item) for item in items]
    return await close_ledger(session, ledger, "burned", made)


def burn(book: Book, item: Burning) -> Draft | Movement:
    """Enter a burn in the books, once for its key."""
    draft = Draft(
        membership_id=item.membership_id,
        kind=MovementKind.BURN,
        points=-item.points,
        reason=item.reason,
        idempotency_key=item.idempotency_key,
        origin=item.origin,
    )
    known = book.recall(draft)
    if known is None:
        book.take(draft)
    return known or draft


async def adjust_points(
    session: Session, actor: Actor, chain_id: UUID, items: Sequence[Adjustment], *, now: datetime
) -> list[Movement]:
    """Correct balances by hand, all of the items or none; return the movements in the given order.

    A correction may take pending points, and goes below zero only where the program lets balances do so. A key, where
    one is given, works as it does for earning and burning.
    """
    for item in items:
        check(item)
    wanted = [(item.membership_id, item.idempotency_key) for item in items]
    ledger = await open_ledger(session, actor, chain_id, wanted, now=now)
    made = [adjust(ledger.books[item.membership_id], item) for item in items]
    return await close_ledger(session, ledger, "adjusted", made)


def check(item: Adjustment) -> None:
    """Raise for a correction that changes nothing or does not say why."""
    if item.points == 0:
        raise MovementInvalidError(
            f"An adjustment of membership {item.membership_id} by 0 points changes nothing. Give another number.",
            membership_id=item.membership_id,
            field="points",
        )
    if item.idempotency_key is not None:
        require_key(item.membership_id, item.idempotency_key)
    check_reason(item.membership_id, item.reason, required=True)


def adjust(book: Book, item: Adjustment) -> Draft | Movement:
    """Enter a correction in the books, once for its key."""
    draft = Draft(
        membership_id=item.membership_id,
        kind=MovementKind.ADJUST,
        points=item.points,
        reason=item.reason,
        idempotency_key=item.idempotency_key,
        origin=item.origin,
    )
    known = book.recall(draft)
    if known is not None:
        return known
    if item.points > 0:
        book.give(draft)
    else:
        book.take(draft, deep=True)
    return draft
