"""The schedule of a definition: when it runs by itself, and what happens when it cannot."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from tessera.exports.definitions import KIND, get_definition
from tessera.exports.events import DEFINITION_UPDATED
from tessera.platform import schedules
from tessera.platform.actors import Actor
from tessera.platform.assets import differences, record_change
from tessera.platform.calendar import Schedule
from tessera.platform.db import Session
from tessera.platform.resources import Resources
from tessera.platform.schedules import OwnedSchedule, Policies, RecordedMoment, StoredSchedule


async def set_schedule(
    session: Session,
    actor: Actor,
    resources: Resources,
    *,
    definition_id: UUID,
    schedule: Schedule,
    policies: Policies,
) -> StoredSchedule:
    """Let the definition run by this schedule from now on; one that was paused goes on."""
    actor.require("exports:write")
    definition = await get_definition(session, actor, definition_id=definition_id)
    before = await schedules.find_schedule(session, KIND, definition_id)
    given = OwnedSchedule(definition_id, definition.chain_id, schedule, policies)
    now, shortest = resources.clock(), resources.settings.schedule_interval_minutes
    await schedules.save_schedules(session, KIND, [given], now=now, shortest_minutes=shortest)
    await schedules.resume_schedules(session, KIND, [definition_id], now=now)
    values = differences(plain(before), plain(given))
    await record_change(
        session, actor, asdict(definition), kind=KIND, event=DEFINITION_UPDATED, action="scheduled", values=values
    )
    found = await schedules.find_schedule(session, KIND, definition_id)
    assert found is not None
    return found


async def resume_schedule(
    session: Session, actor: Actor, resources: Resources, *, definition_id: UUID
) -> StoredSchedule | None:
    """Let a paused definition run by itself again; moments of the pause are not caught up with. Else do nothing."""
    actor.require("exports:write")
    definition = await get_definition(session, actor, definition_id=definition_id)
    before = await schedules.find_schedule(session, KIND, definition_id)
    if before is None or before.paused_at is None:
        return before
    await schedules.resume_schedules(session, KIND, [definition_id], now=resources.clock())
    values = ({"paused_at": before.paused_at.isoformat(), "pause_reason": before.pause_reason}, {"paused_at": None})
    await record_change(
        session, actor, asdict(definition), kind=KIND, event=DEFINITION_UPDATED, action="resumed", values=values
    )
    return await schedules.find_schedule(session, KIND, definition_id)


async def clear_schedule(session: Session, actor: Actor, *, definition_id: UUID) -> None:
    """Let the definition run on demand only."""
    actor.require("exports:write")
    definition = await get_definition(session, actor, definition_id=definition_id)
    before = await schedules.find_schedule(session, KIND, definition_id)
    if before is None:
        return
    await schedules.delete_schedules(session, KIND, [definition_id])
    values: tuple[Mapping[str, Any], Mapping[str, Any]] = (plain(before), {})
    await record_change(
        session, actor, asdict(definition), kind=KIND, event=DEFINITION_UPDATED, action="scheduled", values=values
    )


async def get_schedule(session: Session, actor: Actor, *, definition_id: UUID) -> StoredSchedule | None:
    """Return when the definition runs by itself; None where it runs on demand only."""
    await get_definition(session, actor, definition_id=definition_id)
    return await schedules.find_schedule(session, KIND, definition_id)


async def list_schedules(
    session: Session, actor: Actor, definition_ids: Sequence[UUID]
) -> Mapping[UUID, StoredSchedule]:
    """Return the schedules of definitions that the actor sees, those that have one."""
    actor.require("exports:read")
    found = await schedules.find_schedules(session, KIND, definition_ids)
    return {owner_id: each for owner_id, each in found.items() if actor.sees(each.chain_id)}


async def list_upcoming_runs(session: Session, actor: Actor, *, count: int = 10) -> list[tuple[UUID, datetime]]:
    """Return the definitions that run next, with their moments."""
    actor.require("exports:read")
    return await schedules.list_upcoming(session, KIND, actor.reach(), count=count)


async def list_scheduled_moments(
    session: Session, actor: Actor, *, definition_id: UUID, count: int = 50
) -> list[RecordedMoment]:
    """Return the definition's latest moments, the newest first, and what became of each."""
    await get_definition(session, actor, definition_id=definition_id)
    return await schedules.list_moments(session, KIND, definition_id, count=count)


def plain(owned: OwnedSchedule | StoredSchedule | None) -> Mapping[str, Any]:
    """Return schedule and policies as plain JSON, for the audit log."""
    if owned is None:
        return {}
    document: Mapping[str, Any] = msgspec.to_builtins({"schedule": owned.schedule, "policies": owned.policies})
    return {**document["schedule"], **document["policies"]}
