"""What is wrong with a schedule, and what may lie in the past."""

from datetime import UTC, date, datetime

import pytest

from tessera.platform.calendar import Recurrence, Schedule, ScheduleInvalidError, check_schedule, find_faults

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NEW_YORK = "America/New_York"


def once(wall: str, *, enabled: bool = True) -> Schedule:
    return Schedule(Recurrence.ONCE, NEW_YORK, once_at=datetime.fromisoformat(wall), enabled=enabled)


@pytest.mark.parametrize(
    ("schedule", "member", "message"),
    [
        (Schedule(cron="0 9 * * *", zone="Europe/Berln"), "zone", "such as Europe/Berlin"),
        (Schedule(cron="0 9 * * *", zone="America"), "zone", "is not a time zone"),
        (Schedule(cron="0 9 * * *", zone="../../etc/passwd"), "zone", "is not a time zone"),
        (Schedule(cron="0 9 * * *", zone="localtime"), "zone", "is not a time zone"),
        (Schedule(cron="0 9 * *"), "cron", "has 4 fields"),
        (Schedule(cron="* * * * *"), "cron", "At least 5 minutes"),
        (Schedule(cron="0 0 9 1 1 ? 2025"), "cron", "No moment is left"),
        (
            Schedule(cron="0 9 * * *", from_date=date(2026, 5, 2), to_date=date(2026, 5, 1)),
            "to_date",
            "is before From",
        ),
        (Schedule(cron="0 9 * * *", to_date=date(2026, 2, 28)), "to_date", "is past: today is 2026-03-01"),
        (Schedule(cron="0 9 * * 1", from_date=date(2026, 5, 2), to_date=date(2026, 5, 3)), "cron", "No moment is left"),
        (Schedule(cron="0 9 * * *", excluded_dates=(date(2026, 5, 1),) * 1001), "excluded_dates", "At most 1000"),
        (Schedule(Recurrence.ONCE), "once_at", "is empty"),
        (once("2026-03-01 07:00"), "once_at", "is past: it is 2026-03-01 07:00 there"),
        (once("2026-03-08 02:30"), "once_at", "does not exist in America/New_York: .* exists is 03:00"),
        (once("2026-03-08 02:30+01:00"), "once_at", "has an offset"),
    ],
)
def test_fault_names_member_and_remedy(schedule: Schedule, member: str, message: str) -> None:
    (fault,) = find_faults(schedule, now=NOON)

    assert fault.details["member"] == member
    with pytest.raises(type(fault), match=message):
        check_schedule(schedule, now=NOON)


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(cron="*/5 * * * *"),
        Schedule(cron="0 9 * * *", to_date=date(2026, 3, 1), zone=NEW_YORK),
        Schedule(cron="0 9 * * *", from_date=date(2026, 5, 1), to_date=date(2026, 5, 1)),
        once("2026-11-01 01:30"),
        # What is switched off may be past.
        once("2026-02-01 07:00", enabled=False),
        Schedule(cron="0 9 * * *", to_date=date(2026, 2, 28), enabled=False),
    ],
)
def test_sound_schedule_passes(schedule: Schedule) -> None:
    assert find_faults(schedule, now=NOON) == []


def test_all_faults_are_found_at_once() -> None:
    schedule = Schedule(cron="61 * * * *", from_date=date(2026, 5, 2), to_date=date(2026, 5, 1))

    assert [fault.details["member"] for fault in find_faults(schedule, now=NOON)] == ["cron", "to_date"]


def test_deployment_sets_the_shortest_interval() -> None:
    with pytest.raises(Exception, match="At least 30 minutes"):
        check_schedule(Schedule(cron="*/15 * * * *"), now=NOON, shortest_minutes=30)
    with pytest.raises(ScheduleInvalidError):
        check_schedule(Schedule(Recurrence.ONCE), now=NOON)
