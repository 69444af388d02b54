"""The fields of a schedule: what is in them, and what they say. Pure, with the time passed in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

from tessera.platform.calendar import (
    Composition,
    CronInvalidError,
    Interval,
    Recurrence,
    Schedule,
    ScheduleInvalidError,
    compose_cron,
    find_composition,
    find_faults,
    list_zones,
)
from tessera.web.conditions import Condition
from tessera.web.forms import Form

TIMED = (Interval.DAY, Interval.WEEK, Interval.MONTH, Interval.YEAR)
INTERVALS = {
    Interval.QUARTER_HOUR: "15 Minutes",
    Interval.HALF_HOUR: "30 Minutes",
    Interval.HOUR: "Hour",
    Interval.DAY: "Day",
    Interval.WEEK: "Week",
    Interval.MONTH: "Month",
    Interval.YEAR: "Year",
}
RECURRENCES = {Recurrence.ONCE: "Once", Recurrence.REPEAT: "Repeat"}
WEEKDAYS = (
    ("1", "Monday"),
    ("2", "Tuesday"),
    ("3", "Wednesday"),
    ("4", "Thursday"),
    ("5", "Friday"),
    ("6", "Saturday"),
    ("0", "Sunday"),
)
MONTHS = tuple(
    enumerate(
        (
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ),
        start=1,
    )
)
LAST = "last"
MONTH_DAYS = (*((str(day), str(day)) for day in range(1, 32)), (LAST, "Last day"))
CONDITIONS = {
    "enabled": Condition("enabled", ("true",), "With Enabled Yes"),
    "once": Condition("recurrence", (Recurrence.ONCE,), "With Recurrence Once"),
    "repeat": Condition("recurrence", (Recurrence.REPEAT,), "With Recurrence Repeat"),
    "hour": Condition("interval", (Interval.HOUR,), "With the interval Hour"),
    "week": Condition("interval", (Interval.WEEK,), "With the interval Week"),
    "month": Condition("interval", (Interval.MONTH,), "With the interval Month"),
    "year": Condition("interval", (Interval.YEAR,), "With the interval Year"),
    "timed": Condition("interval", TIMED, "With the intervals Day, Week, Month and Year"),
}
LABELS = {
    "enabled": "Enabled",
    "recurrence": "Recurrence",
    "once_at": "Execute Once On",
    "interval": "Schedule Composer",
    "minute": "Minute past the hour",
    "weekday": "Day of the week",
    "month_day": "Day of the month",
    "month": "Month",
    "year_day": "Day",
    "at": "Time of day",
    "cron": "CRON Expression",
    "advanced": "Advanced Mode",
    "replace_cron": "Replace the expression",
    "from": "From",
    "to": "To",
    "zone": "Time Zone",
    "excluded": "Excluded dates",
}
# The members of a schedule, and the fields of this form.
FIELDS = {
    "zone": "zone",
    "once_at": "once_at",
    "cron": "cron",
    "from_date": "from",
    "to_date": "to",
    "excluded_dates": "excluded",
}
EARLY = Composition(Interval.DAY, hour=6)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a schedule is checked against: the time, how often it may run, and the zone of one that is new."""

    now: datetime
    shortest_minutes: int
    zone: str = "UTC"


def values_of(schedule: Schedule | None, zone: str, *, enabled: bool) -> dict[str, str]:
    """Return the fields of a schedule, but for its excluded dates; without one, those to begin with."""
    known = schedule or Schedule(zone=zone)
    chosen = compose_from(known.cron)
    clock = chosen if chosen.interval in TIMED else EARLY
    return {
        "enabled": "true" if enabled else "",
        "recurrence": known.recurrence.value if schedule else Recurrence.REPEAT.value,
        "once_at": f"{known.once_at:%Y-%m-%dT%H:%M}" if known.once_at else "",
        "interval": chosen.interval.value,
        "minute": str(chosen.minute if chosen.interval is Interval.HOUR else 0),
        "weekday": str(chosen.weekday),
        "month_day": LAST if chosen.last_day else str(chosen.day),
        "month": str(chosen.month),
        "year_day": str(chosen.day),
        "at": f"{clock.hour:02}:{clock.minute:02}",
        "cron": known.cron or compose_cron(chosen),
        "advanced": "true" if known.advanced else "",
        "from": str(known.from_date or ""),
        "to": str(known.to_date or ""),
        "zone": known.zone,
    }


