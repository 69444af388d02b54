"""Who may work on a shard: claiming it, holding it, giving it back."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from tessera.exports.contract import ClaimedShard
from tessera.exports.errors import LeaseLostError
from tessera.exports.results import CANCELLED, STOPPED, RunResult
from tessera.exports.snapshots import read_snapshot
from tessera.exports.store import runs as runs_store
from tessera.exports.store import shards as store
from tessera.platform import schedules
from tessera.platform.clock import Clock
from tessera.platform.db import Database

T = TypeVar("T")

LONGEST_LOOK_SECONDS = 1.0


async def claim_shard(
    database: Database, run_id: UUID, shard: int, *, worker: str, seconds: float
) -> ClaimedShard | None:
    """Take the shard, waiting for a dead worker's lease to run down; None when it has ended, is held or worked on."""
    held = float("inf")
    while True:
        async with database.session() as session:
            taken = await store.claim_shard(session, run_id, shard, worker=worker, lease=seconds)
            if taken is not None:
                first = taken["epoch"] == 1
                run = await runs_store.start_run(session, run_id, worker=worker, taken_over=not first)
                assert run is not None
                if shard == 0 and first and run["scheduled_for"] is not None:
                    await schedules.note_starts(session, [run_id], now=run["claimed_at"])
                if shard == 0 or not first:
                    kind = "started" if first else "taken_over"
                    await runs_store.add_moment(session, run_id, kind, worker)
                return make_claim(taken, run)
            remaining = await store.find_lease(session, run_id, shard)
        # A lease that only runs down belonged to a worker that died; one that grew, to a worker that lives.
        if remaining is None or remaining > held:
            return None
        held = remaining
        await asyncio.sleep(min(max(remaining, 0.05), 0.5))


def make_claim(shard: Mapping[str, Any], run: Mapping[str, Any]) -> ClaimedShard:
    """Return what a worker holds."""
    return ClaimedShard(
        run_id=run["id"],
        **{name: run[name] for name in RUN_COLUMNS},
        **{name: shard[name] for name in SHARD_COLUMNS},
        shards=read_snapshot(run["snapshot"]).shards,
        doubted_before=run["claimed_at"],
        ending=find_ending(run),
        snapshot=read_snapshot(run["snapshot"]),
    )


def find_ending(run: Mapping[str, Any]) -> RunResult | None:
    """Return how the run should end early, if anyone wants that."""
    if run["cancel_requested"]:
        return CANCELLED
    return None if run["ending"] is None else RunResult(run["ending"], run["error_code"], run["error"])


RUN_COLUMNS = (
    *("created_at", "chain_id", "definition_id", "started_at", "scheduled_for", "period_from", "period_to"),
    *("full_refresh", "selected", "trigger", "parent_id", "resent"),
)
SHARD_COLUMNS = ("shard", "epoch", "first_row", "last_row", "planned_row")


class Lease:
    """One worker's hold on one shard. `ending` is set when the run should end early, whatever phase it is in."""

    def __init__(
        self, database: Database, claim: ClaimedShard, *, started: datetime, seconds: float, hours: float
    ) -> None:
        self._database = database
        self._key = (claim.run_id, claim.shard, claim.epoch)
        self._seconds = seconds
        self._deadline = started + timedelta(hours=hours)
        self._hours = hours
        self.ending: asyncio.Future[RunResult] = asyncio.get_running_loop().create_future()
        if claim.ending is not None:
            self._end(claim.ending)

    async def keep_forever(self, clock: Clock) -> None:
        """Renew the lease until cancelled; raise LeaseLostError once another worker has the shard."""
        while True:
            async with self._database.session() as session:
                wish = await store.renew_lease(session, *self._key, lease=self._seconds)
            if wish is None:
                raise LeaseLostError
            if (ending := find_ending(wish)) is not None:
                self._end(ending)
            elif clock() > self._deadline:
                message = f"The run took longer than its {self._hours:g} hours. Send fewer rows, or allow more time."
                self._end(RunResult("failed", "deadline", message))
            # A third of the lease: a renewal may come late without the shard being taken away. And never long, because
            # this is how a cancellation is seen.
            await asyncio.sleep(min(self._seconds / 3, LONGEST_LOOK_SECONDS))

    def stop(self) -> None:
        """Let the shard go on in another worker: this one stops."""
        self._end(STOPPED)

    def when_ending(self, act: Callable[[RunResult], None]) -> None:
        """Call `act` when the run should end early; at once if that is so already."""
        self.ending.add_done_callback(lambda ending: act(ending.result()))

    async def unless_ended(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Return what the work returns, or None when it was broken off because the run should end."""
        task = asyncio.create_task(work)
        try:
            both: list[asyncio.Future[Any]] = [task, self.ending]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            return await task if task.done() else None
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def release(self) -> None:
        """Let another worker take the shard at once."""
        async with self._database.session() as session:
            await store.release_lease(session, *self._key)

    def _end(self, ending: RunResult) -> None:
        if not self.ending.done():
            self.ending.set_result(ending)


async def run_beside(work: Awaitable[T], *companions: Awaitable[None]) -> T:
    """Return what the work returns; a companion only ever ends by failing, and then its failure ends the work."""
    main = asyncio.ensure_future(work)
    beside = [asyncio.ensure_future(companion) for companion in companions]
    try:
        await asyncio.wait([main, *beside], return_when=asyncio.FIRST_COMPLETED)
        for companion in beside:
            if companion.done():
                companion.result()
        return await main
    finally:
        for task in (main, *beside):
            task.cancel()
        await asyncio.gather(main, *beside, return_exceptions=True)
