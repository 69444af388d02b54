"""When exports run next by themselves, in words and moments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from tessera.exports import Definition, timing
from tessera.platform.calendar import (
    Recurrence,
    Schedule,
    describe_schedule,
    find_faults,
    load_zone,
    next_moments,
    warn_of_clock_changes,
    warn_of_late_days,
)
from tessera.platform.schedules import ScheduleState, StoredSchedule
from tessera.web.exports.schedule_fields import Bounds
from tessera.web.visits import Visit

SHOWN = 5


@dataclass(frozen=True, slots=True)
class FireTime:
    """One moment: in the zone of the schedule as it is read there, and in UTC."""

    at: datetime
    local: str
    utc: str


@dataclass(frozen=True, slots=True)
class Understood:
    """What a schedule says, when it runs next, and what to know about it; or why it cannot be said."""

    words: str = ""
    zone: str = ""
    times: Sequence[FireTime] = ()
    warnings: Sequence[str] = ()
    fault: str = ""


def understand(schedule: Schedule | None, bounds: Bounds) -> Understood:
    """Return what people need to know about a schedule, stored or typed."""
    if schedule is None or not schedule.enabled:
        return Understood()
    faults = find_faults(schedule, now=bounds.now, shortest_minutes=bounds.shortest_minutes)
    if faults:
        return Understood(fault=faults[0].message)
    moments = next_moments(schedule, bounds.now, SHOWN)
    late = warn_of_late_days(schedule.cron) if schedule.recurrence is Recurrence.REPEAT else None
    warnings = [late] if late else []
    return Understood(
        describe_schedule(schedule),
        schedule.zone,
        [fire_time(at, schedule.zone) for at in moments],
        [*warnings, *warn_of_clock_changes(schedule, moments)],
    )


def fire_time(at: datetime, zone: str) -> FireTime:
    """Return the moment as people read it."""
    return FireTime(at, show_moment(at.astimezone(load_zone(zone))), show_moment(at.astimezone(UTC)))


def show_moment(local: datetime) -> str:
    """Write a moment by its own clock: Tue 1 Dec 2026, 06:00."""
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


async def list_next_executions(visit: Visit, definitions: Sequence[Definition]) -> Mapping[UUID, StoredSchedule]:
    """Return the schedules of those definitions that run by one, or would if they were not paused."""
    found = await timing.list_schedules(visit.session, visit.actor, [each.id for each in definitions])
    enabled = {each.id for each in definitions if each.enabled}
    shown = (ScheduleState.ACTIVE, ScheduleState.PAUSED)
    return {key: each for key, each in found.items() if key in enabled and each.state in shown}
