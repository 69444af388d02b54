"""What an attempt's outcome means, and when the next one is. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tessera.notifications.values import DeliveryState

# After each failed attempt, in seconds; after the last of them there is none.
WAITS = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600)
# Receivers that came back together must not be hit together.
JITTER = 0.1
LONGEST_WAIT = 24 * 3600
# How long a subscription may fail without a success in between.
PATIENCE = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is written down about one attempt. `due_at` is the next one; `gone` says that the receiver has ended."""

    delivery_id: UUID
    subscription_id: UUID
    claimed_until: datetime
    state: DeliveryState
    attempts: int
    due_at: datetime | None = None
    status: int | None = None
    error: str | None = None
    gone: bool = False


def next_wait(attempts: int, retry_after: float | None, chance: float, *, waits: Sequence[int] = WAITS) -> float | None:
    """Return the seconds until the next attempt after so many, None when there is none; `chance` is from 0 to 1."""
    if attempts > len(waits):
        return None
    wait = waits[attempts - 1] * (1 + JITTER * chance)
    return max(wait, min(retry_after or 0, LONGEST_WAIT))
