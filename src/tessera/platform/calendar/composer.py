"""The composer of the schedule editor: seven intervals, each a CRON expression, and back."""

from dataclasses import dataclass
from enum import StrEnum

from tessera.platform.calendar.cron import Cron, parse_cron
from tessera.platform.calendar.days import DayRule
from tessera.platform.calendar.errors import ScheduleInvalidError
from tessera.platform.calendar.names import MONTHS, list_names

QUARTERS, HALVES = (0, 15, 30, 45), (0, 30)
EVERY_HOUR, EVERY_MONTH = 24, 12
LAST_DAY = DayRule(from_end=frozenset({0}))
LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
SHORTEST_LENGTHS = (31, 28, *LENGTHS[2:])


class Interval(StrEnum):
    """What the composer offers."""

    QUARTER_HOUR = "15_minutes"
    HALF_HOUR = "30_minutes"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Composition:
    """What was chosen; an interval looks only at what it needs. Weekday 0 is Sunday; `last_day` is for a month."""

    interval: Interval
    minute: int = 0
    hour: int = 0
    weekday: int = 1
    day: int = 1
    last_day: bool = False
    month: int = 1


BOUNDS = {"minute": (0, 59), "hour": (0, 23), "weekday": (0, 6), "day": (1, 31), "month": (1, 12)}


def compose_cron(chosen: Composition) -> str:
    """Return the expression of what was chosen: five fields, but for the last day of a month, which only Quartz has."""
    for name, (low, high) in BOUNDS.items():
        if not low <= getattr(chosen, name) <= high:
            raise ScheduleInvalidError(f"The {name} has to be a number from {low} to {high}.", field=name)
    if chosen.interval is Interval.YEAR and chosen.day > LENGTHS[chosen.month - 1]:
        raise ScheduleInvalidError(
            f"{MONTHS[chosen.month - 1]} has no day {chosen.day}. Choose an earlier day.", field="day"
        )
    time = f"{chosen.minute} {chosen.hour}"
    return {
        Interval.QUARTER_HOUR: "*/15 * * * *",
        Interval.HALF_HOUR: "*/30 * * * *",
        Interval.HOUR: f"{chosen.minute} * * * *",
        Interval.DAY: f"{time} * * *",
        Interval.WEEK: f"{time} * * {chosen.weekday}",
        Interval.MONTH: f"0 {time} L * ?" if chosen.last_day else f"{time} {chosen.day} * *",
        Interval.YEAR: f"{time} {chosen.day} {chosen.month} *",
    }[chosen.interval]


def find_composition(text: str) -> Composition | None:
    """Return what the composer shows for an expression of either form, None for what it cannot compose."""
    cron = parse_cron(text)
    if cron.years is not None:
        return None
    often = find_often(cron)
    if often is not None or len(cron.minutes) > 1 or len(cron.hours) > 1:
        return often
    return find_daily(cron, cron.minutes[0], cron.hours[0])


def find_often(cron: Cron) -> Composition | None:
    """Return one of the intervals shorter than a day."""
    if len(cron.hours) != EVERY_HOUR or not cron.days.is_every_day or len(cron.months) != EVERY_MONTH:
        return None
    if cron.minutes == QUARTERS:
        return Composition(Interval.QUARTER_HOUR)
    if cron.minutes == HALVES:
        return Composition(Interval.HALF_HOUR)
    return Composition(Interval.HOUR, minute=cron.minutes[0]) if len(cron.minutes) == 1 else None


def find_daily(cron: Cron, minute: int, hour: int) -> Composition | None:
    """Return one of the intervals of a day or longer, at a time of day."""
    rule, every_month = cron.days, len(cron.months) == EVERY_MONTH
    if every_month and rule.is_every_day:
        return Composition(Interval.DAY, minute=minute, hour=hour)
    if every_month and rule == LAST_DAY:
        return Composition(Interval.MONTH, minute=minute, hour=hour, last_day=True)
    if every_month and len(rule.weekdays) == 1 and rule == DayRule(weekdays=rule.weekdays):
        return Composition(Interval.WEEK, minute=minute, hour=hour, weekday=min(rule.weekdays))
    if len(rule.days) != 1 or rule != DayRule(days=rule.days):
        return None
    day = min(rule.days)
    if every_month:
        return Composition(Interval.MONTH, minute=minute, hour=hour, day=day)
    if len(cron.months) == 1:
        return Composition(Interval.YEAR, minute=minute, hour=hour, day=day, month=min(cron.months))
    return None


def warn_of_late_days(text: str) -> str | None:
    """Return what to know about an expression with a day that some of its months lack, None where there is none."""
    cron = parse_cron(text)
    if cron.days.is_every_day or cron.days != DayRule(days=cron.days.days):
        return None
    latest = max(cron.days.days)
    short = [month for month in sorted(cron.months) if latest > SHORTEST_LENGTHS[month - 1]]
    if not short:
        return None
    if cron.months == {2}:
        return "29 February is in leap years only; in other years nothing runs."
    names = list_names([MONTHS[month - 1] for month in short])
    leap = " without a leap day" if short == [2] and latest == LENGTHS[1] else ""
    return f"Nothing runs on day {latest} in {names}{leap}. Choose the last day of the month to run in every one."
