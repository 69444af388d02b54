"""Who may work on a run: claiming it, holding it, giving it back."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from tessera.exports.errors import LeaseLostError
from tessera.exports.execution.outcomes import STOPPED
from tessera.exports.execution.requests import RunResult
from tessera.exports.store import runs as store
from tessera.platform.clock import Clock
from tessera.platform.db import Database

T = TypeVar("T")

LONGEST_LOOK_SECONDS = 1.0

CANCELLED = RunResult("cancelled", "cancelled", "The run was cancelled. Start a new one to send the skipped rows.")


async def claim_run(database: Database, run_id: UUID, *, worker: str, seconds: float) -> Mapping[str, Any] | None:
    """Take the run, waiting for a dead worker's lease to run down; None when it has ended or is worked on."""
    held = float("inf")
    while True:
        async with database.session() as session:
            run = await store.claim_run(session, run_id, worker=worker, lease=seconds)
            if run is not None:
                await store.add_moment(session, run_id, "started" if run["epoch"] == 1 else "taken_over", worker)
                return run
            remaining = await store.find_lease(session, run_id)
        # A lease that only runs down belonged to a worker that died; one that grew, to a worker that lives.
        if remaining is None or remaining > held:
            return None
        held = remaining
        await asyncio.sleep(min(max(remaining, 0.05), 0.5))


class Lease:
    """One worker's hold on one run. `ending` is set when the run should end early, whatever phase it is in."""

    def __init__(self, database: Database, run: Mapping[str, Any], *, seconds: float, hours: float) -> None:
        self._database = database
        self._run_id = run["id"]
        self._epoch = run["epoch"]
        self._seconds = seconds
        self._deadline = run["started_at"] + timedelta(hours=hours)
        self._hours = hours
        self.ending: asyncio.Future[RunResult] = asyncio.get_running_loop().create_future()

    async def keep_forever(self, clock: Clock) -> None:
        """Renew the lease until cancelled; raise LeaseLostError once another worker has the run."""
        while True:
            async with self._database.session() as session:
                cancel = await store.renew_lease(session, self._run_id, self._epoch, self._seconds)
            if cancel is None:
                raise LeaseLostError
            if cancel:
                self._end(CANCELLED)
            elif clock() > self._deadline:
                message = f"The run took longer than its {self._hours:g} hours. Send fewer rows, or allow more time."
                self._end(RunResult("failed", "deadline", message))
            # A third of the lease: a renewal may come late without the run being taken away. And never long, because
            # this is how a cancellation is seen.
            await asyncio.sleep(min(self._seconds / 3, LONGEST_LOOK_SECONDS))

    def stop(self) -> None:
        """Let the run go on in another worker: this one stops."""
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
        """Let another worker take the run at once."""
        async with self._database.session() as session:
            await store.release_lease(session, self._run_id, self._epoch)

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
