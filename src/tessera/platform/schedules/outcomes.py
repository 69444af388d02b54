"""What became of claimed moments and of the runs they started."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.platform.db import Row, Session
from tessera.platform.schedules.store import moments, schedules
from tessera.platform.schedules.values import (
    DueMoment,
    FinishedRun,
    MomentOutcome,
    Outcome,
    PausedSchedule,
    RecordedMoment,
)

PAUSED = "schedule paused"


async def record_outcomes(
    session: Session, kind: str, outcomes: Sequence[MomentOutcome], *, now: datetime
) -> Mapping[tuple[UUID, datetime], Outcome]:
    """Write what was done at claimed moments; return what each became, by owner and moment.

    One with a run is `started`. Without one it is `queued` where it waits for the active run, else `skipped`: the
    policy decides, and one waits at most.
    """
    if not outcomes:
        return {}
    rows = await moments.record(session, kind, [asdict(each) for each in outcomes], now)
    return {(row["owner_id"], row["due_at"]): Outcome(row["outcome"]) for row in rows}


async def take_queued(session: Session, kind: str, owner_ids: Sequence[UUID], *, now: datetime) -> list[DueMoment]:
    """Claim the next queued moment of owners whose run has just ended, in the transaction that ends it.

    As after `claim_due`, the caller makes the runs and calls `record_outcomes`.
    """
    # A worker that finds the run active holds this lock until it has queued: so either it sees the end, or this sees
    # what it queued.
    await schedules.lock(session, kind, owner_ids)
    rows = await moments.take_queued(session, kind, owner_ids, now)
    return [DueMoment(row["owner_id"], row["chain_id"], row["due_at"], row["late"]) for row in rows]


async def list_waiting(session: Session, kind: str, *, count: int = 1000) -> list[UUID]:
    """Return owners with a moment that waits for the end of a run.

    A sweep can thereby find those whose run ended without `take_queued`.
    """
    return [row["owner_id"] for row in await moments.list_waiting(session, kind, count=count)]


async def note_starts(session: Session, run_ids: Sequence[UUID], *, now: datetime) -> None:
    """Write that workers began these runs; the first start counts."""
    await moments.start(session, run_ids, now)


async def note_results(
    session: Session, kind: str, results: Sequence[FinishedRun], *, now: datetime
) -> list[PausedSchedule]:
    """Write how runs ended, count failures in a row, and pause what has too many; return those just paused.

    Runs that no moment started count as well.
    """
    if not results:
        return []
    known = await schedules.lock(session, kind, sorted({each.owner_id for each in results}))
    await moments.finish(session, [{"run_id": each.run_id, "succeeded": each.succeeded} for each in results], now)
    counted = [count_results(row, results, now) for row in known]
    await schedules.count_failures(session, kind, counted)
    paused = [
        PausedSchedule(row["owner_id"], row["chain_id"], new["failures"], new["pause_reason"])
        for row, new in zip(known, counted, strict=True)
        if new["paused_at"] is not None and row["paused_at"] is None
    ]
    if paused:
        await moments.skip_queued(session, kind, [each.owner_id for each in paused], now=now, reason=PAUSED)
    return paused


def count_results(row: Row, results: Sequence[FinishedRun], now: datetime) -> dict[str, Any]:
    """Return failures and pause of a schedule after its results, in their order."""
    failures = row["failures"]
    for each in results:
        if each.owner_id == row["owner_id"] and each.succeeded is not None:
            failures = 0 if each.succeeded else failures + 1
    counted = {"owner_id": row["owner_id"], "failures": failures}
    if row["paused_at"] is not None or row["pause_after"] is None or failures < row["pause_after"]:
        return counted | {"paused_at": row["paused_at"], "pause_reason": row["pause_reason"]}
    times = "once" if failures == 1 else f"{failures} times in a row"
    return counted | {
        "paused_at": now,
        "pause_reason": f"It failed {times}. Remove the cause, then resume the schedule.",
    }


async def list_moments(
    session: Session,
    kind: str,
    owner_id: UUID,
    *,
    count: int = 50,
    before: datetime | None = None,
    without_run: bool = False,
) -> list[RecordedMoment]:
    """Return an owner's latest moments, the newest first: those before then, and those that have no run, if asked."""
    rows = await moments.list_moments(session, kind, owner_id, count=count, before=before, without_run=without_run)
    return [RecordedMoment(**row | {"outcome": Outcome(row["outcome"])}) for row in rows]
