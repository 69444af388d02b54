"""Reversals: movements undone by their opposite."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.loyalty.errors import MovementNotFoundError, MovementNotReversibleError, MovementReversedError
from tessera.loyalty.points.books import Book
from tessera.loyalty.points.ledger import close_ledger, open_ledger
from tessera.loyalty.points.requests import check_reason
from tessera.loyalty.store import ledger as store
from tessera.loyalty.values.ledger import Draft
from tessera.loyalty.values.memberships import MovementKind
from tessera.loyalty.values.points import Movement, Reversal
from tessera.platform.actors import Actor
from tessera.platform.db import Session

REVERSIBLE = (MovementKind.EARN, MovementKind.BURN, MovementKind.ADJUST)


async def reverse_movements(
    session: Session, actor: Actor, chain_id: UUID, items: Sequence[Reversal], *, now: datetime
) -> list[Movement]:
    """Write the opposite of movements, all of the items or none; return these in the given order.

    Undoing an earning takes what is left of it first, pending or not, and the rest from what can be spent. Undoing a
    burn gives points that do not expire, whatever the burn took. A movement is undone once.
    """
    for item in items:
        check_reason(item.membership_id, item.reason, required=True)
    ledger = await open_ledger(session, actor, chain_id, [(item.membership_id, None) for item in items], now=now)
    pairs = [(item.membership_id, item.sequence) for item in items]
    lines = {
        (line.membership_id, line.sequence): line for line in await store.select_movements(session, chain_id, pairs)
    }
    done = await store.select_reversed(session, chain_id, pairs)
    made = []
    for pair, item in zip(pairs, items, strict=True):
        if pair not in lines:
            raise MovementNotFoundError(
                f"Membership {item.membership_id} has no points movement {item.sequence}.",
                membership_id=item.membership_id,
                sequence=item.sequence,
            )
        check(lines[pair], now=now, done=pair in done)
        done.add(pair)
        made.append(reverse(ledger.books[item.membership_id], lines[pair], item.reason))
    return await close_ledger(session, ledger, "reversed", made)


def check(line: Movement, *, now: datetime, done: bool) -> None:
    """Raise unless the movement can be undone, and was not yet."""
    if done:
        raise MovementReversedError(
            f"Movement {line.sequence} of membership {line.membership_id} is reversed already.",
            membership_id=line.membership_id,
            sequence=line.sequence,
        )
    obstacle = find_obstacle(line, now)
    if obstacle is not None:
        raise MovementNotReversibleError(
            f"Movement {line.sequence} of membership {line.membership_id} cannot be reversed: {obstacle}",
            membership_id=line.membership_id,
            sequence=line.sequence,
        )


async def find_reversible(
    session: Session, actor: Actor, chain_id: UUID, lines: Sequence[Movement], *, now: datetime
) -> set[int]:
    """Return the sequences of those of one membership's movements that can still be undone."""
    if not actor.may("points:write"):
        return set()
    open_lines = [line for line in lines if find_obstacle(line, now) is None]
    done = await store.select_reversed(session, chain_id, [(line.membership_id, line.sequence) for line in open_lines])
    return {line.sequence for line in open_lines} - {sequence for _, sequence in done}


def find_obstacle(line: Movement, now: datetime) -> str | None:
    """Say why the movement cannot be undone, and what to do instead; None where it can."""
    if line.kind not in REVERSIBLE:
        return f"its kind is {line.kind.value}. Adjust the balance instead."
    if line.transfer_id is not None:
        return "it is half of a transfer. Transfer the points back instead."
    if line.expires_at is not None and line.expires_at <= now:
        return f"its points expired at {line.expires_at.isoformat()}. Adjust the balance instead."
    return None


def reverse(book: Book, line: Movement, reason: str) -> Draft:
    """Enter the opposite of a movement in the books."""
    draft = Draft(
        membership_id=line.membership_id,
        kind=MovementKind.REVERSE,
        points=-line.points,
        reason=reason,
        reverses=line.sequence,
    )
    if draft.points > 0:
        book.give(draft)
    else:
        book.take(draft, deep=line.kind == MovementKind.ADJUST, first=line.sequence)
    return draft
