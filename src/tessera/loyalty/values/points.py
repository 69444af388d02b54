"""What is asked of the points ledger, and what it answers."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from tessera.loyalty.values.memberships import MovementKind


class Origin(Struct, frozen=True, gc=False):
    """What a movement came from: the record `id` of a kind, the row within it, and the version of the rule applied."""

    kind: str
    id: UUID
    row: int | None = None
    rule_version: int | None = None


class Earning(Struct, frozen=True, kw_only=True, gc=False):
    """Points to give. They can be spent from `active_at` on and leave at `expires_at`, where these are given."""

    membership_id: UUID
    points: int
    idempotency_key: str
    reason: str | None = None
    active_at: datetime | None = None
    expires_at: datetime | None = None
    origin: Origin | None = None


class Burning(Struct, frozen=True, kw_only=True, gc=False):
    """Points to spend; `points` is how many, above zero."""

    membership_id: UUID
    points: int
    idempotency_key: str
    reason: str | None = None
    origin: Origin | None = None


class Adjustment(Struct, frozen=True, kw_only=True, gc=False):
    """A correction by hand: `points` are added, or taken where they are below zero."""

    membership_id: UUID
    points: int
    reason: str
    idempotency_key: str | None = None
    origin: Origin | None = None


class Transfer(Struct, frozen=True, kw_only=True, gc=False):
    """Points to pass from one membership to another of the same chain; the key belongs to the giving one."""

    from_membership_id: UUID
    to_membership_id: UUID
    points: int
    idempotency_key: str
    reason: str | None = None


class Reversal(Struct, frozen=True, kw_only=True, gc=False):
    """A movement to undo by its opposite."""

    membership_id: UUID
    sequence: int
    reason: str


class Movement(Struct, frozen=True, gc=False):
    """One line of the ledger; `balance` is the membership's after it."""

    membership_id: UUID
    sequence: int
    chain_id: UUID
    kind: MovementKind
    points: int
    balance: int
    source: str
    actor_id: UUID | None
    reason: str | None
    idempotency_key: str | None
    created_at: datetime
    active_at: datetime | None
    expires_at: datetime | None
    transfer_id: UUID | None
    reverses: int | None
    origin: Origin | None


class Expiring(Struct, frozen=True, gc=False):
    """Points that leave at a moment, unless they are spent before."""

    at: datetime
    points: int


class Balance(Struct, frozen=True, gc=False):
    """A membership's points at an instant; `balance` is None while it keeps none.

    Pending points are part of the balance and cannot be spent yet. What could be spent at an instant of the past is not
    kept: there `spendable` and `pending` are None.
    """

    membership_id: UUID
    at: datetime
    balance: int | None
    spendable: int | None
    pending: int | None
    expiring: Expiring | None
