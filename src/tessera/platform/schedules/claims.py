"""Claiming the moments that have come: each by one worker, many in a few statements."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tessera.platform.calendar import Recurrence, moments_after, zone_data_version
from tessera.platform.db import Reader, Row, Session
from tessera.platform.errors import InvalidError
from tessera.platform.schedules.catch_up import Plan, is_on_time, plan_moments
from tessera.platform.schedules.records import read_schedule
from tessera.platform.schedules.store import moments, schedules
from tessera.platform.schedules.values import Claim, DueMoment, Outcome, PausedSchedule, StoredSchedule

# So many in one transaction, that workers share what is due and locks are short.
MOST = 500
# After a longer outage the first moment is recorded, and those of the last day, or of the catch-up window.
LISTED = timedelta(days=1)
# An outage may leave many moments for each schedule: a claim ends after so many, to be short.
MOST_MOMENTS = 5_000
MISSED = "no worker was there in time"
UNLISTED = "no worker was there for long: the moments after this one, up to the last day, are not listed"
BEHIND = "behind an earlier moment that is caught up with"


@dataclass(frozen=True, slots=True)
class Advance:
    """What is to be written for one schedule that is due."""

    stored: StoredSchedule
    plan: Plan
    next_at: datetime | None
    reported: bool


async def has_due(reader: Session | Reader, kind: str, now: datetime) -> bool:
    """Say whether there is something to claim."""
    return await moments.has_due(reader, kind, now)


async def claim_due(session: Session, kind: str, now: datetime, *, most: int = MOST) -> Claim:
    """Claim what is due of at most so many schedules, and move these on to their next moments.

    Any number of workers get disjoint moments. In the same transaction the caller makes a run for each, or not, and
    says so with `record_outcomes`; until it commits nothing has happened.
    """
    rows = await schedules.lock_due(session, kind, now, most=most)
    advances, paused = plan_advances(rows, now)
    cut = len(advances) + len(paused) < len(rows)
    if paused:
        await pause(session, kind, paused, now)
    inserted = await moments.insert(
        session, kind, [row for each in advances for row in moment_rows(each, now)], now=now
    )
    if advances:
        await schedules.advance(
            session, [advance_row(kind, each, now) for each in advances], version=zone_data_version()
        )
    # Claimed last: those that were queued above start later.
    ready = await moments.claim_ready(session, kind, now, most=most)
    claimed = [row for row in inserted if row["outcome"] == Outcome.CLAIMED] + ready
    found = [DueMoment(row["owner_id"], row["chain_id"], row["due_at"], row["late"]) for row in claimed]
    missed = Counter[UUID](row["owner_id"] for row in inserted if row["outcome"] == Outcome.MISSED)
    found.sort(key=lambda each: (each.due_at, each.owner_id))
    return Claim(found, missed, paused, more=cut or most in (len(rows), len(ready)))


def plan_advances(rows: Sequence[Row], now: datetime) -> tuple[list[Advance], list[PausedSchedule]]:
    """Decide on schedules that are due, as long as there is room for their moments.

    One that cannot be read is to be paused: it must not stop the others.
    """
    advances, paused, room = list[Advance](), list[PausedSchedule](), MOST_MOMENTS
    for row in rows:
        if room <= 0:
            break
        try:
            advances.append(plan_advance(read_schedule(row), now, reported=row["start_by"] is None))
            room -= len(advances[-1].plan.missed) + len(advances[-1].plan.chosen)
        except InvalidError as error:
            paused.append(PausedSchedule(row["owner_id"], row["chain_id"], row["failures"], error.message))
    return advances, paused


async def pause(session: Session, kind: str, paused: Sequence[PausedSchedule], now: datetime) -> None:
    """Pause schedules, with the reason."""
    rows = [
        {"owner_id": each.owner_id, "failures": each.failures, "paused_at": now, "pause_reason": each.reason}
        for each in paused
    ]
    await schedules.count_failures(session, kind, rows)


def plan_advance(stored: StoredSchedule, now: datetime, *, reported: bool) -> Advance:
    """Decide on every moment of a schedule up to now, and find the next one."""
    assert stored.next_at is not None
    following = moments_after(stored.schedule, max(stored.next_at, first_listed(stored, now)))
    due, next_at = [stored.next_at], None
    for moment in following:
        if moment > now:
            next_at = moment
            break
        due.append(moment)
    return Advance(stored, plan_moments(due, now, stored.policies, stored.owner_id), next_at, reported)


def first_listed(stored: StoredSchedule, now: datetime) -> datetime:
    """Return from when on each missed moment is recorded."""
    return now - max(LISTED, timedelta(seconds=stored.policies.catch_up_seconds))


def moment_rows(advance: Advance, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield the rows of the moments that came."""
    plan = advance.plan
    for place, moment in enumerate(plan.missed):
        unlisted = not place and moment < first_listed(advance.stored, now)
        reason = UNLISTED if unlisted else MISSED
        yield moment_row(advance, moment, Outcome.MISSED, reason=reason, late=True)
    for place, moment in enumerate(plan.chosen):
        late = not is_on_time(moment, now)
        if place:
            yield moment_row(advance, moment, Outcome.QUEUED, reason=BEHIND, late=late)
        elif plan.starts_at is not None:
            yield moment_row(advance, moment, Outcome.QUEUED, reason=None, late=late) | {"starts_at": plan.starts_at}
        else:
            yield moment_row(advance, moment, Outcome.CLAIMED, reason=None, late=late)


def moment_row(
    advance: Advance, moment: datetime, outcome: Outcome, *, reason: str | None, late: bool
) -> dict[str, Any]:
    """Return the row of a moment, with the deadlines that are not met or reported yet."""
    stored, policies = advance.stored, advance.stored.policies
    reported = advance.reported and moment == stored.next_at
    return {
        "owner_id": stored.owner_id,
        "chain_id": stored.chain_id,
        "due_at": moment,
        "outcome": outcome,
        "reason": reason,
        "late": late,
        "start_by": None if reported else add_seconds(moment, policies.started_within_seconds),
        "finish_by": None if outcome is Outcome.MISSED else add_seconds(moment, policies.finished_within_seconds),
    }


def advance_row(kind: str, advance: Advance, now: datetime) -> dict[str, Any]:
    """Return where a schedule goes on."""
    stored, plan = advance.stored, advance.plan
    executed = stored.schedule.recurrence is Recurrence.ONCE and bool(plan.chosen)
    return {
        "owner_kind": kind,
        "owner_id": stored.owner_id,
        "next_at": advance.next_at,
        "armed_at": (plan.chosen or plan.missed)[-1],
        "executed_at": now if executed else None,
    }


def add_seconds(moment: datetime, seconds: int | None) -> datetime | None:
    """Return the deadline of a moment, None where there is none."""
    return None if seconds is None else moment + timedelta(seconds=seconds)
