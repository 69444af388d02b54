"""Runs: start one, watch it, cancel it. Executing one is the business of `execution`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from tessera.exports.definitions import KIND, get_definition
from tessera.exports.endings import drop_held, end_unsent
from tessera.exports.errors import NotHeldError, NothingFailedError, RunActiveError, RunEndedError, RunNotFoundError
from tessera.exports.events import DEFINITION_UPDATED, RUN_CREATED
from tessera.exports.gates import OWNER, Finding
from tessera.exports.owners import check_owner, owner_of
from tessera.exports.results import RunResult
from tessera.exports.snapshots import read_snapshot, take_snapshot
from tessera.exports.states import RunQueue, RunState
from tessera.exports.store import definitions as definitions_store
from tessera.exports.store import runs as store
from tessera.exports.store import shards as shards_store
from tessera.exports.store.request_log import has_row_error
from tessera.exports.values import Definition
from tessera.platform.actors import Actor
from tessera.platform.assets import record_change
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session
from tessera.platform.events import Event, record_events
from tessera.platform.ids import new_id
from tessera.platform.jobs import Job, JobQueue, Queue
from tessera.platform.paging import Page
from tessera.platform.resources import Resources

EXECUTE_RUN = Job("exports.run", queue=Queue.RUNS)
PRIORITIES = {RunQueue.HIGH: 10, RunQueue.NORMAL: 0, RunQueue.LOW: -10}
PROMOTED = 20
PROMOTE_SECONDS, LONGEST_WAIT_SECONDS = 60.0, 30 * 60.0
HELD_DAYS = 7
ACTIVE = frozenset({RunState.PENDING, RunState.RUNNING, RunState.HELD})


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a definition. `selected` is None until the selection is written down.

    At the end, what was selected and what was removed from the selection is what was sent, unchanged, failed or
    skipped. `columns` are those of its query; `personal` says that its rows describe members.
    """

    id: UUID
    chain_id: UUID
    definition_id: UUID
    definition_name: str
    definition_label: str
    kind: str
    profile: str | None
    personal: bool
    columns: Sequence[str]
    trigger: str
    queue: RunQueue
    parent_id: UUID | None
    started_by: str
    started_by_kind: str | None
    started_by_id: UUID | None
    state: RunState
    created_at: datetime
    scheduled_for: datetime | None
    period_from: datetime | None
    period_to: datetime | None
    full_refresh: bool
    started_at: datetime | None
    held_at: datetime | None
    released_at: datetime | None
    released_by: str | None
    finished_at: datetime | None
    selected: int | None
    removed: int
    sent: int
    unchanged: int
    failed: int
    skipped: int
    requests: int
    attempts: int
    bytes: int
    findings: Sequence[Finding]
    error_code: str | None
    error: str | None
    worker: str | None
    take_overs: int
    cancel_requested: bool

    @property
    def active(self) -> bool:
        """Say whether the run is pending or running."""
        return self.state in ACTIVE

    @property
    def settled(self) -> int:
        """Rows whose fate is known."""
        return self.sent + self.unchanged + self.failed + self.skipped

    def seconds(self, now: datetime) -> float | None:
        """Return how long the run has taken so far or in all; None before its start."""
        return ((self.finished_at or now) - self.started_at).total_seconds() if self.started_at else None


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a person decides for one run: another period, or every row also where changes only are sent."""

    period_from: datetime | None = None
    period_to: datetime | None = None
    full_refresh: bool = False


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are wanted; `search` is part of their definition's label or internal name.

    With a parent, those that send its failed rows again.
    """

    definition_id: UUID | None = None
    state: RunState | None = None
    trigger: str | None = None
    search: str = ""
    parent_id: UUID | None = None


EVERY_RUN = RunFilter()


async def start_run(
    session: Session,
    actor: Actor,
    resources: Resources,
    *,
    definition_id: UUID,
    trigger: str = "manual",
    options: RunOptions | None = None,
) -> Run:
    """Create a run of the definition as it is now, and the job that executes it.

    The person who starts it decides: it also runs while the definition is switched off.
    """
    actor.require("exports:write")
    definition = await get_definition(session, actor, definition_id=definition_id)
    values = {
        "snapshot_id": await take_snapshot(session, actor, definition, keys=resources.keys),
        "trigger": trigger,
        **asdict(options or RunOptions()),
    }
    return await create_run(session, actor, resources.jobs, definition, values)


