"""Reading CRON expressions. The number of fields decides: five are Unix, six or seven are Quartz."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from itertools import pairwise

from tessera.platform.calendar.days import EVERY_DAY, DayRule, find_days
from tessera.platform.calendar.errors import CronInvalidError, CronTooFrequentError
from tessera.platform.calendar.fields import MONTH_NAMES, WEEKDAY_NAMES, CronField, parse_values

MINUTES_A_DAY = 24 * 60
LONGEST = 500
# Every combination of a date and a weekday comes within 40 years, also across a century without a leap day.
YEARS_AHEAD = 40
FIRST_YEAR, LAST_YEAR = 1970, 2099

MINUTE, HOUR = CronField("minute", 0, 59), CronField("hour", 0, 23)
DAY, MONTH = CronField("day of month", 1, 31), CronField("month", 1, 12, MONTH_NAMES)
# A range may end with the Sunday after it began, `FRI-SUN` or `5-7`.
WEEKDAY = CronField("day of week", 0, 7, {name: number for number, name in enumerate(WEEKDAY_NAMES)})

QUARTZ_MINUTE, QUARTZ_HOUR = CronField("minute", 0, 59, quartz=True), CronField("hour", 0, 23, quartz=True)
QUARTZ_DAY = CronField("day of month", 1, 31, quartz=True)
QUARTZ_MONTH = CronField("month", 1, 12, MONTH_NAMES, quartz=True)
QUARTZ_WEEKDAY = CronField(
    "day of week", 1, 7, {name: number for number, name in enumerate(WEEKDAY_NAMES, start=1)}, quartz=True
)
SECOND, YEAR = CronField("second", 0, 59, quartz=True), CronField("year", FIRST_YEAR, LAST_YEAR)

FROM_END = re.compile(r"L(?:-(\d{1,2}))?(W)?")
NEAREST = re.compile(r"(\d{1,2})W")
NUMBERED = re.compile(r"(\w{1,3})#(\d+)")
LAST_WEEKDAY = re.compile(r"([1-7]|[A-Z]{3})L")


@dataclass(frozen=True)
class Cron:
    """An expression that was understood. `years` is None where every year will do; `quartz` tells how it was typed."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: DayRule
    months: frozenset[int]
    years: frozenset[int] | None
    quartz: bool

    @cached_property
    def times(self) -> tuple[int, ...]:
        """The minutes of a day at which it fires."""
        return tuple(hour * 60 + minute for hour in self.hours for minute in self.minutes)

    @property
    def has_fixed_hours(self) -> bool:
        """Whether it names hours; what fires in every hour follows elapsed time when clocks go back."""
        return len(self.hours) < 24

    @cached_property
    def _months(self) -> dict[tuple[int, int], tuple[int, ...]]:
        return {}

    def days_of(self, year: int, month: int) -> tuple[int, ...]:
        """Return the days of a month on which it fires."""
        known = self._months.get((year, month))
        if known is None:
            fits = month in self.months and (self.years is None or year in self.years)
            known = self._months[year, month] = find_days(self.days, year, month) if fits else ()
        return known


@lru_cache(maxsize=8192)
def parse_cron(text: str) -> Cron:
    """Return what the expression means; raise `CronInvalidError`, which names the field and what to write."""
    if len(text) > LONGEST:
        raise CronInvalidError(f"The CRON expression has {len(text)} characters. At most {LONGEST} are allowed.")
    fields = text.upper().split()
    if len(fields) == 5:
        cron = parse_unix(fields)
    elif len(fields) in (6, 7):
        cron = parse_quartz(fields)
    else:
        raise CronInvalidError(
            f"The CRON expression “{text}” has {len(fields)} field{'' if len(fields) == 1 else 's'}. Write five: "
            "minute, hour, day of month, month, day of week (30 2 * * * is every day at 02:30); or, for the "
            "Quartz form, six with the second in front, or seven with the year at the end."
        )
    check_days(cron)
    return cron


