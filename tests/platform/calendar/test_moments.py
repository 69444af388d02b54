"""The next moments of a schedule: zones, clock changes, dates, and what happens once."""

import time
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from tessera.platform.calendar import Recurrence, Schedule, describe_schedule, moments_after, next_moments

NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"
THIRD_OF_MARCH = datetime.fromisoformat("2027-03-03 02:30")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(schedule: Schedule, after: str, count: int) -> list[str]:
    return [f"{moment:%Y-%m-%d %H:%M}" for moment in next_moments(schedule, utc(after), count)]


@pytest.mark.parametrize(
    ("cron", "zone", "after", "moments"),
    [
        # Skipped: at the first minute after the gap.
        ("30 2 * * *", NEW_YORK, "2026-03-07", ["2026-03-07 07:30", "2026-03-08 07:00", "2026-03-09 06:30"]),
        ("0,30 2 * * *", NEW_YORK, "2026-03-08", ["2026-03-08 07:00", "2026-03-09 06:00"]),
        ("0 2,3 * * *", NEW_YORK, "2026-03-08", ["2026-03-08 07:00", "2026-03-09 06:00"]),
        ("30 * * * *", NEW_YORK, "2026-03-08 06:00", ["2026-03-08 06:30", "2026-03-08 07:00", "2026-03-08 07:30"]),
        ("*/15 * * * *", NEW_YORK, "2026-03-08 06:40", ["2026-03-08 06:45", "2026-03-08 07:00", "2026-03-08 07:15"]),
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03", ["2026-10-03 15:30", "2026-10-04 15:15"]),
        ("30 1 * * *", "Antarctica/Troll", "2026-03-28 12:00", ["2026-03-29 01:00", "2026-03-29 23:30"]),
        # A date that a place left out: it skipped 30 December 2011.
        ("30 2 * * *", "Pacific/Apia", "2011-12-29", ["2011-12-29 12:30", "2011-12-30 10:00", "2011-12-30 12:30"]),
        # Doubled: a fixed hour at the first only, others each time.
        ("30 1 * * *", NEW_YORK, "2026-11-01", ["2026-11-01 05:30", "2026-11-02 06:30"]),
        ("30 1 * * *", NEW_YORK, "2026-11-01 05:30", ["2026-11-02 06:30"]),
        ("30 1 * * *", NEW_YORK, "2026-11-01 06:10", ["2026-11-02 06:30"]),
        ("30 * * * *", NEW_YORK, "2026-11-01 05:00", ["2026-11-01 05:30", "2026-11-01 06:30", "2026-11-01 07:30"]),
        ("*/30 * * * *", NEW_YORK, "2026-11-01 05:30", ["2026-11-01 06:00", "2026-11-01 06:30", "2026-11-01 07:00"]),
        ("0,30 0-3 * * *", NEW_YORK, "2026-11-01 05:10", ["2026-11-01 05:30", "2026-11-01 07:00"]),
        # Doubled across midnight: clocks went back at 00:01 to 23:01 of the day before.
        ("30 23 * * *", "America/St_Johns", "2006-10-28 12:00", ["2006-10-29 02:00", "2006-10-30 03:00"]),
        ("0 0 * * *", "America/St_Johns", "2006-10-28 12:00", ["2006-10-29 02:30", "2006-10-30 03:30"]),
        (
            "30 * 28 10 *",
            "America/St_Johns",
            "2006-10-29 01:45",
            ["2006-10-29 02:00", "2006-10-29 03:00", "2007-10-28 03:00"],
        ),
        # Others.
        ("0 0 * * *", "Africa/Cairo", "2026-04-23 00:00", ["2026-04-23 22:00", "2026-04-24 21:00"]),
        ("0 9 * * *", "Asia/Kathmandu", "2026-01-01", ["2026-01-01 03:15"]),
        ("0 9 1 7 *", BERLIN, "2026-07-01 07:00", ["2027-07-01 07:00"]),
    ],
)  # fmt: skip
def test_clock_changes_follow_the_rules(cron: str, zone: str, after: str, moments: list[str]) -> None:
    assert times(Schedule(cron=cron, zone=zone), after, len(moments)) == moments