async def resend_failed(
    session: Session,
    actor: Actor,
    resources: Resources,
    *,
    run_id: UUID,
    code: str | None = None,
    rows: Sequence[int] | None = None,
) -> Run:
    """Create a run that sends the failed rows of an ended one again: all, those of a reason, or those of these numbers.

    The rows are those of before; the destination is the definition's as it is now.
    """
    actor.require("exports:write")
    parent = await get_run(session, actor, run_id=run_id)
    if parent.active:
        raise RunActiveError(f"The run of {parent.definition_label} is not over yet. Wait until it ends.")
    if not parent.failed:
        raise NothingFailedError(f"No row of this run of {parent.definition_label} failed, so none can be sent again.")
    if (code or rows) and not await has_row_error(session, parent, code=code, rows=rows):
        raise NothingFailedError(
            f"No row of this run of {parent.definition_label} that failed fits your choice. Look at its row errors."
        )
    definition = await get_definition(session, actor, definition_id=parent.definition_id)
    earlier = read_snapshot(await store.find_snapshot(session, run_id))
    values = {
        "snapshot_id": await take_snapshot(session, actor, definition, keys=resources.keys, earlier=earlier),
        "parent_id": run_id,
        "trigger": "resend",
        "resent": {"code": code, "rows": rows},
    }
    return await create_run(session, actor, resources.jobs, definition, values)


async def create_run(
    session: Session, actor: Actor, jobs: JobQueue, definition: Definition, values: Mapping[str, Any]
) -> Run:
    """Store a run and its first shard, enqueue that, and note that the run was started."""
    run_id = new_id()
    ids = {"id": run_id, "chain_id": definition.chain_id, "definition_id": definition.id}
    row = {**values, **ids, "queue": definition.queue.value, **actor.signature}
    if not await create_runs(session, jobs, [row]):
        raise RunActiveError(
            f"{definition.label} has an active run already. Wait until it ends, or cancel it.",
            definition_id=str(definition.id),
        )
    payload = {"definition_id": str(definition.id), "trigger": values["trigger"]}
    await record_events(session, [Event(definition.chain_id, RUN_CREATED, run_id, payload)])
    entry = Entry("run_started", "run", run_id, definition.internal_name, definition.chain_id, after=payload)
    await record_entries(session, actor, [entry])
    return await get_run(session, actor, run_id=run_id)