def parse_unix(fields: list[str]) -> Cron:
    """Read minute, hour, day of month, month, day of week; where both days are restricted, either fires."""
    minute, hour, day, month, weekday = fields
    for text, kind in zip(fields, (MINUTE, HOUR, DAY, MONTH, WEEKDAY), strict=True):
        refuse_quartz_signs(text, kind)
    days, weekdays = parse_values(day, DAY), parse_weekdays(weekday)
    if is_open(day) and is_open(weekday):
        rule = EVERY_DAY
    elif is_open(weekday):
        rule = DayRule(days=days)
    elif is_open(day):
        rule = DayRule(weekdays=weekdays)
    else:
        rule = DayRule(days=days, weekdays=weekdays)
    return make_cron(parse_values(minute, MINUTE), parse_values(hour, HOUR), rule, parse_values(month, MONTH))


def parse_weekdays(text: str) -> frozenset[int]:
    """Read the weekdays of the Unix form, in which 0 and 7 are Sunday."""
    text = re.sub(r"-SUN\b", "-7", text)
    if text.startswith("*"):
        text = f"0-6{text[1:]}"
    return frozenset(value % 7 for value in parse_values(text, WEEKDAY))


def parse_quartz(fields: list[str]) -> Cron:
    """Read second, minute, hour, day of month, month, day of week and, if it is there, year."""
    second, minute, hour, day, month, weekday, *year = fields
    if parse_values(second, SECOND) != {0}:
        raise SECOND.refuse(second, "schedules have whole minutes. Write 0.")
    if (day == "?") == (weekday == "?"):
        raise CronInvalidError(
            f"Day of month is “{day}” and day of week is “{weekday}”: in the Quartz form exactly one of the two is "
            "“?”. Write “?” for the one that does not decide, such as 0 30 2 * * ? for every day at 02:30.",
            field=DAY.name,
        )
    rule = parse_counted_days(day) if weekday == "?" else parse_counted_weekdays(weekday)
    years = parse_values(year[0], YEAR) if year and not is_open(year[0]) else None
    return make_cron(
        parse_values(minute, QUARTZ_MINUTE),
        parse_values(hour, QUARTZ_HOUR),
        rule,
        parse_values(month, QUARTZ_MONTH),
        years=years,
        quartz=True,
    )


def make_cron(
    minutes: frozenset[int],
    hours: frozenset[int],
    days: DayRule,
    months: frozenset[int],
    *,
    years: frozenset[int] | None = None,
    quartz: bool = False,
) -> Cron:
    """Put the fields together; days that leave none out are every day."""
    # `1-31` beside a weekday is every day too, for either of them fires.
    whole = days.days == EVERY_DAY.days or len(days.weekdays) == 7
    rule = EVERY_DAY if whole else days
    return Cron(tuple(sorted(minutes)), tuple(sorted(hours)), rule, months, years, quartz)


def parse_counted_days(text: str) -> DayRule:
    """Read the day of month of the Quartz form."""
    days, from_end, nearest, nearest_from_end = set[int](), set[int](), set[int](), set[int]()
    for item in text.split(","):
        if found := FROM_END.fullmatch(item):
            back = int(found[1] or 0)
            if back >= DAY.high:
                raise DAY.refuse(item, "no month has so many days. Write L-1 to L-30.")
            (nearest_from_end if found[2] else from_end).add(back)
        elif found := NEAREST.fullmatch(item):
            if not 1 <= int(found[1]) <= DAY.high:
                raise DAY.refuse(item, f"{found[1]} is not a day. Write 1W to 31W.")
            nearest.add(int(found[1]))
        elif "#" in item:
            raise DAY.refuse(item, "“#” belongs into the day of week. Write for instance 0 0 9 ? * FRI#3.")
        else:
            days |= parse_values(item, QUARTZ_DAY)
    return DayRule(
        days=frozenset(days),
        from_end=frozenset(from_end),
        nearest=frozenset(nearest),
        nearest_from_end=frozenset(nearest_from_end),
    )