def compose_from(cron: str) -> Composition:
    """Return what the composer shows of an expression; of one that it cannot compose, what it begins with."""
    try:
        return (find_composition(cron) if cron else None) or EARLY
    except CronInvalidError:
        return EARLY


def read_schedule(form: Form, before: Schedule | None, bounds: Bounds) -> Schedule | None:
    """Return the schedule that was typed; what does not fit is noted at its field.

    While it is not enabled the rest is left as it was. One that did not change is not checked: its moment may be past.
    """
    if not form.ticked("enabled"):
        return None if before is None else replace(before, enabled=False)
    recurrence = form.choice("recurrence", list(Recurrence), required=True)
    known = before or Schedule(zone=bounds.zone)
    zone = form.choice("zone", list_zones(), required=True)
    typed = replace(known, recurrence=Recurrence(recurrence or Recurrence.REPEAT), zone=zone or "UTC", enabled=True)
    if typed.recurrence is Recurrence.ONCE:
        typed = replace(typed, once_at=form.wall_time("once_at", required=True))
    else:
        typed = read_repeat(form, typed, before)
    if typed != before:
        note_faults(form, typed, bounds)
    return typed


def note_faults(form: Form, typed: Schedule, bounds: Bounds) -> None:
    """Note every fault at its field; a fault that the field has already stays."""
    for fault in find_faults(typed, now=bounds.now, shortest_minutes=bounds.shortest_minutes):
        form.fault(FIELDS.get(str(fault.details.get("member")), "cron"), fault.message)


def read_repeat(form: Form, typed: Schedule, before: Schedule | None) -> Schedule:
    """Return the schedule with what a repeated one has."""
    advanced = form.ticked("advanced")
    text = " ".join(form.get("cron").split()) if advanced else compose(form)
    by_hand = before is not None and before.advanced and before.recurrence is Recurrence.REPEAT
    if by_hand and not advanced and not form.ticked("replace_cron") and before is not None and text != before.cron:
        form.fault("replace_cron", f"{before.cron} would be replaced by {text}. Tick this, or Advanced Mode.")
    return replace(
        typed,
        cron=text,
        advanced=advanced,
        from_date=form.day("from"),
        to_date=form.day("to"),
        excluded_dates=tuple(form.days("excluded")),
    )


def compose(form: Form) -> str:
    """Return the expression of what was chosen in the composer; what does not fit is noted at its field."""
    interval = Interval(form.choice("interval", list(Interval), required=True) or Interval.DAY)
    given: dict[str, Any] = {}
    if interval is Interval.HOUR:
        given["minute"] = form.whole("minute", least=0, most=59, required=True) or 0
    if interval in TIMED:
        clock = read_time(form)
        given |= {"hour": clock.hour, "minute": clock.minute}
    if interval is Interval.WEEK:
        given["weekday"] = int(form.choice("weekday", [key for key, _ in WEEKDAYS], required=True) or 1)
    if interval is Interval.MONTH:
        day = form.choice("month_day", [key for key, _ in MONTH_DAYS], required=True) or "1"
        given |= {"last_day": True} if day == LAST else {"day": int(day)}
    if interval is Interval.YEAR:
        given["month"] = int(form.choice("month", [str(key) for key, _ in MONTHS], required=True) or 1)
        given["day"] = form.whole("year_day", least=1, most=31, required=True) or 1
    try:
        return compose_cron(Composition(interval, **given))
    except ScheduleInvalidError as error:
        form.fault("year_day", error.message)
        return form.get("cron")


def read_time(form: Form) -> time:
    """Return the time of day."""
    try:
        return time.fromisoformat(form.get("at").strip()).replace(second=0, microsecond=0)
    except ValueError:
        form.fault("at", "Enter a time as HH:MM.")
        return time(0)


def composed(form: Form) -> str:
    """Return what the composer makes of what is in the form, without noting faults."""
    return compose(Form(form.fields))


def options() -> Mapping[str, Any]:
    """Return what can be chosen."""
    return {
        "recurrences": list(RECURRENCES.items()),
        "intervals": list(INTERVALS.items()),
        "weekdays": WEEKDAYS,
        "month_days": MONTH_DAYS,
        "months": MONTHS,
        "zones": [(zone, zone) for zone in list_zones()],
    }
