"""Which days of a month a CRON expression means: days, weekdays, and the counted ones of Quartz."""

import calendar
from dataclasses import dataclass
from functools import cache

SATURDAY, SUNDAY = 6, 0
ALL_DAYS = frozenset(range(1, 32))
NOTHING: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class DayRule:
    """The days on which it fires; a day that fits any of these parts is one. Weekdays count from 0, Sunday.

    `from_end` counts days before the last one (`L` is 0, `L-3` is 3); `nearest` is the weekday, Monday to Friday,
    nearest to a day and in the same month (`15W`), `nearest_from_end` likewise (`LW`); `numbered` is the how manieth
    weekday (`FRI#3` is (5, 3)); `last_weekdays` is the last such one (`FRIL`).
    """

    days: frozenset[int] = NOTHING
    weekdays: frozenset[int] = NOTHING
    from_end: frozenset[int] = NOTHING
    nearest: frozenset[int] = NOTHING
    nearest_from_end: frozenset[int] = NOTHING
    numbered: frozenset[tuple[int, int]] = frozenset()
    last_weekdays: frozenset[int] = NOTHING

    @property
    def is_every_day(self) -> bool:
        """Whether no day is left out."""
        return self.days == ALL_DAYS

    @property
    def is_counted(self) -> bool:
        """Whether a part is one that only Quartz has."""
        return bool(self.from_end or self.nearest or self.nearest_from_end or self.numbered or self.last_weekdays)


EVERY_DAY = DayRule(days=ALL_DAYS)


def find_days(rule: DayRule, year: int, month: int) -> tuple[int, ...]:
    """Return the days of the month that the rule means, in order."""
    first, length = month_shape(year, month)
    if rule.is_every_day:
        return tuple(range(1, length + 1))
    found = {day for day in rule.days if day <= length}
    found.update(length - back for back in rule.from_end if back < length)
    found.update(nearest_weekday(day, first, length) for day in rule.nearest if day <= length)
    found.update(nearest_weekday(length - back, first, length) for back in rule.nearest_from_end if back < length)
    found.update(day for day in range(1, length + 1) if (first + day - 1) % 7 in rule.weekdays)
    for weekday, number in rule.numbered:
        day = 1 + (weekday - first) % 7 + 7 * (number - 1)
        if day <= length:
            found.add(day)
    found.update(length - (first + length - 1 - weekday) % 7 for weekday in rule.last_weekdays)
    return tuple(sorted(found))


@cache
def month_shape(year: int, month: int) -> tuple[int, int]:
    """Return the weekday of the first day, 0 for Sunday, and the number of days."""
    weekday, length = calendar.monthrange(year, month)
    return (weekday + 1) % 7, length


def nearest_weekday(day: int, first: int, length: int) -> int:
    """Return the day from Monday to Friday nearest to a day, without leaving the month."""
    weekday = (first + day - 1) % 7
    if weekday == SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == SUNDAY:
        return day + 1 if day < length else day - 2
    return day
