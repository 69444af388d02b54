"""What to know about moments that fall on a change of the clocks. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tessera.platform.calendar.cron import Cron, parse_cron
from tessera.platform.calendar.names import show_date
from tessera.platform.calendar.schedule import Recurrence, Schedule
from tessera.platform.calendar.zones import load_zone

MINUTE = timedelta(minutes=1)


def warn_of_clock_changes(schedule: Schedule, moments: Sequence[datetime]) -> list[str]:
    """Return what to know about those of a schedule's moments at which clocks change: of each day one sentence."""
    zone = load_zone(schedule.zone)
    cron = parse_cron(schedule.cron) if schedule.recurrence is Recurrence.REPEAT else None
    found = (warn_of(moment.astimezone(zone), cron) for moment in moments)
    return list(dict.fromkeys(filter(None, found)))


def warn_of(local: datetime, cron: Cron | None) -> str | None:
    """Return the sentence about one local time, None where there is nothing to know."""
    day = show_date(local.year, local.month, local.day)
    if local.replace(fold=1).utcoffset() != local.replace(fold=0).utcoffset():
        if cron is not None and not cron.has_fixed_hours:
            return f"On {day} clocks are put back: the hour that comes twice runs both times."
        return f"On {day} {local:%H:%M} comes twice, because clocks are put back: it runs the first time only."
    before = (local.astimezone(UTC) - MINUTE).astimezone(local.tzinfo)
    is_put_forward = before.replace(tzinfo=None) != (local - MINUTE).replace(tzinfo=None)
    if cron is not None and is_put_forward and local.hour * 60 + local.minute not in cron.times:
        return f"On {day} clocks are put forward past its time: it runs at {local:%H:%M}, when they have been."
    return None
