"""One membership's books while a call works on them. Values in, values out.

Points are spent from lots that are active, those that expire first before the others, then from points without a lot,
and last, where a correction goes that deep, from lots that are pending. What is left in lots is never more than the
balance.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from tessera.loyalty.errors import BalanceOutOfRangeError, BalanceTooLowError, IdempotencyKeyReusedError
from tessera.loyalty.values.ledger import Draft, Lot
from tessera.loyalty.values.memberships import MovementKind
from tessera.loyalty.values.points import Movement

LOWEST, HIGHEST = -(2**31), 2**31 - 1
EVER, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True, eq=False)
class Book:
    """A membership's balance, lots and new movements. `known` are the movements with the keys that the call brings."""

    membership_id: UUID
    balance: int
    allows_overdraft: bool
    now: datetime
    lots: list[Lot] = field(default_factory=list)
    known: dict[str, Movement | Draft] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)

    @property
    def pending(self) -> int:
        """Points that cannot be spent yet."""
        return sum(lot.remaining for lot in self.lots if lot.is_pending(self.now))

    @property
    def spendable(self) -> int:
        """Points that a burn can take; below zero where the balance is."""
        return self.balance - self.pending

    def recall(self, draft: Draft) -> Movement | Draft | None:
        """Return the movement that was written with the draft's key before; raise where it says something else."""
        known = self.known.get(draft.idempotency_key) if draft.idempotency_key is not None else None
        if known is not None and content_of(known) != content_of(draft):
            raise IdempotencyKeyReusedError(
                f"The key {draft.idempotency_key} of membership {self.membership_id} belongs to another movement,"
                f" {known.kind.value} of {known.points} points. Send a new key with new content.",
                membership_id=self.membership_id,
                idempotency_key=draft.idempotency_key,
            )
        return known

    def settle(self) -> None:
        """Let points leave that are over by now, so that it does not matter when the expiry came by."""
        ended = sum(lot.remaining for lot in self.lots if lot.has_ended(self.now))
        if ended:
            for lot in self.lots:
                if lot.has_ended(self.now):
                    lot.remaining = 0
            self.enter(Draft(membership_id=self.membership_id, kind=MovementKind.EXPIRE, points=-ended))

    def give(self, draft: Draft) -> Draft:
        """Add points and their lots; what the balance was below zero is paid from them first."""
        self.settle()
        debt = max(0, -self.balance)
        self.enter(draft)
        if debt:
            loose = draft.points - sum(lot.remaining for lot in draft.lots)
            spend(draft.lots, loose, min(debt, draft.points), now=self.now)
        self.lots += draft.lots
        return draft

    def take(self, draft: Draft, *, deep: bool = False, first: int | None = None) -> list[Lot]:
        """Take points; return the parts that came from lots.

        `deep` reaches pending lots. The lots of the movement `first` are taken before all others, pending or not.
        """
        self.settle()
        own = sum(lot.remaining for lot in self.lots if lot.sequence == first and lot.is_pending(self.now))
        reach = self.balance if deep else self.spendable + (own if first is not None else 0)
        if -draft.points > reach and not self.allows_overdraft:
            raise self.too_low(-draft.points)
        loose = max(self.balance, 0) - sum(lot.remaining for lot in self.lots)
        self.enter(draft)
        return spend(self.lots, loose, -draft.points, now=self.now, first=first)

    def enter(self, draft: Draft) -> None:
        """Put a movement at the end of the books."""
        balance = self.balance + draft.points
        if not LOWEST <= balance <= HIGHEST:
            raise BalanceOutOfRangeError(
                f"The balance of membership {self.membership_id} would become {balance}."
                f" A balance is between {LOWEST} and {HIGHEST}.",
                membership_id=self.membership_id,
                balance=balance,
            )
        draft.balance = self.balance = balance
        self.drafts.append(draft)
        if draft.idempotency_key is not None:
            self.known[draft.idempotency_key] = draft

    def too_low(self, asked: int) -> BalanceTooLowError:
        """Return the refusal of a movement that would take too much."""
        spendable = max(self.spendable, 0)
        return BalanceTooLowError(
            f"Membership {self.membership_id} has {self.balance} points, {spendable} of them to spend, and {asked} are"
            " asked for. Ask for fewer points; the whole call was refused.",
            membership_id=self.membership_id,
            balance=self.balance,
            spendable=spendable,
            asked=asked,
        )


def content_of(line: Movement | Draft) -> tuple[object, ...]:
    """Return what a repeated key has to bring again."""
    return line.kind, line.points, line.reason, line.active_at, line.expires_at, line.transfer_id is None


def spend(lots: Iterable[Lot], loose: int, points: int, *, now: datetime, first: int | None = None) -> list[Lot]:
    """Take points from lots and from `loose` points without a lot, in order; return the parts that lots gave."""
    ready: list[Lot] = []
    waiting: list[Lot] = []
    for lot in sorted(lots, key=lambda lot: (lot.expires_at or NEVER, lot.active_at or EVER)):
        mine = first is not None and lot.sequence == first
        (ready if mine or not lot.is_pending(now) else waiting).append(lot)
    if first is not None:
        ready.sort(key=lambda lot: lot.sequence != first)
    parts, left = drain(ready, points)
    more, _ = drain(waiting, left - min(left, loose))
    return parts + more


def drain(lots: Iterable[Lot], points: int) -> tuple[list[Lot], int]:
    """Take points from the lots one after the other; return the parts, and how many points they lacked."""
    parts = []
    for lot in lots:
        taken = min(lot.remaining, points)
        if taken:
            lot.remaining -= taken
            points -= taken
            parts.append(Lot(taken, lot.active_at, lot.expires_at))
    return parts, points