async def create_runs(session: Session, jobs: JobQueue, runs: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Store runs with their first shards and jobs; return the ids of those that could be: the others have a rival."""
    made = await store.insert_runs(session, runs)
    if made:
        await shards_store.insert_shards(session, made)
        waiting = [
            (job_of(run["queue"]), lock_of(run["id"], 0), {"run_id": str(run["id"]), "shard": 0})
            for run in runs
            if run["id"] in made
        ]
        await jobs.defer_many(session, waiting)
    return made


async def defer_shards(
    jobs: JobQueue, session: Session, run_id: UUID, shards: Sequence[int], *, queue: str, again: bool = False
) -> None:
    """Enqueue the shards in the caller's transaction; `again`, where a job of theirs may wait already."""
    for shard in shards:
        lock = None if again else lock_of(run_id, shard)
        await jobs.defer(session, job_of(queue), lock=lock, run_id=str(run_id), shard=shard)


async def defer_stalled(jobs: JobQueue, run_id: UUID, shard: int, *, queue: str) -> None:
    """Enqueue a shard unless a job of its own waits already, in a transaction of its own."""
    await jobs.defer_once(job_of(queue), lock_of(run_id, shard), run_id=str(run_id), shard=shard)


def job_of(queue: str) -> Job:
    """Return the job of a run in that queue: workers take the highest first."""
    return replace(EXECUTE_RUN, priority=PRIORITIES[RunQueue(queue)])


def lock_of(run_id: UUID, shard: int) -> str:
    """Return what only one waiting job may have."""
    return f"{run_id}/{shard}"


async def get_run(session: Session, actor: Actor, *, run_id: UUID) -> Run:
    """Return the run."""
    actor.require("exports:read")
    row = await store.find_run(session, run_id, chains=actor.reach())
    if row is None:
        raise RunNotFoundError(f"There is no run {run_id}. List the runs to find the one you mean.")
    return make_run(row)


async def list_runs(
    session: Session, actor: Actor, wanted: RunFilter = EVERY_RUN, *, number: int = 1, size: int = 50
) -> Page[Run]:
    """Return a page of runs, newest first."""
    actor.require("exports:read")
    scope = {"chains": actor.reach(), **asdict(wanted)}
    rows, total = await store.list_runs(session, scope, offset=(number - 1) * size, limit=size)
    return Page([make_run(row) for row in rows], total, number, size)


async def list_last_runs(session: Session, actor: Actor, definition_ids: Sequence[UUID]) -> dict[UUID, Run]:
    """Return the newest run of each definition that has one, by the definition's id."""
    actor.require("exports:read")
    rows = await store.list_last_runs(session, definition_ids, chains=actor.reach())
    return {run.definition_id: run for run in map(make_run, rows)}


async def cancel_run(session: Session, actor: Actor, resources: Resources, *, run_id: UUID) -> Run:
    """Ask for the run's end: what is in flight is settled, the rest is skipped.

    A held run ends at once, and so does one that no worker has begun: all may be busy for hours.
    """
    actor.require("exports:write")
    run = await get_run(session, actor, run_id=run_id)
    locked = await store.lock_run(session, run_id)
    state = await store.request_cancel(session, run_id)
    if locked is None or state is None:
        raise RunEndedError(f"The run of {run.definition_label} has ended already, so there is nothing to cancel.")
    if state == RunState.HELD:
        await drop_held(session, resources, run_id, f"Dropped by {actor.name} while it was held.")
    if state == RunState.PENDING:
        await end_unsent(session, resources, run_id, RunResult("cancelled"))
    entry = Entry("run_cancelled", "run", run_id, run.definition_name, run.chain_id)
    await record_entries(session, actor, [entry])
    return await get_run(session, actor, run_id=run_id)


async def release_run(session: Session, actor: Actor, resources: Resources, *, run_id: UUID) -> Run:
    """Let a held run go on. Where its owner may not see what it sends, the actor takes the export over."""
    actor.require("exports:write")
    run = await get_run(session, actor, run_id=run_id)
    if run.personal:
        actor.require("members:read")
    await store.lock_run(session, run_id)
    if not await store.release_run(session, run_id, actor):
        raise NotHeldError(f"The run of {run.definition_label} is not held, so there is nothing to release.")
    if any(finding.gate == OWNER for finding in run.findings):
        await take_over(session, actor, run, now=resources.clock())
    await store.add_moment(session, run_id, "released", actor.name)
    shards = await shards_store.list_open_shards(session, run_id)
    await defer_shards(resources.jobs, session, run_id, shards, queue=run.queue, again=True)
    entry = Entry("run_released", "run", run_id, run.definition_name, run.chain_id)
    await record_entries(session, actor, [entry])
    return await get_run(session, actor, run_id=run_id)


async def take_over(session: Session, actor: Actor, run: Run, *, now: datetime) -> None:
    """Let the actor own the definition, if users and API keys of such rights may."""
    owner = owner_of(actor)
    await check_owner(session, run.chain_id, owner, now=now)
    assert owner is not None
    definition = await get_definition(session, actor, definition_id=run.definition_id)
    await definitions_store.set_owner(session, run.definition_id, owner)
    values = ({"owner": definition.owner.name if definition.owner else None}, {"owner": owner.name})
    await record_change(
        session, actor, asdict(definition), kind=KIND, event=DEFINITION_UPDATED, action="updated", values=values
    )


async def promote_waiting(jobs: JobQueue) -> int:
    """Let runs that wait for half an hour go before all others: the queues below *High* are not to starve."""
    return await jobs.promote_waiting(Queue.RUNS, seconds=LONGEST_WAIT_SECONDS, priority=PROMOTED)


async def drop_forgotten(resources: Resources) -> int:
    """Cancel runs that have been held for a week; return how many."""
    async with resources.database.session() as session:
        forgotten = await store.list_held_too_long(session, HELD_DAYS)
        for run_id in forgotten:
            if await store.lock_run(session, run_id) is not None:
                await drop_held(session, resources, run_id, f"Nobody released the run for {HELD_DAYS} days.")
    return len(forgotten)


def make_run(row: Mapping[str, Any]) -> Run:
    """Turn a stored row into the value that other rooms and doors see."""
    values = {name: row[name] for name in Run.__slots__ if name in row}
    values["state"] = RunState(row["state"])
    values["queue"] = RunQueue(row["queue"])
    values["findings"] = msgspec.convert(row["findings"], list[Finding])
    return Run(**values)
