"""What an attempt's outcome means, and when the next one is. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
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
class Answer:
    """What came of one attempt: a status, or why there is none."""

    status: int | None = None
    error: str | None = None
    retry_after: float | None = None


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


def next_wait(attempts: int, retry_after: float | None, chance: float) -> float | None:
    """Return the seconds until the next attempt after so many, None when there is none; `chance` is from 0 to 1."""
    if attempts > len(WAITS):
        return None
    wait = WAITS[attempts - 1] * (1 + JITTER * chance)
    return max(wait, min(retry_after or 0, LONGEST_WAIT))


def is_success(answer: Answer) -> bool:
    """Say whether the receiver took it."""
    return answer.status is not None and 200 <= answer.status < 300


def explain(answer: Answer) -> str | None:
    """Return why an attempt failed, None where it did not."""
    if answer.error is not None or is_success(answer) or answer.status is None:
        return answer.error
    try:
        name = f"{answer.status} {HTTPStatus(answer.status).phrase}"
    except ValueError:
        name = str(answer.status)
    if 300 <= answer.status < 400:
        return (
            f"The receiver answered {name}: redirects are never followed. Point the subscription to the last address."
        )
    return f"The receiver answered {name}."
