"""Executes runs: claims a shard, selects the rows, has its kind deliver them, and ends it with counts that are true."""

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from tessera.exports.announcements import announce_start
from tessera.exports.contract import ClaimedShard, Shipment
from tessera.exports.endings import finish_shard
from tessera.exports.errors import LeaseLostError
from tessera.exports.execution.lease import Lease, claim_shard, run_beside
from tessera.exports.execution.selection import ENDED, HELD, select_rows
from tessera.exports.registry import get_kind
from tessera.exports.results import COMPLETED, STOPPED, UNFORESEEN, RunResult
from tessera.exports.runs import defer_shards, defer_stalled
from tessera.exports.store import runs as store
from tessera.exports.store import shards as shards_store
from tessera.platform.actors import system_actor
from tessera.platform.db import explain_database_error
from tessera.platform.errors import TesseraError, UnavailableError
from tessera.platform.http import OutboundClient
from tessera.platform.jobs import name_worker
from tessera.platform.paces import Paces
from tessera.platform.resources import Resources
from tessera.queries import QueryEngine

logger = logging.getLogger(__name__)

ACTOR = system_actor("exports")
FAR_FUTURE = datetime(9999, 1, 1, tzinfo=UTC)


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

    async def execute(self, run_id: str, shard: int = 0) -> None:
        """Execute a shard of the run, or go on where another worker left it; do nothing if it has ended or is taken."""
        settings = self._resources.settings
        seconds = settings.run_lease_seconds
        claim = await claim_shard(self._database, UUID(run_id), shard, worker=self.name, seconds=seconds)
        if claim is None:
            return
        started = claim.started_at
        lease = Lease(self._database, claim, started=started, seconds=seconds, hours=settings.run_deadline_hours)
        self._held.add(lease)
        if self._stopping:
            lease.stop()
        try:
            await self._announce(claim)
            ending = await run_beside(self._carry_out(claim, lease), lease.keep_forever(self._resources.clock))
            await self._conclude(claim, ending)
        except LeaseLostError:
            logger.warning("run %s went to another worker", run_id)
        except asyncio.CancelledError:
            await lease.release()
            raise
        finally:
            self._held.discard(lease)

    async def requeue_stalled(self) -> None:
        """Give a new job to shards without a worker: theirs ended in an error or with its worker."""
        async with self._database.session() as session:
            stalled = await shards_store.list_stalled_shards(session, self._resources.settings.run_lease_seconds * 2)
        for each in stalled:
            await defer_stalled(self._resources.jobs, each["run_id"], each["shard"], queue=each["queue"])

    async def _announce(self, claim: ClaimedShard) -> None:
        """Let monitors hear that the run began: with its first shard, and its first worker."""
        if claim.shard == 0 and claim.epoch == 1:
            async with self._database.session() as session:
                run = await store.find_run(session, claim.run_id, chains=None)
                if run is not None:
                    await announce_start(session, self._resources, run)

    async def _conclude(self, claim: ClaimedShard, ending: RunResult) -> None:
        if ending is STOPPED:
            await self._hand_over(claim)
        elif ending not in (HELD, ENDED):
            # What this worker began is settled, or still waited for its turn, unless it broke off in the middle.
            doubted = FAR_FUTURE if ending is UNFORESEEN else claim.doubted_before
            await finish_shard(self._resources, claim, ending, doubted=doubted)

    async def _hand_over(self, claim: ClaimedShard) -> None:
        async with self._database.session() as session:
            await shards_store.release_lease(session, claim.run_id, claim.shard, claim.epoch)
            queue = await store.find_queue(session, claim.run_id)
            await defer_shards(self._resources.jobs, session, claim.run_id, [claim.shard], queue=queue, again=True)

    async def _carry_out(self, claim: ClaimedShard, lease: Lease) -> RunResult:
        try:
            if claim.selected is None:
                selecting = select_rows(self._resources, self._engine, claim)
                ending = await lease.unless_ended(selecting)
                if ending is not None:
                    return ending
                if lease.ending.done():
                    return lease.ending.result()
                claim = await self._go_on(claim)
            if lease.ending.done():
                return lease.ending.result()
            kind = get_kind(claim.snapshot.kind)
            if claim.last_row is None or (claim.last_row < claim.first_row and not kind.delivers_nothing):
                return COMPLETED
            return await kind.deliver(Shipment(claim, lease, self._resources, self._client, self._paces, ACTOR))
        except (LeaseLostError, UnavailableError):
            # Not the run's fault: the job is tried again and goes on from here.
            raise
        except TesseraError as error:
            return RunResult("failed", error.code, error.message)
        except Exception as error:
            if explain_database_error(error) is not None:
                raise
            logger.exception("run %s failed unexpectedly", claim.run_id)
            return UNFORESEEN

    async def _go_on(self, claim: ClaimedShard) -> ClaimedShard:
        """Return the claim with its rows, now that the selection is committed, and let other workers take the rest."""
        async with self._database.session() as session:
            read = await shards_store.find_rows(session, claim.run_id)
            others = [each["shard"] for each in read if each["shard"] != claim.shard]
            if others:
                queue = await store.find_queue(session, claim.run_id)
                await defer_shards(self._resources.jobs, session, claim.run_id, others, queue=queue)
        (mine,) = [each for each in read if each["shard"] == claim.shard]
        return replace(
            claim,
            selected=mine["selected"],
            first_row=mine["first_row"],
            last_row=mine["last_row"],
            planned_row=mine["planned_row"],
        )
