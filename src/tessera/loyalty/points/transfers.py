"""Passing points from one membership to another of the same chain."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.loyalty.errors import IdempotencyKeyReusedError, MovementInvalidError
from tessera.loyalty.points.books import Book
from tessera.loyalty.points.ledger import Ledger, close_ledger, open_ledger
from tessera.loyalty.points.requests import check_reason, require_key, require_points
from tessera.loyalty.store import ledger as store
from tessera.loyalty.values.ledger import Draft, Lot
from tessera.loyalty.values.memberships import MovementKind
from tessera.loyalty.values.points import Movement, Transfer
from tessera.platform.actors import Actor
from tessera.platform.db import Session
from tessera.platform.ids import new_id

# The receiving movement of each transfer.
Halves = dict[UUID, Movement | Draft]


async def transfer_points(
    session: Session, actor: Actor, chain_id: UUID, items: Sequence[Transfer], *, now: datetime
) -> list[Movement]:
    """Pass points on, all of the items or none; return two movements an item: the burn, then the earning.

    Both carry one transfer id. Points that expire keep their moment: the receiver gets them in lots like those they
    were taken from. The key belongs to the giving membership.
    """
    for item in items:
        check(item)
    wanted: list[tuple[UUID, str | None]] = [(item.from_membership_id, item.idempotency_key) for item in items]
    wanted += [(item.to_membership_id, None) for item in items]
    ledger = await open_ledger(session, actor, chain_id, wanted, now=now)
    halves = await read_halves(session, ledger)
    made = [half for item in items for half in transfer(ledger, halves, item)]
    return await close_ledger(session, ledger, "transferred", made)


def check(item: Transfer) -> None:
    """Raise for a transfer that makes no sense."""
    require_points(item.from_membership_id, item.points)
    require_key(item.from_membership_id, item.idempotency_key)
    check_reason(item.from_membership_id, item.reason)
    if item.from_membership_id == item.to_membership_id:
        raise MovementInvalidError(
            f"Membership {item.from_membership_id} cannot pass points to itself. Name another receiver.",
            membership_id=item.from_membership_id,
            field="to_membership_id",
        )


async def read_halves(session: Session, ledger: Ledger) -> Halves:
    """Return the receiving halves of transfers whose keys come again."""
    known = [line for book in ledger.books.values() for line in book.known.values()]
    transfer_ids = [line.transfer_id for line in known if line.transfer_id is not None]
    if not transfer_ids:
        return {}
    given = await store.select_given(session, ledger.chain_id, transfer_ids)
    return {line.transfer_id: line for line in given if line.transfer_id is not None}


def transfer(ledger: Ledger, halves: Halves, item: Transfer) -> tuple[Draft | Movement, Draft | Movement]:
    """Enter both halves of a transfer in the books, once for its key."""
    giver, receiver = ledger.books[item.from_membership_id], ledger.books[item.to_membership_id]
    transfer_id = new_id()
    burn = Draft(
        membership_id=item.from_membership_id,
        kind=MovementKind.BURN,
        points=-item.points,
        reason=item.reason,
        idempotency_key=item.idempotency_key,
        transfer_id=transfer_id,
    )
    known = giver.recall(burn)
    if known is not None and known.transfer_id is not None:
        half = halves[known.transfer_id]
        if half.membership_id != item.to_membership_id:
            raise IdempotencyKeyReusedError(
                f"The key {item.idempotency_key} of membership {item.from_membership_id} belongs to a transfer to"
                " another membership. Send a new key with new content.",
                membership_id=item.from_membership_id,
                idempotency_key=item.idempotency_key,
            )
        return known, half
    earning = Draft(
        membership_id=item.to_membership_id,
        kind=MovementKind.EARN,
        points=item.points,
        reason=item.reason,
        transfer_id=transfer_id,
        lots=merge(giver.take(burn)),
    )
    halves[transfer_id] = receiver.give(earning)
    return burn, earning


async def hand_over_points(
    session: Session, actor: Actor, chain_id: UUID, pairs: Sequence[tuple[UUID, UUID]], *, now: datetime
) -> dict[UUID, int]:
    """Give all points of memberships that end to the ones that take their place; return how many each gave.

    Each pair is (giver, receiver), in order. Points keep their moments, pending ones too, and a debt moves too.
    """
    ledger = await open_ledger(session, actor, chain_id, [(one, None) for pair in pairs for one in pair], now=now)
    given = {}
    for giver_id, receiver_id in pairs:
        giver, receiver = ledger.books[giver_id], ledger.books[receiver_id]
        giver.settle()
        points = given[giver_id] = giver.balance
        if points > 0:
            pass_on(giver, receiver, points)
        elif points < 0:
            receiver.allows_overdraft = True
            pass_on(receiver, giver, -points)
    await close_ledger(session, ledger, "transferred", [])
    return given


def pass_on(giver: Book, receiver: Book, points: int) -> None:
    """Enter both halves of a transfer that a merge makes in the books."""
    transfer_id = new_id()
    burn = Draft(
        membership_id=giver.membership_id,
        kind=MovementKind.BURN,
        points=-points,
        reason=f"Merged: to membership {receiver.membership_id}",
        transfer_id=transfer_id,
    )
    earning = Draft(
        membership_id=receiver.membership_id,
        kind=MovementKind.EARN,
        points=points,
        reason=f"Merged: from membership {giver.membership_id}",
        transfer_id=transfer_id,
        lots=merge(giver.take(burn, deep=True)),
    )
    receiver.give(earning)


def merge(parts: Sequence[Lot]) -> list[Lot]:
    """Return the parts with those of the same moments put together."""
    sums: dict[tuple[datetime | None, datetime | None], int] = {}
    for part in parts:
        moments = part.active_at, part.expires_at
        sums[moments] = sums.get(moments, 0) + part.remaining
    return [Lot(remaining, *moments) for moments, remaining in sums.items()]
