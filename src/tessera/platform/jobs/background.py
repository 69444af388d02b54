"""What a room does in a worker, as one value, and the worker that does it for all rooms."""

import os
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta

from tessera.platform.clock import Clock
from tessera.platform.jobs.chores import HOURLY, Chore, doing_chores
from tessera.platform.jobs.queue import Job, JobQueue, Queue


@dataclass(frozen=True, slots=True)
class BackgroundWork:
    """The jobs of a room with their handlers, its chores, and what it does when a worker starts and stops.

    `start` runs before the first job. `stop` is called when a signal comes and only takes note; `finish` then waits
    for what is under way.
    """

    handlers: Mapping[Job, Callable[..., Awaitable[None]]] = field(default_factory=dict)
    chores: Sequence[Chore] = ()
    start: Callable[[], Awaitable[None]] | None = None
    stop: Callable[[], None] | None = None
    finish: Callable[[], Awaitable[None]] | None = None

    def handle_jobs(self, jobs: JobQueue) -> None:
        """Let this process's worker run the jobs."""
        for job, handler in self.handlers.items():
            jobs.handle(job, handler)


def name_worker() -> str:
    """Return what identifies this worker in logs and runs."""
    return f"{socket.gethostname()}:{os.getpid()}"


async def work_in_background(
    jobs: JobQueue, works: Sequence[BackgroundWork], *, slots: Mapping[Queue, int], heartbeat: float, stalled: float
) -> None:
    """Do the work of all rooms until a signal says stop; times in seconds."""

    def stop() -> None:
        for work in works:
            if work.stop is not None:
                work.stop()

    for work in works:
        work.handle_jobs(jobs)
    for work in works:
        if work.start is not None:
            await work.start()
    async with AsyncExitStack() as chores:
        for work in works:
            await chores.enter_async_context(doing_chores(work.chores))
        await jobs.work(name=name_worker(), slots=slots, heartbeat=heartbeat, stalled=stalled, on_stop=stop)
        # Before the chores end: what is to be finished may be one of them.
        for work in works:
            if work.finish is not None:
                await work.finish()


def job_queue_work(jobs: JobQueue, *, days: int, clock: Clock) -> BackgroundWork:
    """Return the queue's own work: it keeps failed jobs for so many days."""
    return BackgroundWork(
        chores=[Chore("jobs.purge_ended", HOURLY, lambda: jobs.purge_ended(before=clock() - timedelta(days=days)))]
    )