def test_from_and_to_are_local_days() -> None:
    schedule = Schedule(cron="30 * * * *", zone=BERLIN, from_date=date(2026, 7, 1), to_date=date(2026, 7, 1))

    found = list(moments_after(schedule, utc("2026-01-01")))

    assert (found[0], found[-1], len(found)) == (utc("2026-06-30 22:30"), utc("2026-07-01 21:30"), 24)


def test_nothing_fires_on_excluded_dates() -> None:
    schedule = Schedule(cron="0 0 * * *", zone=BERLIN, excluded_dates=(date(2026, 12, 25), date(2026, 12, 26)))

    assert times(schedule, "2026-12-24 00:00", 2) == ["2026-12-26 23:00", "2026-12-27 23:00"]


def test_disabled_schedule_never_fires() -> None:
    assert next_moments(Schedule(cron="0 0 * * *", enabled=False), utc("2026-01-01"), 1) == []


@pytest.mark.parametrize(
    ("wall", "moment"),
    [
        ("2026-06-01 09:00", "2026-06-01 13:00"),
        ("2026-11-01 01:30", "2026-11-01 05:30"),
        # Such a moment is refused, unless the zone's rules change later.
        ("2026-03-08 02:30", "2026-03-08 07:00"),
    ],
)
def test_once_fires_once(wall: str, moment: str) -> None:
    schedule = Schedule(Recurrence.ONCE, NEW_YORK, once_at=datetime.fromisoformat(wall))

    assert times(schedule, "2026-01-01", 5) == [moment]
    assert next_moments(schedule, utc(moment), 1) == []


def test_schedule_survives_json() -> None:
    schedule = Schedule(
        recurrence=Recurrence.ONCE,
        zone=BERLIN,
        cron="0 9 * * *",
        advanced=True,
        once_at=THIRD_OF_MARCH,
        from_date=date(2026, 1, 1),
        excluded_dates=(date(2026, 5, 1),),
    )

    plain = msgspec.json.decode(msgspec.json.encode(schedule))

    assert plain["once_at"] == "2027-03-03T02:30:00"
    assert msgspec.convert(plain, Schedule) == schedule


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (Schedule(cron="30 2 * * *", zone=BERLIN), "Every day at 02:30 (Europe/Berlin)"),
        (
            Schedule(
                cron="0 9 * * 1",
                from_date=date(2026, 1, 1),
                to_date=date(2026, 12, 31),
                excluded_dates=(date(2026, 5, 1),),
            ),
            "Every Monday at 09:00 (UTC), from 1 January 2026, until 31 December 2026, except on 1 date",
        ),
        (
            Schedule(Recurrence.ONCE, BERLIN, once_at=THIRD_OF_MARCH),
            "Once, on 3 March 2027 at 02:30 (Europe/Berlin)",
        ),
    ],
)
def test_schedule_reads_as_a_sentence(schedule: Schedule, words: str) -> None:
    assert describe_schedule(schedule) == words


def test_next_moment_is_found_quickly() -> None:
    """10,000 definitions are advanced: at a tenth of a millisecond each that is a second."""
    schedules = [
        Schedule(cron=cron, zone=NEW_YORK) for cron in ("30 2 * * *", "*/15 * * * *", "0 9 * * 1", "0 2 31 * *")
    ]
    after = utc("2026-06-01")
    best = timedelta.max
    for _ in range(20):
        begun = time.process_time()
        for schedule in schedules * 10:
            next_moments(schedule, after, 1)
        best = min(best, timedelta(seconds=time.process_time() - begun) / 40)

    assert best < timedelta(microseconds=100)


def test_search_for_nothing_ends() -> None:
    excluded = tuple(date(year, 2, 29) for year in range(2028, 2068, 4))

    assert next_moments(Schedule(cron="0 9 29 2 *", excluded_dates=excluded), utc("2026-01-01"), 1) == []
