"""A schedule: when something happens, as its owner said it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Recurrence(StrEnum):
    """How often it happens."""

    ONCE = "once"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something happens. `msgspec` converts it to plain JSON and back.

    `cron` is as it was typed, and `advanced` says whether by hand. `once_at`, `from_date`, `to_date` and
    `excluded_dates` are local to `zone`, an IANA name; the last three belong to what repeats. What is not `enabled`
    keeps everything and never fires.
    """

    recurrence: Recurrence = Recurrence.REPEAT
    zone: str = "UTC"
    cron: str = ""
    advanced: bool = False
    once_at: datetime | None = None
    from_date: date | None = None
    to_date: date | None = None
    excluded_dates: tuple[date, ...] = ()
    enabled: bool = True
