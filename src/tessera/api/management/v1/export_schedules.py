"""When export definitions run by themselves: their schedules, the moments to come, and what became of those before."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from tessera import exports
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.export_shapes import ExportDefinition, show_stored
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Moment
from tessera.api.management.v1.schedule_shapes import (
    FireTime,
    Schedule,
    SchedulePolicies,
    list_fire_times,
    naming_members,
    read_policies,
    read_schedule,
)
from tessera.api.management.v1.shapes import show_as
from tessera.platform.schedules import ScheduleState


class ExportScheduleOrder(Asked, frozen=True):
    """When the definition runs by itself from now on; a schedule of null lets it run on demand only."""

    schedule: Schedule | None
    policies: SchedulePolicies = SchedulePolicies()


class FireTimeQuery(Asked, frozen=True):
    """How many moments to come are wanted."""

    count: Annotated[int, Meta(ge=1, le=100)] = 5


class MomentQuery(Asked, frozen=True):
    """How many moments that came are wanted."""

    count: Annotated[int, Meta(ge=1, le=1000)] = 50


class FireTimes(Struct, frozen=True):
    """The next moments of a definition: none where it has no schedule, or one that does nothing."""

    items: Sequence[FireTime]


class ScheduledMoment(Struct, frozen=True):
    """A moment that came, and what became of it."""

    due_at: Moment
    outcome: Literal["queued", "started", "skipped", "missed"]
    reason: str | None
    late: Annotated[bool, Meta(description="Whether it was missed, and caught up with.")]
    run_id: UUID | None
    recorded_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    succeeded: bool | None


class ScheduledMoments(Struct, frozen=True):
    """Moments that came, the newest first."""

    items: Sequence[ScheduledMoment]


async def put_export_schedule(call: Call, definition_id: UUID, body: ExportScheduleOrder) -> ExportDefinition:
    """Replace when an export definition runs by itself, with its policies.

    A schedule that was paused goes on. Null clears it, and what became of its moments.
    """
    session, actor = call.session, call.actor
    if body.schedule is None:
        await exports.clear_schedule(session, actor, definition_id=definition_id)
        return await show_stored(session, actor, definition_id)
    with naming_members(schedule="schedule."):
        await exports.set_schedule(
            session,
            actor,
            call.resources,
            definition_id=definition_id,
            schedule=read_schedule(body.schedule),
            policies=read_policies(body.policies),
        )
    return await show_stored(session, actor, definition_id)


async def resume_export_schedule(call: Call, definition_id: UUID) -> ExportDefinition:
    """Let the schedule of an export definition go on after failures paused it; it changes no other one."""
    await exports.resume_schedule(call.session, call.actor, call.resources, definition_id=definition_id)
    return await show_stored(call.session, call.actor, definition_id)


async def list_next_executions(call: Call, definition_id: UUID, query: FireTimeQuery) -> FireTimes:
    """List when an export definition runs next by itself."""
    stored = await exports.get_schedule(call.session, call.actor, definition_id=definition_id)
    if stored is None or stored.state is not ScheduleState.ACTIVE:
        return FireTimes([])
    return FireTimes(list_fire_times(stored.schedule, call.now, query.count))


async def list_scheduled_moments(call: Call, definition_id: UUID, query: MomentQuery) -> ScheduledMoments:
    """List the moments at which an export definition was to run, and what became of each."""
    found = await exports.list_scheduled_moments(
        call.session, call.actor, definition_id=definition_id, count=query.count
    )
    return ScheduledMoments([show_moment({**msgspec.to_builtins(each)}) for each in found])


show_moment = show_as(ScheduledMoment)
ONE = "/export-definitions/{definition_id}"
READ, WRITE = "exports:read", "exports:write"
ROUTES = (
    Route(
        "PUT",
        f"{ONE}/schedule",
        WRITE,
        put_export_schedule,
        example={"schedule": {"cron": "30 6 * * 1-5", "zone": "Europe/Berlin"}, "policies": {"overlap": "skip"}},
    ),
    Route("POST", f"{ONE}/schedule/resume", WRITE, resume_export_schedule),
    Route("GET", f"{ONE}/next-executions", READ, list_next_executions),
    Route("GET", f"{ONE}/moments", READ, list_scheduled_moments),
)
