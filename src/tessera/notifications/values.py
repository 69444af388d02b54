"""What goes in and out of this room."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

# What a subscription that names no events gets. `loyalty` lies above this room, which cannot ask it; a test compares.
LOYALTY_NOUNS = ("account", "balance", "company", "customer", "membership", "program", "tier")


class DeliveryState(StrEnum):
    """The state of a delivery; a pending one is sent, or sent again, when it is due."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """A subscription to make. `event_names` None is every event of `LOYALTY_NOUNS`."""

    label: str
    url: str
    event_names: Sequence[str] | None = None
    enabled: bool = True


class SubscriptionChange(Struct, frozen=True, kw_only=True):
    """What to change of a subscription: UNSET keeps."""

    label: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    event_names: Sequence[str] | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Subscription:
    """A receiver of a chain's events.

    `disabled_reason` says why Tessera itself switched it off; `failing_since` is the first failure after the last
    success; `position` is how far the feed was read for it; `former_secret_until` is how long the secret before the
    last rotation signs too.
    """

    id: UUID
    chain_id: UUID
    label: str
    url: str
    event_names: Sequence[str] | None
    enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    former_secret_until: datetime | None
    position: str
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class MadeSubscription:
    """A subscription whose secret was drawn just now: the only time that it is shown."""

    subscription: Subscription
    secret: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one subscription; `id` is the `webhook-id` of every attempt."""

    id: UUID
    subscription_id: UUID
    event_name: str
    event_sequence: int
    state: DeliveryState
    attempts: int
    due_at: datetime | None
    last_status: int | None
    last_error: str | None
    created_at: datetime
    settled_at: datetime | None
