"""When a schedule fires: local times by the calendar, turned into moments by the rules for clock changes.

Between two changes of a zone's offset, local time and UTC run in step; so the search goes from one change to the next.

* Local times that a change skips fire together, once, at the first minute after the gap.
* A schedule that names hours fires at the first of a doubled time; one that fires in every hour follows elapsed time
  through both.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from tessera.platform.calendar.cron import YEARS_AHEAD, Cron, parse_cron
from tessera.platform.calendar.schedule import Recurrence, Schedule
from tessera.platform.calendar.zones import find_change, load_zone, resolve_wall, whole_minute

DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class LocalTimes:
    """The local times of an expression within the dates of its schedule."""

    cron: Cron
    first: date
    last: date
    excluded: frozenset[date]

    def allows(self, day: date) -> bool:
        """Say whether something may fire on a date."""
        return self.first <= day <= self.last and day not in self.excluded

    def next_time(self, wall: datetime) -> datetime | None:
        """Return the first local time after `wall`."""
        times, day = self.cron.times, wall.date()
        if day.day in self.cron.days_of(day.year, day.month) and self.allows(day):
            place = bisect_right(times, wall.hour * 60 + wall.minute)
            if place < len(times):
                return at(day, times[place])
        following = self.next_day(day)
        return None if following is None else at(following, times[0])

    def next_day(self, day: date) -> date | None:
        """Return the first date after `day` on which it fires."""
        start = max(day + DAY, self.first)
        for month in range(12 * start.year + start.month - 1, 12 * min(start.year + YEARS_AHEAD, date.max.year) + 12):
            year, number = month // 12, month % 12 + 1
            if (year, number) > (self.last.year, self.last.month):
                return None
            for each in self.cron.days_of(year, number):
                found = date(year, number, each)
                if found >= start and self.allows(found):
                    return found
        return None


def next_moments(schedule: Schedule, after: datetime, count: int) -> list[datetime]:
    """Return the next moments later than `after`, in UTC, at most `count`; none for what is not enabled."""
    return list(islice(moments_after(schedule, after), count))


def moments_after(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """Yield every moment later than `after`, in UTC and in order. Many schedules have no last one."""
    if not schedule.enabled:
        return
    zone = load_zone(schedule.zone)
    if schedule.recurrence is Recurrence.ONCE:
        if schedule.once_at is not None and (moment := resolve_wall(zone, schedule.once_at)) > after:
            yield moment
        return
    times = LocalTimes(
        parse_cron(schedule.cron),
        schedule.from_date or date.min,
        schedule.to_date or date.max,
        frozenset(schedule.excluded_dates),
    )
    yield from repeat(times, zone, after.astimezone(UTC))


def repeat(times: LocalTimes, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Yield the moments of an expression in a zone."""
    elapsed = not times.cron.has_fixed_hours
    moment, (wall, offset) = after, local_time(zone, after)
    while True:
        found = times.next_time(wall)
        due = None if found is None else (found - offset).replace(tzinfo=UTC)
        change = next_change(zone, moment, offset, due, elapsed=elapsed)
        if change is None and (found is None or due is None):
            return
        if change is None:
            assert found is not None
            assert due is not None
            moment, wall = due, found
            if elapsed or found.replace(tzinfo=zone).utcoffset() == offset:
                yield due
            continue
        moment = change
        wall, offset, before = *local_time(zone, change), offset
        if offset < before:
            wall -= INSTANT
        elif found is not None and found <= wall:
            moment = whole_minute(change)
            wall += moment - change
            if times.allows(wall.date()):
                yield moment


def next_change(
    zone: ZoneInfo, moment: datetime, offset: timedelta, due: datetime | None, *, elapsed: bool
) -> datetime | None:
    """Return the change of the offset that has to be looked at before `due`.

    What follows elapsed time may fire in a doubled hour whose local times are already past, so there the next day is
    looked at as well.
    """
    if elapsed and (due is None or due - moment > DAY):
        change = find_change(zone, moment, moment + DAY, offset)
        if change is not None:
            return change
    return None if due is None else find_change(zone, moment, due, offset)


def local_time(zone: ZoneInfo, moment: datetime) -> tuple[datetime, timedelta]:
    """Return the local time of a moment and how far it is ahead of UTC."""
    local = moment.astimezone(zone)
    offset = local.utcoffset()
    assert offset is not None
    return local.replace(tzinfo=None), offset


def at(day: date, minute: int) -> datetime:
    """Return a minute of a day."""
    return datetime(day.year, day.month, day.day, minute // 60, minute % 60)  # noqa: DTZ001 - local, without zone
