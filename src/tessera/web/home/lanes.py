"""What runs next as a time line of the coming day: a lane for each export, with its moments. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tessera.exports.history import UpcomingRuns
from tessera.web.formats import exact

HOURS, TICK_HOURS, WIDTH = 24, 3, 480


@dataclass(frozen=True, slots=True)
class Mark:
    """One moment on a lane."""

    x: float
    title: str


@dataclass(frozen=True, slots=True)
class Lane:
    """An export, when it runs next, and its moments ahead; `words` say how many they are."""

    definition_id: UUID
    label: str
    next_at: datetime
    words: str
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Day:
    """The coming day: its lanes, the hours below them, and how far the current hour has gone."""

    lanes: Sequence[Lane]
    ticks: Sequence[datetime]
    now_x: float


def make_day(upcoming: Sequence[UpcomingRuns], now: datetime) -> Day:
    """Return the lanes of what runs next; the day begins with the current hour."""
    start = now.replace(minute=0, second=0, microsecond=0)
    ticks = [start + timedelta(hours=hours) for hours in range(0, HOURS, TICK_HOURS)]
    lanes = [make_lane(each, start) for each in upcoming if not each.late]
    return Day(lanes, ticks, place_of(now, start))


def make_lane(each: UpcomingRuns, start: datetime) -> Lane:
    """Return one lane."""
    count = len(each.moments)
    words = "" if count == 1 else f"more than {count} times" if each.more else f"{count} times"
    marks = [Mark(place_of(at, start), exact(at)) for at in each.moments if at < start + timedelta(hours=HOURS)]
    return Lane(each.definition_id, each.label, each.moments[0], words, marks)


def place_of(at: datetime, start: datetime) -> float:
    """Return how far along the lane a moment is."""
    return round(WIDTH * (at - start) / timedelta(hours=HOURS), 1)
