"""Saving, finding and deleting schedules, and letting paused ones go on."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from tessera.platform.calendar import (
    SHORTEST_MINUTES,
    Recurrence,
    Schedule,
    check_schedule,
    next_moments,
    normalise_cron,
    zone_data_version,
)
from tessera.platform.db import Row, Session
from tessera.platform.schedules.policies import Policies, check_policies
from tessera.platform.schedules.store import moments, schedules
from tessera.platform.schedules.values import OwnedSchedule, StoredSchedule

POLICIES = tuple(field.name for field in fields(Policies))
KEPT = ("next_at", "armed_at", "zone_data", "executed_at", "normal_form")
SWITCHED_OFF = "schedule switched off"


async def save_schedules(
    session: Session,
    kind: str,
    given: Sequence[OwnedSchedule],
    *,
    now: datetime,
    shortest_minutes: int = SHORTEST_MINUTES,
) -> Mapping[UUID, datetime | None]:
    """Save schedules and find their next moments, which are returned by owner.

    A schedule that did not change keeps its next moment and is not checked again: what happens once may have happened.
    A pause stays.
    """
    for each in given:
        check_policies(each.policies)
    known = {
        row["owner_id"]: read_schedule(row)
        for row in await schedules.lock(session, kind, [each.owner_id for each in given])
    }
    rows = [arm(each, known.get(each.owner_id), now, shortest_minutes) for each in given]
    if rows:
        await schedules.save(session, kind, rows)
    disabled = [each.owner_id for each in given if each.owner_id in known and not each.schedule.enabled]
    if disabled:
        await moments.skip_queued(session, kind, disabled, now=now, reason=SWITCHED_OFF)
    return {row["owner_id"]: row["next_at"] for row in rows}


def arm(given: OwnedSchedule, known: StoredSchedule | None, now: datetime, shortest_minutes: int) -> dict[str, Any]:
    """Return the row of a schedule with its next moment."""
    row = {
        "owner_id": given.owner_id,
        "chain_id": given.chain_id,
        "document": given.schedule,
        **{name: getattr(given.policies, name) for name in POLICIES},
    }
    if known is not None and known.schedule == given.schedule:
        return row | {name: getattr(known, name) for name in KEPT}
    check_schedule(given.schedule, now=now, shortest_minutes=shortest_minutes)
    paused = known is not None and known.paused_at is not None
    executed = known.executed_at if known is not None and is_same_moment(known.schedule, given.schedule) else None
    return row | {
        "next_at": None if paused else first_moment(given.schedule, now),
        "armed_at": now,
        "zone_data": zone_data_version(),
        "executed_at": executed,
        "normal_form": normalise_cron(given.schedule.cron) if given.schedule.recurrence is Recurrence.REPEAT else None,
    }


def is_same_moment(before: Schedule, after: Schedule) -> bool:
    """Say whether only the switch was changed: what has happened once is then not armed again."""
    return replace(before, enabled=True) == replace(after, enabled=True)


async def find_schedules(session: Session, kind: str, owner_ids: Sequence[UUID]) -> Mapping[UUID, StoredSchedule]:
    """Return the schedules of these owners; those without one are left out."""
    return {row["owner_id"]: read_schedule(row) for row in await schedules.find(session, kind, owner_ids)}


async def find_schedule(session: Session, kind: str, owner_id: UUID) -> StoredSchedule | None:
    """Return the schedule of an owner, None where it has none."""
    return (await find_schedules(session, kind, [owner_id])).get(owner_id)


async def delete_schedules(session: Session, kind: str, owner_ids: Sequence[UUID]) -> int:
    """Delete the schedules of these owners and all their moments; return how many there were."""
    return await schedules.delete(session, kind, owner_ids)


async def next_executions(session: Session, kind: str, owner_ids: Sequence[UUID]) -> Mapping[UUID, datetime]:
    """Return the next moment of each of these owners; those without one are left out."""
    rows = await schedules.find(session, kind, owner_ids)
    return {row["owner_id"]: row["next_at"] for row in rows if row["next_at"] is not None}


async def list_upcoming(
    session: Session, kind: str, chain_ids: Sequence[UUID] | None, *, count: int = 10
) -> list[tuple[UUID, datetime]]:
    """Return the owners that come next, with their moments; `chain_ids` None looks at every chain."""
    rows = await schedules.list_upcoming(session, kind, chain_ids, count=count)
    return [(row["owner_id"], row["next_at"]) for row in rows]


async def resume_schedules(session: Session, kind: str, owner_ids: Sequence[UUID], *, now: datetime) -> None:
    """End the pause of schedules and forget their failures; moments of the pause are not caught up with."""
    paused = [row for row in await schedules.lock(session, kind, owner_ids) if row["paused_at"] is not None]
    if not paused:
        return
    cleared = [{"owner_id": row["owner_id"], "failures": 0, "paused_at": None, "pause_reason": None} for row in paused]
    await schedules.count_failures(session, kind, cleared)
    armed = [
        {
            "owner_kind": kind,
            "owner_id": row["owner_id"],
            "next_at": first_moment(read_schedule(row).schedule, now),
            "armed_at": now,
        }
        for row in paused
    ]
    await schedules.advance(session, armed, version=zone_data_version())


def read_schedule(row: Row) -> StoredSchedule:
    """Return a schedule from its row."""
    return StoredSchedule(
        owner_id=row["owner_id"],
        chain_id=row["chain_id"],
        schedule=msgspec.convert(row["document"], Schedule),
        normal_form=row["normal_form"],
        policies=msgspec.convert({name: row[name] for name in POLICIES}, Policies),
        next_at=row["next_at"],
        armed_at=row["armed_at"],
        zone_data=row["zone_data"],
        executed_at=row["executed_at"],
        failures=row["failures"],
        paused_at=row["paused_at"],
        pause_reason=row["pause_reason"],
    )


def first_moment(schedule: Schedule, after: datetime) -> datetime | None:
    """Return the first moment after then, None where there is none."""
    return next(iter(next_moments(schedule, after, 1)), None)
