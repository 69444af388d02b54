"""What is wrong with a schedule."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from tessera.platform.calendar.cron import check_frequency, parse_cron
from tessera.platform.calendar.errors import (
    CronInvalidError,
    CronTooFrequentError,
    ScheduleInPastError,
    ScheduleInvalidError,
)
from tessera.platform.calendar.moments import next_moments
from tessera.platform.calendar.schedule import Recurrence, Schedule
from tessera.platform.calendar.zones import is_skipped, load_zone, resolve_wall

SHORTEST_MINUTES = 5
MOST_EXCLUDED = 1000
ScheduleError = CronInvalidError | CronTooFrequentError | ScheduleInvalidError


def check_schedule(schedule: Schedule, *, now: datetime, shortest_minutes: int = SHORTEST_MINUTES) -> None:
    """Raise the first fault of a schedule."""
    for fault in find_faults(schedule, now=now, shortest_minutes=shortest_minutes):
        raise fault


def find_faults(schedule: Schedule, *, now: datetime, shortest_minutes: int = SHORTEST_MINUTES) -> list[ScheduleError]:
    """Return all faults of a schedule; `details["member"]` names the member of `Schedule` that is wrong.

    What is not enabled may lie in the past.
    """
    faults: list[ScheduleError] = []
    try:
        zone = load_zone(schedule.zone)
    except ScheduleInvalidError as fault:
        return [with_member(fault, "zone")]
    if schedule.recurrence is Recurrence.ONCE:
        faults += check_once(schedule, zone, now)
    else:
        faults += check_cron(schedule, shortest_minutes)
        faults += check_dates(schedule, zone, now)
        if not faults and schedule.enabled and not next_moments(schedule, now, 1):
            faults.append(
                fault_of(
                    "cron", "No moment is left at which this schedule would run. Choose other days, years or dates."
                )
            )
    return faults


def check_once(schedule: Schedule, zone: ZoneInfo, now: datetime) -> Iterator[ScheduleError]:
    """Yield what is wrong with the moment of what happens once."""
    wall = schedule.once_at
    if wall is None:
        yield fault_of("once_at", "Execute Once On is empty. Choose a date and a time.")
    elif wall.tzinfo is not None:
        yield fault_of(
            "once_at", "Execute Once On has an offset. Write it without, and choose the time zone beside it."
        )
    elif is_skipped(zone, wall):
        yield fault_of(
            "once_at",
            f"{wall:%Y-%m-%d %H:%M} does not exist in {schedule.zone}: clocks are put forward past it. "
            f"The next time that exists is {resolve_wall(zone, wall).astimezone(zone):%H:%M}.",
        )
    elif schedule.enabled and resolve_wall(zone, wall) <= now:
        yield ScheduleInPastError(
            f"{wall:%Y-%m-%d %H:%M} in {schedule.zone} is past: it is {now.astimezone(zone):%Y-%m-%d %H:%M} there. "
            "Choose a later moment.",
            member="once_at",
        )


def check_cron(schedule: Schedule, shortest_minutes: int) -> Iterator[ScheduleError]:
    """Yield what is wrong with the expression."""
    try:
        check_frequency(parse_cron(schedule.cron), shortest_minutes)
    except (CronInvalidError, CronTooFrequentError) as fault:
        yield with_member(fault, "cron")


def check_dates(schedule: Schedule, zone: ZoneInfo, now: datetime) -> Iterator[ScheduleError]:
    """Yield what is wrong with From, To and the dates that are left out."""
    today = now.astimezone(zone).date()
    if schedule.to_date and schedule.from_date and schedule.to_date < schedule.from_date:
        yield fault_of("to_date", f"To, {schedule.to_date}, is before From, {schedule.from_date}. Choose a later date.")
    elif schedule.to_date and schedule.enabled and schedule.to_date < today:
        yield ScheduleInPastError(
            f"To, {schedule.to_date}, is past: today is {today} in {schedule.zone}. Choose a later date.",
            member="to_date",
        )
    if len(schedule.excluded_dates) > MOST_EXCLUDED:
        yield fault_of("excluded_dates", f"At most {MOST_EXCLUDED} dates can be left out. Remove those that are past.")


def fault_of(member: str, message: str) -> ScheduleInvalidError:
    """Return the fault of a member."""
    return ScheduleInvalidError(message, member=member)


def with_member(fault: ScheduleError, member: str) -> ScheduleError:
    """Return a fault that also names the member of the schedule."""
    fault.details["member"] = member
    return fault
