"""Executes runs: claims one, selects its rows, has them delivered, and ends it with counts that are true."""

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg

from tessera.connectors.calls import record_call
from tessera.connectors.paces import PaceLimits, Paces, RunPace
from tessera.exports.errors import LeaseLostError
from tessera.exports.events import RUN_FINISHED
from tessera.exports.execution.delivery import COMPLETED, Delivery
from tessera.exports.execution.lease import Lease, claim_run, run_beside
from tessera.exports.execution.outcomes import STOPPED, Judge
from tessera.exports.execution.profile_changes import call_of
from tessera.exports.execution.recorder import Recorder
from tessera.exports.execution.requests import RunResult
from tessera.exports.execution.takeover import resume_requests
from tessera.exports.execution.windows import Numbers, WindowReader
from tessera.exports.runs import EXECUTE_RUN
from tessera.exports.snapshots import Snapshot, read_snapshot
from tessera.exports.store import run_log, spool
from tessera.exports.store import runs as store
from tessera.outbound import Sender, make_renderer, open_sender
from tessera.outbound.rendering import RunFacts
from tessera.platform.actors import system_actor
from tessera.platform.db import driver, explain_database_error
from tessera.platform.errors import TesseraError, UnavailableError
from tessera.platform.events import Event, record_events
from tessera.platform.http import OutboundClient
from tessera.platform.jobs import name_worker
from tessera.platform.resources import Resources
from tessera.queries import QueryEngine

logger = logging.getLogger(__name__)

ACTOR = system_actor("exports")
UNFORESEEN = RunResult(
    "failed", "internal_error", "The run met a fault of Tessera's own. The worker's log has the details."
)

FAR_FUTURE = datetime(9999, 1, 1, tzinfo=UTC)

# For how long calls under way are waited for: when the run is cancelled, which takes 5 s at most, and when the worker
# stops, which takes 10.
CANCELLED_SECONDS, STOPPED_SECONDS = 3.0, 4.5

# Rows are held as text and as values while a window is planned; more at once would only cost memory.
MOST_ROWS_PER_WINDOW = 8000


