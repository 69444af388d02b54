"""Which of the moments that are due start, and when. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zlib import crc32

from tessera.platform.schedules.policies import Policies

# Workers look every second: what is later than this was missed.
ON_TIME = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with due moments, each in the order of time: start one, queue others behind it, give up the rest.

    `starts_at` is given where the first does not start at once, but with its place among all that were missed.
    """

    chosen: Sequence[datetime]
    starts_at: datetime | None
    missed: Sequence[datetime]


def plan_moments(due: Sequence[datetime], now: datetime, policies: Policies, owner_id: UUID) -> Plan:
    """Choose among the moments that are due, in order of time.

    The newest count: a run on time makes catching up with those before it needless.
    """
    window = timedelta(seconds=policies.catch_up_seconds)
    on_time = sum(is_on_time(moment, now) for moment in due)
    within = [moment for moment in due if is_on_time(moment, now) or now - moment <= window]
    number = max(policies.catch_up_number, 1 if on_time else 0)
    chosen = within[-number:] if number else []
    missed = due[: len(due) - len(chosen)]
    late = bool(chosen) and not is_on_time(chosen[0], now)
    delay = stagger(owner_id, policies.stagger_seconds) if late else timedelta()
    return Plan(chosen, now + delay if delay else None, missed)


def is_on_time(moment: datetime, now: datetime) -> bool:
    """Say whether a moment was claimed as soon as workers do."""
    return now - moment < ON_TIME


def stagger(owner_id: UUID, seconds: int) -> timedelta:
    """Return an owner's place in a span of seconds, always the same."""
    return timedelta(seconds=crc32(owner_id.bytes) % seconds if seconds else 0)
