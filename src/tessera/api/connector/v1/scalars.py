"""Numbers, moments, intervals and texts, as the contract writes them."""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, UnsetType

from tessera.api.connector.v1.refusals import InvalidPropertyError, Step, invalid
from tessera.platform.texts import LONGEST_NOTES, LONGEST_TEXT, LONGEST_URL, is_url

# A whole number may come with a fraction of zero, which the JSON reader calls a float.
Number = int | float
Ids = Annotated[list[UUID], Meta(min_length=1, max_length=1000)]
Text255 = Annotated[str, Meta(max_length=LONGEST_TEXT)]
Notes = Annotated[str, Meta(max_length=LONGEST_NOTES)]
Url = Annotated[str, Meta(max_length=LONGEST_URL)]
Texts = Annotated[list[str], Meta(min_length=1, max_length=1000)]

NO_MOMENT = "This is not a moment. Write it as YYYY-MM-DDThh:mm:ssZ."
SECOND = timedelta(seconds=1)
LAST_MOMENT = datetime.max.replace(tzinfo=UTC)
Interval = tuple[datetime, datetime]
LOWEST, HIGHEST = -(2**31), 2**31 - 1
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:?\d{2})?)?", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class TimeInterval(Struct, rename="pascal"):
    """From a start up to, not including, an end; both are needed."""

    start_utc: str | None = None
    end_utc: str | None = None


def read_int32(value: Number, *steps: Step) -> int:
    """Return a whole number of 32 bits."""
    if isinstance(value, float):
        if not value.is_integer():
            raise invalid(*steps, reason="This is not a whole number.")
        value = int(value)
    if not LOWEST <= value <= HIGHEST:
        raise invalid(*steps, reason=f"A number is between {LOWEST} and {HIGHEST}.")
    return value


def read_moment(text: str | None, *steps: Step, way: tuple[Step, ...] | None = None) -> datetime | None:
    """Return the moment in UTC; a bare date is its midnight, a missing zone is UTC, an empty text is nothing."""
    if not text:
        return None
    if MOMENT.fullmatch(text) is None:
        raise invalid(*steps, reason=NO_MOMENT, way=way)
    try:
        moment = datetime.fromisoformat(text.upper())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid(*steps, reason=NO_MOMENT, way=way) from None


def read_date(text: str | None, *steps: Step) -> date | None:
    """Return the date; a date-time gives its own."""
    if not text:
        return None
    if DAY.fullmatch(text) is None:
        moment = read_moment(text, *steps)
        return moment.date() if moment else None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise invalid(*steps, reason="This is not a day of the calendar.") from None


def read_interval(interval: TimeInterval | None, *way: Step) -> Interval | None:
    """Return both ends, at most three months and a day apart; equal ones mean that second. `way` leads to the interval.

    Answers show whole seconds, so fractions do not count: what was shown as an end is found by it.
    """
    if interval is None:
        return None
    start_way, end_way = (*way, "StartUtc"), (*way, "EndUtc")
    start = read_moment(interval.start_utc, "StartUtc", way=start_way)
    end = read_moment(interval.end_utc, "EndUtc", way=end_way)
    if start is None:
        raise invalid("StartUtc", way=start_way, reason="An interval needs both ends.")
    if end is None:
        raise invalid("EndUtc", way=end_way, reason="An interval needs both ends.")
    if end < start:
        raise invalid("EndUtc", way=end_way, reason="The end is before the start.")
    if end > longest_end(start):
        raise InvalidPropertyError("The interval must not exceed 3M1D.", way=end_way)
    start, end = start.replace(microsecond=0), end.replace(microsecond=0)
    return start, end if start < end else min(start, LAST_MOMENT - SECOND) + SECOND


def longest_end(start: datetime) -> datetime:
    """Return the moment three calendar months and one day later; a month too short for the day ends on its last."""
    year, month = divmod(start.year * 12 + start.month + 2, 12)
    if year >= MAXYEAR:
        return LAST_MOMENT
    day = min(start.day, monthrange(year, month + 1)[1])
    return start.replace(year=year, month=month + 1, day=day) + timedelta(days=1)


def check_url(text: str | UnsetType | None, *steps: Step, valid: Callable[[str], bool] = is_url) -> None:
    """Raise for a text that is not the address of a web page."""
    if isinstance(text, str) and not valid(text):
        raise invalid(*steps, reason="This is not the address of a web page. Write it as https://example.com/page.")


def write_moment(moment: datetime) -> str:
    """Return the moment as `YYYY-MM-DDThh:mm:ssZ`."""
    return f"{moment.isoformat()[:19]}Z"


def blank_to_none(text: str | None) -> str | None:
    """Return None for a text that says nothing."""
    return text if text and not text.isspace() else None