def parse_counted_weekdays(text: str) -> DayRule:
    """Read the day of week of the Quartz form, in which 1 is Sunday; a bare `L` is Saturday."""
    weekdays, numbered, last = set[int](), set[tuple[int, int]](), set[int]()
    for item in text.split(","):
        if item == "L":
            weekdays.add(6)
        elif found := LAST_WEEKDAY.fullmatch(item):
            last |= {value - 1 for value in parse_values(found[1], QUARTZ_WEEKDAY)}
        elif found := NUMBERED.fullmatch(item):
            if not 1 <= int(found[2]) <= 5:
                raise QUARTZ_WEEKDAY.refuse(item, "a month has at most five of a weekday. Write #1 to #5.")
            numbered |= {(value - 1, int(found[2])) for value in parse_values(found[1], QUARTZ_WEEKDAY)}
        elif item.endswith("W"):
            raise QUARTZ_WEEKDAY.refuse(item, "“W” belongs into the day of month. Write for instance 0 0 9 15W * ?.")
        else:
            weekdays |= {value - 1 for value in parse_values(item, QUARTZ_WEEKDAY)}
    return DayRule(weekdays=frozenset(weekdays), numbered=frozenset(numbered), last_weekdays=frozenset(last))


def is_open(text: str) -> bool:
    """Say whether a field restricts nothing."""
    return text in ("*", "*/1")


def refuse_quartz_signs(text: str, kind: CronField) -> None:
    """Explain what only the Quartz form has."""
    for sign in "?#":
        if sign in text:
            raise kind.refuse(text, f"“{sign}” belongs to the Quartz form. {QUARTZ_HINT}")
    if kind in (DAY, WEEKDAY):
        for part in re.split("[,/-]", text):
            if part not in kind.names and re.search("^L|[LW]$", part):
                raise kind.refuse(text, f"“L” and “W” belong to the Quartz form. {QUARTZ_HINT}")


QUARTZ_HINT = "Write six fields, second first and one of the two days “?”, such as 0 0 23 L * ? for the last day."


def check_days(cron: Cron) -> None:
    """Refuse what never fires, such as 30 February."""
    first = min(cron.years) if cron.years else 2000
    last = max(cron.years) if cron.years else first + YEARS_AHEAD
    if not any(cron.days_of(year, month) for year in range(first, last + 1) for month in sorted(cron.months)):
        raise CronInvalidError(
            "No date fits day and month, so nothing would ever run: there is no 30 February and no 31 in April, June, "
            "September and November. Choose another day, or the last day of the month: 0 0 23 L * ?.",
            field=DAY.name,
        )


def check_frequency(cron: Cron, shortest_minutes: int) -> None:
    """Refuse what fires more often than every so many minutes."""
    times = cron.times
    gaps = [(later - earlier, earlier, later) for earlier, later in pairwise(times)]
    night = times[0] + MINUTES_A_DAY - times[-1]
    if night < shortest_minutes and fires_two_days_running(cron):
        gaps.append((night, times[-1], times[0]))
    shortest, earlier, later = min(gaps, default=(MINUTES_A_DAY, 0, 0))
    if shortest < shortest_minutes:
        raise CronTooFrequentError(
            f"It would run at {show_time(earlier)} and again at {show_time(later)}. At least {shortest_minutes} "
            "minutes have to lie between two runs. Choose a longer interval, such as */15 in the minute field.",
            field=MINUTE.name,
        )


def fires_two_days_running(cron: Cron) -> bool:
    """Say whether it ever fires on a day and the next one, by the days of eight years."""
    first = min(cron.years) if cron.years else 2000
    found = (
        date(year, month, day).toordinal()
        for year in range(first, first + 9)
        for month in range(1, 13)
        for day in cron.days_of(year, month)
    )
    last = 0
    for ordinal in found:
        if ordinal == last + 1:
            return True
        last = ordinal
    return False


def show_time(minute: int) -> str:
    """Return the time of a minute of the day."""
    return f"{minute // 60:02}:{minute % 60:02}"
