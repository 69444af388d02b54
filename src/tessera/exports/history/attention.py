"""What about a chain's exports needs a person, the most urgent first, each with its reason."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from tessera.exports.definitions import KIND
from tessera.exports.history.past_runs import PastRun, list_active_runs, make_runs
from tessera.exports.history.upcoming_runs import UpcomingRuns
from tessera.exports.states import RunState
from tessera.exports.store import definitions as definitions_store
from tessera.exports.store import history as store
from tessera.platform import schedules
from tessera.platform.actors import Actor
from tessera.platform.db import Session
from tessera.platform.schedules import MissedMoments, Pause, StoredSchedule

MISSED_SINCE = timedelta(hours=24)


class ConcernKind(StrEnum):
    """What is the matter, in the order of urgency."""

    HELD = "held"
    LATE = "late"
    OVERDUE = "overdue"
    FAILED = "failed"
    PAUSED = "paused"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that needs a person: about which definition, since when, why, and with which run."""

    kind: ConcernKind
    definition_id: UUID
    label: str
    at: datetime
    reason: str
    run: PastRun | None = None


async def list_concerns(
    session: Session,
    actor: Actor,
    chain_id: UUID,
    *,
    now: datetime,
    upcoming: Sequence[UpcomingRuns] = (),
    active: Sequence[PastRun] | None = None,
    count: int = 50,
) -> list[Concern]:
    """Return what needs a person, of each kind at most `count`; give what was read already of upcoming and active."""
    actor.require("exports:read")
    if not actor.sees(chain_id):
        return []
    running = active if active is not None else await list_active_runs(session, actor, chain_id)
    bad = make_runs(await store.list_ended_badly(session, chain_id, count=count))
    paused = await schedules.list_paused(session, KIND, [chain_id], count=count)
    missed = await schedules.list_missed(session, KIND, [chain_id], since=now - MISSED_SINCE, count=count)
    timed = [run.definition_id for run in running if run.scheduled_for is not None]
    deadlines = await schedules.find_schedules(session, KIND, timed) if timed else {}
    owners = [*(each.owner_id for each in paused), *(each.owner_id for each in missed)]
    labels = (
        {row["id"]: row["label"] for row in await definitions_store.find_definitions(session, owners)} if owners else {}
    )
    return [
        *judge_held(running),
        *judge_late(upcoming),
        *judge_overdue(running, deadlines, now),
        *judge_failed(bad),
        *judge_paused(paused, labels),
        *judge_missed(missed, labels, {each.owner_id for each in paused}),
    ]


def judge_held(runs: Sequence[PastRun]) -> Iterator[Concern]:
    """Yield runs that wait to be released."""
    for run in runs:
        if run.state is RunState.HELD:
            reason = run.findings[0].message if run.findings else "It waits to be released."
            yield concern_of(ConcernKind.HELD, run, run.held_at or run.created_at, reason)


def judge_late(upcoming: Sequence[UpcomingRuns]) -> Iterator[Concern]:
    """Yield definitions whose moment has come and whose run no worker has started."""
    for each in upcoming:
        if each.late:
            reason = "Its moment has passed and no worker has started it. Check that a worker is running."
            yield Concern(ConcernKind.LATE, each.definition_id, each.label, each.moments[0], reason)


def judge_overdue(
    runs: Sequence[PastRun], deadlines: Mapping[UUID, StoredSchedule], now: datetime
) -> Iterator[Concern]:
    """Yield scheduled runs that have not begun or ended by their deadlines; what is held has a line of its own."""
    for run in runs:
        stored = deadlines.get(run.definition_id)
        if stored is None or run.scheduled_for is None or run.state is RunState.HELD:
            continue
        begun_by, ended_by = stored.policies.started_within_seconds, stored.policies.finished_within_seconds
        if run.started_at is None and begun_by is not None and now > run.scheduled_for + timedelta(seconds=begun_by):
            yield concern_of(ConcernKind.OVERDUE, run, run.scheduled_for, "The run has not begun by its deadline.")
        elif ended_by is not None and now > run.scheduled_for + timedelta(seconds=ended_by):
            yield concern_of(ConcernKind.OVERDUE, run, run.scheduled_for, "The run has not ended by its deadline.")


def judge_failed(runs: Sequence[PastRun]) -> Iterator[Concern]:
    """Yield the last runs that ended badly."""
    for run in runs:
        reason = run.error or f"{run.failed:,} of {run.selected or 0:,} rows did not arrive."
        yield concern_of(ConcernKind.FAILED, run, run.finished_at or run.created_at, reason)


def judge_paused(paused: Sequence[Pause], labels: Mapping[UUID, str]) -> Iterator[Concern]:
    """Yield definitions that do not run by themselves any more."""
    for each in paused:
        if each.owner_id in labels:
            reason = each.reason or "It runs only when a user starts it."
            yield Concern(ConcernKind.PAUSED, each.owner_id, labels[each.owner_id], each.paused_at, reason)


def judge_missed(missed: Sequence[MissedMoments], labels: Mapping[UUID, str], paused: set[UUID]) -> Iterator[Concern]:
    """Yield definitions whose moments passed without a run; of a paused one that is said already."""
    for each in missed:
        if each.owner_id in labels and each.owner_id not in paused:
            moments = "1 moment" if each.number == 1 else f"{each.number:,} moments"
            reason = f"{moments} passed without a run: {each.reason}."
            yield Concern(ConcernKind.MISSED, each.owner_id, labels[each.owner_id], each.due_at, reason)


def concern_of(kind: ConcernKind, run: PastRun, at: datetime, reason: str) -> Concern:
    """Return what is the matter with a run."""
    return Concern(kind, run.definition_id, run.definition_label, at, reason, run)