class Executor:
    """Executes runs in this worker; `name` identifies it in the log."""

    def __init__(
        self,
        resources: Resources,
        engine: QueryEngine,
        client: OutboundClient,
        paces: Paces,
        *,
        name: str | None = None,
    ) -> None:
        self._resources = resources
        self._database = resources.database
        self._engine = engine
        self._client = client
        self._paces = paces
        self.name = name or name_worker()
        self._held: set[Lease] = set()
        self._stopping = False

    def stop(self) -> None:
        """Begin no request any more, let the calls under way end, and leave the runs to other workers."""
        self._stopping = True
        for lease in self._held:
            lease.stop()

    async def execute(self, run_id: str) -> None:
        """Execute the run, or go on where another worker left it; do nothing if it has ended or is worked on."""
        settings = self._resources.settings
        seconds = settings.run_lease_seconds
        run = await claim_run(self._database, UUID(run_id), worker=self.name, seconds=seconds)
        if run is None:
            return
        lease = Lease(self._database, run, seconds=seconds, hours=settings.run_deadline_hours)
        self._held.add(lease)
        if self._stopping:
            lease.stop()
        try:
            ending = await run_beside(self._carry_out(run, lease), lease.keep_forever(self._resources.clock))
            if ending is STOPPED:
                await self._hand_over(run)
            else:
                await self._finish(run, ending)
        except LeaseLostError:
            logger.warning("run %s went to another worker", run_id)
        except asyncio.CancelledError:
            await lease.release()
            raise
        finally:
            self._held.discard(lease)

    async def requeue_stalled(self) -> None:
        """Give a new job to active runs without a worker: theirs ended in an error or with its worker."""
        async with self._database.session() as session:
            stalled = await store.list_stalled_runs(session, self._resources.settings.run_lease_seconds * 2)
        for run_id in stalled:
            await self._resources.jobs.defer_once(EXECUTE_RUN, str(run_id), run_id=str(run_id))

    async def _hand_over(self, run: Mapping[str, Any]) -> None:
        async with self._database.session() as session:
            await store.release_lease(session, run["id"], run["epoch"])
            await self._resources.jobs.defer(session, EXECUTE_RUN, run_id=str(run["id"]))

    async def _carry_out(self, run: Mapping[str, Any], lease: Lease) -> RunResult:
        try:
            snapshot = read_snapshot(run["snapshot"])
            sender = await self._open_sender(run, snapshot)
            selected = run["selected"]
            if selected is None:
                selected = await lease.unless_ended(self._select(run, snapshot))
            if lease.ending.done():
                return lease.ending.result()
            if not selected:
                return COMPLETED
            return await self._send(run, snapshot, sender, lease=lease, selected=selected)
        except (LeaseLostError, UnavailableError):
            # Not the run's fault: the job is tried again and goes on from here.
            raise
        except TesseraError as error:
            return RunResult("failed", error.code, error.message)
        except Exception as error:
            if explain_database_error(error) is not None:
                raise
            logger.exception("run %s failed unexpectedly", run["id"])
            return UNFORESEEN

    async def _open_sender(self, run: Mapping[str, Any], snapshot: Snapshot) -> Sender:
        async with self._database.session() as session:
            return await open_sender(
                session,
                ACTOR,
                chain_id=run["chain_id"],
                profile_id=snapshot.profile_id,
                shape=snapshot.shape,
                resources=self._resources,
                client=self._client,
            )

    async def _select(self, run: Mapping[str, Any], snapshot: Snapshot) -> int:
        """Write the selection into the spool: all of it in one transaction, so that a take-over finds all or none."""
        started = time.monotonic()
        async with self._database.session() as session:
            given = {"last_success_at": await store.find_last_success(session, run["definition_id"])}
        blocks = self._engine.copy_rows(
            run["chain_id"], snapshot.query, label=run["id"], now=run["started_at"], given=given
        )
        async with self._database.session() as session, aclosing(blocks):
            selected = await spool.fill_spool(await driver(session), run["id"], blocks)
            if not await store.set_selected(session, run["id"], run["epoch"], selected):
                raise LeaseLostError
            took = time.monotonic() - started
            await store.add_moment(session, run["id"], "selected", f"{selected:,} rows in {took:.1f} s")
        return selected

    async def _send(
        self, run: Mapping[str, Any], snapshot: Snapshot, sender: Sender, *, lease: Lease, selected: int
    ) -> RunResult:
        connection = await self._database.connect("tessera run", autocommit=True)
        try:
            kept_errors = await run_log.count_row_errors(connection, run["id"])
            recorder = Recorder(connection, run["id"], run["epoch"], kept_errors=kept_errors)
            judge = Judge(sender)
            async with self._open_pace(run, snapshot, sender) as pace:
                reader = await self._make_reader(run, snapshot, connection, pace)
                delivery = Delivery(reader, sender, recorder, pace=pace, judge=judge)
                lease.when_ending(lambda ending: delivery.end(ending, within=grace_of(ending)))
                return await self._deliver(
                    run, connection, reader, recorder, judge=judge, delivery=delivery, selected=selected
                )
        finally:
            await connection.close()

    def _open_pace(
        self, run: Mapping[str, Any], snapshot: Snapshot, sender: Sender
    ) -> AbstractAsyncContextManager[RunPace]:
        return self._paces.open(
            snapshot.profile_id,
            PaceLimits(sender.concurrency, sender.per_second, sender.per_minute),
            definition_id=run["definition_id"],
            concurrency=snapshot.concurrency,
        )

    async def _deliver(
        self,
        run: Mapping[str, Any],
        connection: psycopg.AsyncConnection[Any],
        reader: WindowReader,
        recorder: Recorder,
        *,
        judge: Judge,
        delivery: Delivery,
        selected: int,
    ) -> RunResult:
        try:
            rows = await run_log.list_open_requests(connection, run["id"])
            requests = await resume_requests(rows, reader, recorder, judge)
            ending = await delivery.run(requests, first_row=run["planned_row"] + 1, last_row=selected)
            await recorder.finish()
            return ending
        finally:
            delivery.abandon()
            await recorder.close()

    async def _make_reader(
        self, run: Mapping[str, Any], snapshot: Snapshot, connection: psycopg.AsyncConnection[Any], pace: RunPace
    ) -> WindowReader:
        columns = snapshot.query.columns
        requests = make_renderer(
            snapshot.connector,
            snapshot.shape,
            [(column.name, column.type) for column in columns],
            chain_id=run["chain_id"],
            keys=self._resources.keys,
        )
        facts = RunFacts(
            id=run["id"],
            export=snapshot.definition,
            template=snapshot.template,
            started_at=run["started_at"],
            chain_id=run["chain_id"],
            definition_id=run["definition_id"],
        )
        return WindowReader(
            self._database,
            run["id"],
            requests=requests,
            facts=facts,
            numbers=Numbers(*await run_log.find_last_numbers(connection, run["id"])),
            rows_per_window=choose_window(requests.rows_per_request, pace.most),
        )

    async def _finish(self, run: Mapping[str, Any], ending: RunResult) -> None:
        """End the run, its open requests and its time line in one transaction, and record an event."""
        async with self._database.session() as session:
            if not await store.lock_run(session, run["id"], run["epoch"]):
                raise LeaseLostError
            # What this worker began is settled, or still waited for its turn, unless it broke off in the middle.
            doubted = FAR_FUTURE if ending is UNFORESEEN else run["claimed_at"]
            unsure = await run_log.close_open_requests(await driver(session), run["id"], doubted)
            ended = await store.finish_run(
                session,
                run["id"],
                run["epoch"],
                state=ending.state,
                code=ending.code,
                message=ending.message,
                unsure=unsure,
            )
            await store.add_moment(session, run["id"], ended["state"], ending.message or "")
            if (call := call_of(ended)) is not None:
                await record_call(session, UUID(ended["snapshot"]["profile_id"]), call)
            payload = {name: ended[name] for name in ("state", "selected", "sent", "unchanged", "failed", "skipped")}
            await record_events(session, [Event(run["chain_id"], RUN_FINISHED, run["id"], payload)])


def grace_of(ending: RunResult) -> float:
    """Return for how many seconds calls under way are waited for when a run ends before its last row."""
    return STOPPED_SECONDS if ending is STOPPED else CANCELLED_SECONDS


def choose_window(rows_per_request: int, concurrency: int) -> int:
    """Return how many rows are planned and committed together.

    Half of what may be in flight: with as much again waiting for its turn, a crash leaves at most twice the
    concurrency begun and unsettled.
    """
    requests = min(max(1, concurrency // 2), max(1, MOST_ROWS_PER_WINDOW // rows_per_request))
    return rows_per_request * requests
