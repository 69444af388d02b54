"""What people read about moments at which clocks change."""

from datetime import UTC, datetime

import pytest

from tessera.platform.calendar import Recurrence, Schedule, next_moments, warn_of_clock_changes


@pytest.mark.parametrize(
    ("cron", "day", "words"),
    [
        ("30 2 * * *", datetime(2026, 3, 7, tzinfo=UTC), "put forward past its time: it runs at 03:00"),
        ("0 3 * * *", datetime(2026, 3, 7, tzinfo=UTC), ""),
        ("30 1 * * *", datetime(2026, 10, 30, tzinfo=UTC), "1 November 2026 01:30 comes twice"),
        ("30 * * * *", datetime(2026, 11, 1, 3, tzinfo=UTC), "runs both times"),
        ("30 2 * * *", datetime(2026, 6, 1, tzinfo=UTC), ""),
    ],
)
def test_moments_at_clock_changes_are_named(cron: str, day: datetime, words: str) -> None:
    schedule = Schedule(zone="America/New_York", cron=cron)
    found = warn_of_clock_changes(schedule, next_moments(schedule, day, 5))
    assert len(found) == bool(words)
    assert words in "".join(found)


def test_one_time_that_comes_twice_is_named() -> None:
    once = datetime.fromisoformat("2026-11-01T01:30")
    schedule = Schedule(Recurrence.ONCE, "America/New_York", once_at=once)
    (found,) = warn_of_clock_changes(schedule, next_moments(schedule, datetime(2026, 10, 1, tzinfo=UTC), 1))
    assert "runs the first time only" in found
