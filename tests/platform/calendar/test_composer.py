"""The composer and CRON, there and back."""

import pytest

from tessera.platform.calendar import (
    Composition,
    Interval,
    ScheduleInvalidError,
    compose_cron,
    find_composition,
    warn_of_late_days,
)

# The composer's choice, the five fields it writes, and the Quartz form that means the same.
COMPOSED = [
    (Composition(Interval.QUARTER_HOUR), "*/15 * * * *", "0 0/15 * * * ?"),
    (Composition(Interval.HALF_HOUR), "*/30 * * * *", "0 0/30 * * * ?"),
    (Composition(Interval.HOUR, minute=20), "20 * * * *", "0 20 * * * ?"),
    (Composition(Interval.DAY, hour=2, minute=30), "30 2 * * *", "0 30 2 * * ?"),
    (Composition(Interval.WEEK, weekday=0, hour=9), "0 9 * * 0", "0 0 9 ? * 1"),
    (Composition(Interval.WEEK, weekday=6, hour=9), "0 9 * * 6", "0 0 9 ? * 7"),
    (Composition(Interval.MONTH, day=31, hour=2), "0 2 31 * *", "0 0 2 31 * ?"),
    (Composition(Interval.MONTH, last_day=True, hour=23), "0 0 23 L * ?", "0 0 23 L * ? *"),
    (Composition(Interval.YEAR, day=29, month=2, hour=9), "0 9 29 2 *", "0 0 9 29 2 ?"),
]


@pytest.mark.parametrize(("chosen", "cron", "quartz"), COMPOSED)
def test_choice_becomes_cron_and_back(chosen: Composition, cron: str, quartz: str) -> None:
    assert compose_cron(chosen) == cron
    assert find_composition(cron) == chosen
    assert find_composition(quartz) == chosen


@pytest.mark.parametrize(
    "cron",
    [
        "*/20 * * * *",
        "0 9 * * 1,3",
        "0 9 1,2 * *",
        "0 9 13 * 5",
        "0 9 1 1,7 *",
        "0 8,9 * * *",
        "*/15 8 * * *",
        "0 * 1 * *",
        "0 9 * 1 *",
        "0 0 9 LW * ?",
        "0 0 9 L 2 ?",
        "0 0 9 1 1 ? 2027",
    ],
)
def test_other_expressions_cannot_be_composed(cron: str) -> None:
    assert find_composition(cron) is None


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (Composition(Interval.YEAR, day=30, month=2), "February has no day 30"),
        (Composition(Interval.YEAR, day=31, month=4), "April has no day 31"),
        (Composition(Interval.DAY, hour=24), "hour has to be a number from 0 to 23"),
        (Composition(Interval.MONTH, day=0), "day has to be a number from 1 to 31"),
    ],
)
def test_impossible_choice_is_refused(chosen: Composition, message: str) -> None:
    with pytest.raises(ScheduleInvalidError, match=message):
        compose_cron(chosen)


@pytest.mark.parametrize(
    ("cron", "warning"),
    [
        ("0 2 31 * *", "Nothing runs on day 31 in February, April, June, September and November."),
        ("0 2 30 * *", "Nothing runs on day 30 in February."),
        ("0 2 29 * *", "Nothing runs on day 29 in February without a leap day."),
        ("0 9 29 2 *", "29 February is in leap years only"),
        ("0 2 28 * *", None),
        ("0 2 31 1,3 *", None),
        ("0 0 2 L * ?", None),
        ("0 2 * * *", None),
    ],
)
def test_late_days_are_warned_of(cron: str, warning: str | None) -> None:
    assert (warn_of_late_days(cron) or "").startswith(warning or "")
    assert (warn_of_late_days(cron) is None) == (warning is None)
