"""Runs: start one, watch it, cancel it. Executing one is the business of `execution`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.exports.definitions import get_definition
from tessera.exports.errors import RunActiveError, RunEndedError, RunNotFoundError
from tessera.exports.events import RUN_CREATED
from tessera.exports.snapshots import take_snapshot
from tessera.exports.states import RunState
from tessera.exports.store import runs as store
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session
from tessera.platform.events import Event, record_events
from tessera.platform.ids import new_id
from tessera.platform.jobs import Job, JobQueue, Queue
from tessera.platform.paging import Page

EXECUTE_RUN = Job("exports.run", queue=Queue.RUNS)
ACTIVE = frozenset({RunState.PENDING, RunState.RUNNING})


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a definition. `selected` is None until the selection is written down."""

    id: UUID
    chain_id: UUID
    definition_id: UUID
    definition_name: str
    definition_label: str
    trigger: str
    started_by: str
    started_by_kind: str | None
    started_by_id: UUID | None
    state: RunState
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    selected: int | None
    sent: int
    unchanged: int
    failed: int
    skipped: int
    requests: int
    attempts: int
    bytes: int
    error_code: str | None
    error: str | None
    worker: str | None
    take_overs: int
    cancel_requested: bool
    snapshot: Mapping[str, Any]

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


async def start_run(
    session: Session, actor: Actor, jobs: JobQueue, *, definition_id: UUID, trigger: str = "manual"
) -> Run:
    """Create a run of the definition as it is now, and the job that executes it."""
    actor.require("exports:write")
    definition = await get_definition(session, actor, definition_id=definition_id)
    snapshot = await take_snapshot(session, actor, definition)
    run_id = new_id()
    created = await store.insert_run(
        session,
        run_id=run_id,
        definition=definition,
        trigger=trigger,
        actor=actor,
        snapshot=snapshot,
    )
    if not created:
        raise RunActiveError(
            f"{definition.label} has an active run already. Wait until it ends, or cancel it.",
            definition_id=str(definition.id),
        )
    await jobs.defer(session, EXECUTE_RUN, lock=str(run_id), run_id=str(run_id))
    payload = {"definition_id": str(definition.id), "trigger": trigger}
    await record_events(session, [Event(definition.chain_id, RUN_CREATED, run_id, payload)])
    entry = Entry("run_started", "run", run_id, definition.internal_name, definition.chain_id, after=payload)
    await record_entries(session, actor, [entry])
    return await get_run(session, actor, run_id=run_id)


async def get_run(session: Session, actor: Actor, *, run_id: UUID) -> Run:
    """Return the run."""
    actor.require("exports:read")
    row = await store.find_run(session, run_id, chains=actor.reach())
    if row is None:
        raise RunNotFoundError(f"There is no run {run_id}. List the runs to find the one you mean.")
    return make_run(row)


async def list_runs(
    session: Session,
    actor: Actor,
    *,
    definition_id: UUID | None = None,
    state: RunState | None = None,
    search: str = "",
    number: int = 1,
    size: int = 50,
) -> Page[Run]:
    """Return a page of runs, newest first, of definitions whose label or internal name holds the text."""
    actor.require("exports:read")
    rows, total = await store.list_runs(
        session,
        chains=actor.reach(),
        definition_id=definition_id,
        state=state,
        search=search,
        offset=(number - 1) * size,
        limit=size,
    )
    return Page([make_run(row) for row in rows], total, number, size)


async def cancel_run(session: Session, actor: Actor, *, run_id: UUID) -> Run:
    """Ask for the run's end: what is in flight is settled, the rest is skipped."""
    actor.require("exports:write")
    run = await get_run(session, actor, run_id=run_id)
    if not await store.request_cancel(session, run_id):
        raise RunEndedError(f"The run of {run.definition_label} has ended already, so there is nothing to cancel.")
    entry = Entry("run_cancelled", "run", run_id, run.definition_name, run.chain_id)
    await record_entries(session, actor, [entry])
    return await get_run(session, actor, run_id=run_id)


def make_run(row: Mapping[str, Any]) -> Run:
    """Turn a stored row into the value that other rooms and doors see."""
    values = {name: row[name] for name in Run.__slots__ if name in row}
    values["state"] = RunState(row["state"])
    # The first claim starts the run; every further one takes it over.
    values["take_overs"] = max(0, row["epoch"] - 1)
    return Run(**values)
