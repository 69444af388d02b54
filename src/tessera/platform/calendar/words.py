"""What a schedule says, in one English sentence."""

from collections.abc import Sequence

from tessera.platform.calendar.cron import Cron, parse_cron, show_time
from tessera.platform.calendar.days import DayRule
from tessera.platform.calendar.names import MONTHS, WEEKDAYS, list_names, list_numbers, name_place, show_date
from tessera.platform.calendar.schedule import Recurrence, Schedule

EVERY_HOUR, EVERY_MONTH = 24, 12
MOST_TIMES = 6
WORKDAYS, WEEKEND = frozenset(range(1, 6)), frozenset({0, 6})
# Weeks are read from Monday.
WEEK = (1, 2, 3, 4, 5, 6, 0)


def describe_schedule(schedule: Schedule) -> str:
    """Return the sentence, with zone, dates and exceptions."""
    if schedule.recurrence is Recurrence.ONCE:
        once = schedule.once_at
        when = "" if once is None else f", on {show_date(once.year, once.month, once.day)} at {once:%H:%M}"
        return f"Once{when} ({schedule.zone})"
    dates = [("from", schedule.from_date), ("until", schedule.to_date)]
    limits = "".join(f", {word} {show_date(day.year, day.month, day.day)}" for word, day in dates if day is not None)
    count = len(schedule.excluded_dates)
    excluded = f", except on {count} date{'s' if count > 1 else ''}" if count else ""
    return f"{describe_cron(schedule.cron)} ({schedule.zone}){limits}{excluded}"


def describe_cron(text: str) -> str:
    """Return what an expression means."""
    cron = parse_cron(text)
    often, times = describe_times(cron)
    every_day = cron.days.is_every_day and len(cron.months) == EVERY_MONTH
    years = f" {list_years(sorted(cron.years))}" if cron.years is not None else ""
    if often:
        days = "" if every_day else f", {describe_days(cron)}"
        sentence = f"{often}{days}{years}"
    else:
        sentence = f"{'every day' if every_day else describe_days(cron)}{years} {times}"
    return sentence[:1].upper() + sentence[1:]


def describe_times(cron: Cron) -> tuple[str, str]:
    """Return how often it fires on a day, or else at which times."""
    minutes, hours = cron.minutes, cron.hours
    step = find_step(minutes, 60)
    span = f" from {show_time(cron.times[0])} to {show_time(cron.times[-1])}"
    if len(hours) == EVERY_HOUR:
        if step:
            return f"every {step} minutes" if step > 1 else "every minute", ""
        return f"every hour at {list_numbers('minute', minutes)}", ""
    if len(cron.times) <= MOST_TIMES:
        return "", f"at {list_names([show_time(time) for time in cron.times])}"
    hour_step = find_step(hours, 24)
    if step and is_run(hours):
        return f"every {step} minutes{span}" if step > 1 else f"every minute{span}", ""
    if len(minutes) == 1 and is_run(hours):
        return f"every hour{span}", ""
    if len(minutes) == 1 and hour_step:
        return f"every {hour_step} hours{span}", ""
    at = f"every {step} minutes" if step > 1 else "every minute" if step else f"at {list_numbers('minute', minutes)}"
    return f"{at} of {list_numbers('hour', hours)}", ""


def find_step(values: Sequence[int], size: int) -> int:
    """Return the step of values that go round evenly, such as 0, 15, 30, 45; else 0."""
    step = size // len(values)
    return step if len(values) > 1 and list(values) == list(range(0, size, step)) else 0


def is_run(values: Sequence[int]) -> bool:
    """Say whether the values follow each other."""
    return values[-1] - values[0] == len(values) - 1


def describe_days(cron: Cron) -> str:
    """Return the days and months on which it fires."""
    rule, months = cron.days, sorted(cron.months)
    names = list_names([MONTHS[month - 1] for month in months])
    if rule == DayRule(days=rule.days) and len(rule.days) == 1 and len(months) == 1:
        return f"{'every year ' if cron.years is None else ''}on {min(rule.days)} {names}"
    every_month = len(months) == EVERY_MONTH
    within = "" if every_month else f" in {names}"
    if rule.is_every_day:
        return f"every day{within}"
    parts = list(describe_month_days(rule, "every month" if every_month else names))
    if rule.weekdays:
        parts.append(f"{list_weekdays(rule)}{within}")
    return list_names(parts)


def describe_month_days(rule: DayRule, month: str) -> list[str]:
    """Return the days that are counted within a month."""
    found = [list_numbers("day", sorted(rule.days))] if rule.days else []
    found += [f"the {name_from_end(back)}" for back in sorted(rule.from_end)]
    found += [f"the weekday nearest to day {day}" for day in sorted(rule.nearest)]
    found += [
        f"the weekday nearest to the {name_from_end(back)}" if back else "the last weekday"
        for back in sorted(rule.nearest_from_end)
    ]
    found += [f"the {name_place(number)} {WEEKDAYS[weekday]}" for weekday, number in sorted(rule.numbered)]
    found += [f"the last {WEEKDAYS[weekday]}" for weekday in sorted(rule.last_weekdays)]
    return [f"on {list_names(found)} of {month}"] if found else []


def name_from_end(back: int) -> str:
    """Return what a day counted from the end of the month is called."""
    return f"{name_place(back)} day before the last day" if back else "last day"


def list_weekdays(rule: DayRule) -> str:
    """Return the weekdays, from Monday on."""
    if rule.weekdays == WORKDAYS:
        return "every Monday to Friday"
    if rule.weekdays == WEEKEND:
        return "every Saturday and Sunday"
    return f"every {list_names([WEEKDAYS[day] for day in WEEK if day in rule.weekdays])}"


def list_years(years: Sequence[int]) -> str:
    """Return the years, a run of them as a range."""
    if len(years) > 2 and is_run(years):
        return f"from {years[0]} to {years[-1]}"
    return f"in {list_names([str(year) for year in years])}"
