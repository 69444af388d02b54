"""What a schedule would do, before anything is stored: its expression, its words, and the times that come."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.schedule_shapes import (
    Cron,
    Days,
    FireTime,
    LocalTime,
    Schedule,
    Zone,
    list_fire_times,
    naming_members,
    read_schedule,
)
from tessera.platform import calendar


class ScheduleComposition(Asked, frozen=True):
    """What the composer chooses from; an interval looks only at what it needs."""

    interval: Literal["15_minutes", "30_minutes", "hour", "day", "week", "month", "year"]
    minute: Annotated[int, Meta(ge=0, le=59)] = 0
    hour: Annotated[int, Meta(ge=0, le=23)] = 0
    weekday: Annotated[int, Meta(ge=0, le=6, description="0 is Sunday.")] = 1
    day: Annotated[int, Meta(ge=1, le=31)] = 1
    last_day: Annotated[bool, Meta(description="Of a month, in place of the day.")] = False
    month: Annotated[int, Meta(ge=1, le=12)] = 1


class ScheduleQuestion(Asked, frozen=True):
    """A schedule to try: an expression, what the composer makes one of, or one moment."""

    cron: Cron | None = None
    composer: ScheduleComposition | None = None
    once_at: LocalTime | None = None
    zone: Zone = "UTC"
    from_date: date | None = None
    to_date: date | None = None
    excluded_dates: Days = ()
    count: Annotated[int, Meta(ge=1, le=100, description="How many of the next times.")] = 5


class SchedulePreview(Struct, frozen=True):
    """What the schedule means."""

    cron: Annotated[str | None, Meta(description="As given, or as the composer makes it; null for what happens once.")]
    normal_form: str | None
    words: str
    composer: Annotated[ScheduleComposition | None, Meta(description="Null for what the composer cannot make.")]
    next: Sequence[FireTime]
    warnings: Sequence[str]


class ScheduleQuestionError(calendar.ScheduleInvalidError):
    """A preview of a schedule needs exactly one of expression, composer and moment."""

    code = "schedule_unclear"


async def preview_schedule(call: Call, body: ScheduleQuestion) -> SchedulePreview:
    """Show what a schedule means and when it would run; nothing is stored."""
    with naming_members():
        schedule = read_question(body)
        shortest = call.resources.settings.schedule_interval_minutes
        calendar.check_schedule(schedule, now=call.now, shortest_minutes=shortest)
    words, times = calendar.describe_schedule(schedule), list_fire_times(schedule, call.now, body.count)
    if schedule.recurrence is calendar.Recurrence.ONCE:
        return SchedulePreview(None, None, words, None, times, [])
    warning, found = calendar.warn_of_late_days(schedule.cron), calendar.find_composition(schedule.cron)
    return SchedulePreview(
        cron=schedule.cron,
        normal_form=calendar.normalise_cron(schedule.cron),
        words=words,
        composer=None if found is None else msgspec.convert(msgspec.to_builtins(found), ScheduleComposition),
        next=times,
        warnings=[] if warning is None else [warning],
    )


def read_question(body: ScheduleQuestion) -> calendar.Schedule:
    """Return the schedule that is asked about."""
    if [body.cron, body.composer, body.once_at].count(None) != 2:
        raise ScheduleQuestionError("Give exactly one of cron, composer and once_at.", member="cron")
    if body.composer is not None:
        chosen = msgspec.convert(msgspec.to_builtins(body.composer), calendar.Composition)
        try:
            cron = calendar.compose_cron(chosen)
        except calendar.ScheduleInvalidError as error:
            error.details["field"] = f"composer.{error.details['field']}"
            raise
    else:
        cron = body.cron or ""
    return read_schedule(
        Schedule(
            recurrence="repeat" if body.once_at is None else "once",
            zone=body.zone,
            cron=cron,
            once_at=body.once_at,
            from_date=body.from_date,
            to_date=body.to_date,
            excluded_dates=body.excluded_dates,
        )
    )


ROUTES = (
    Route(
        "POST",
        "/schedules/preview",
        "exports:read",
        preview_schedule,
        example={"cron": "30 6 * * 1-5", "zone": "Europe/Berlin"},
    ),
)
