"""Schedules on the wire: when something runs by itself, what happens when it cannot, and the times that come."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.scalars import Moment, Text
from tessera.platform import calendar
from tessera.platform.errors import InvalidError
from tessera.platform.schedules import Policies, StoredSchedule

Zone = Annotated[Text, Meta(description="A time zone of the IANA list.", examples=["Europe/Berlin"])]
Cron = Annotated[
    str, Meta(max_length=255, description="Five fields as Unix, six or seven as Quartz.", examples=["30 6 * * 1-5"])
]
LocalTime = Annotated[
    datetime, Meta(description="Date and time in the zone, without offset.", examples=["2031-01-01T06:30:00"])
]
Days = Annotated[Sequence[date], Meta(max_length=1000, description="Days on which nothing runs.")]
Seconds = Annotated[int, Meta(ge=1, le=31 * 24 * 3600)]
ScheduleState = Literal["active", "disabled", "paused", "executed", "ended"]
# Schedules look less far than dates can be written: near the last year no zone can be reckoned with.
LAST_YEAR = 9000


class Schedule(Asked, frozen=True):
    """When something runs by itself."""

    recurrence: Literal["once", "repeat"] = "repeat"
    zone: Zone = "UTC"
    cron: Annotated[Cron, Meta(description="Of what repeats.")] = ""
    advanced: Annotated[bool, Meta(description="Whether it was typed by hand, for the editor.")] = False
    once_at: LocalTime | None = None
    from_date: Annotated[date | None, Meta(description="First day of what repeats.")] = None
    to_date: Annotated[date | None, Meta(description="Last day of what repeats.")] = None
    excluded_dates: Days = ()
    enabled: Annotated[bool, Meta(description="Off keeps everything and runs nothing.")] = True


class SchedulePolicies(Asked, frozen=True):
    """What happens when moments are missed, overlap, fail or are late; see the reference of schedules."""

    overlap: Annotated[
        Literal["skip", "after"], Meta(description="Of a moment during an active run: skip it, or run once after.")
    ] = "skip"
    catch_up_seconds: Annotated[int, Meta(ge=0, le=31 * 24 * 3600)] = 3600
    catch_up_number: Annotated[int, Meta(ge=0, le=100)] = 1
    stagger_seconds: Annotated[int, Meta(ge=0, le=3600)] = 120
    pause_after: Annotated[
        Annotated[int, Meta(ge=1, le=1000)] | None, Meta(description="Failures in a row; null never pauses.")
    ] = None
    started_within_seconds: Seconds | None = None
    finished_within_seconds: Seconds | None = None


class ExportSchedule(Struct, frozen=True):
    """The schedule of an export definition as it is kept."""

    schedule: Schedule
    policies: SchedulePolicies
    words: Annotated[str, Meta(examples=["Every Monday to Friday at 06:30 (Europe/Berlin)"])]
    normal_form: Annotated[str | None, Meta(description="The expression as everything of that meaning is written.")]
    state: ScheduleState
    next_execution: Moment | None
    failures: Annotated[int, Meta(description="In a row.")]
    paused_at: Moment | None
    pause_reason: str | None


class FireTime(Struct, frozen=True):
    """A moment at which a schedule starts something."""

    at: Moment
    local: Annotated[str, Meta(description="The same on the clocks of the zone.")]


def show_schedule(stored: StoredSchedule) -> ExportSchedule:
    """Return the shape of a schedule."""
    return ExportSchedule(
        schedule=msgspec.convert(msgspec.to_builtins(stored.schedule), Schedule),
        policies=msgspec.convert(msgspec.to_builtins(stored.policies), SchedulePolicies),
        words=calendar.describe_schedule(stored.schedule),
        normal_form=stored.normal_form,
        state=stored.state.value,
        next_execution=stored.next_at,
        failures=stored.failures,
        paused_at=stored.paused_at,
        pause_reason=stored.pause_reason,
    )


def read_schedule(body: Schedule) -> calendar.Schedule:
    """Return the schedule that a body describes; refuse one in years that no calendar reaches."""
    given: calendar.Schedule = msgspec.convert(msgspec.to_builtins(body), calendar.Schedule)
    for name in ("once_at", "from_date", "to_date"):
        day = getattr(given, name)
        if day is not None and day.year > LAST_YEAR:
            raise calendar.ScheduleInvalidError(
                f"{name} is after the year {LAST_YEAR}. Choose an earlier one.", member=name
            )
    return given


def read_policies(body: SchedulePolicies) -> Policies:
    """Return the policies that a body describes."""
    return msgspec.convert(msgspec.to_builtins(body), Policies)


def list_fire_times(schedule: calendar.Schedule, after: datetime, count: int) -> list[FireTime]:
    """Return the next moments of a schedule, in UTC and on the clocks of its zone."""
    zone = calendar.load_zone(schedule.zone)
    found = calendar.next_moments(schedule, after, count)
    return [FireTime(at, at.astimezone(zone).isoformat()) for at in found]


@contextmanager
def naming_members(*, schedule: str = "", policies: str = "policies.") -> Iterator[None]:
    """Say of a fault where in the body the member stands that is wrong."""
    try:
        yield
    except InvalidError as error:
        member = error.details.get("member")
        if isinstance(member, str):
            place = policies if member in SchedulePolicies.__struct_fields__ else schedule
            error.details["field"] = f"{place}{member}"
        raise
