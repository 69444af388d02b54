"""The ledger at work: lots with what is left of them, and movements about to be written."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from tessera.loyalty.values.memberships import MovementKind
from tessera.loyalty.values.points import Movement, Origin


@dataclass(slots=True, eq=False)
class Lot:
    """What is left of points that begin or end at a moment; `stored` is what it was when read, None for a new lot."""

    remaining: int
    active_at: datetime | None
    expires_at: datetime | None
    sequence: int | None = None
    part: int = 0
    stored: int | None = None

    def has_ended(self, now: datetime) -> bool:
        """Say whether the points are over: the instant of expiry itself is too late to spend them."""
        return self.expires_at is not None and self.expires_at <= now

    def is_pending(self, now: datetime) -> bool:
        """Say whether the points cannot be spent yet: from the instant of activation on they can."""
        return self.active_at is not None and self.active_at > now


@dataclass(slots=True, eq=False, kw_only=True)
class Draft:
    """A movement about to be written; `lots` come with it, `written` is the line it became."""

    membership_id: UUID
    kind: MovementKind
    points: int
    reason: str | None = None
    idempotency_key: str | None = None
    active_at: datetime | None = None
    expires_at: datetime | None = None
    transfer_id: UUID | None = None
    reverses: int | None = None
    origin: Origin | None = None
    balance: int = 0
    lots: list[Lot] = field(default_factory=list)
    written: Movement | None = None


@dataclass(slots=True, frozen=True)
class Held:
    """A membership held for writing: its balance, and whether its program lets that go below zero."""

    membership_id: UUID
    balance: int
    allows_overdraft: bool
