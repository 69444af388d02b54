"""The job queue on PostgreSQL: declare, defer, work, and take back what a killed worker left."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tessera.platform.db import SEARCH_PATH, Database, Session, change_in_batches, driver
from tessera.platform.jobs.chores import Chore, doing_chores
from tessera.platform.signals import calling_on_stop

# Loaded with the first job: most commands enqueue none.
if TYPE_CHECKING:
    import procrastinate
    from procrastinate import jobs

logger = logging.getLogger(__name__)

# Any fixed number does: it only has to be the same in every worker.
SWEEP_LOCK = 7_301_993
FORGET = """
DELETE FROM procrastinate_jobs WHERE id IN (
  SELECT j.id FROM procrastinate_jobs j
   WHERE j.status NOT IN ('todo', 'doing')
     AND NOT EXISTS (SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id AND e.at >= %s)
   LIMIT %s)
"""
PROMOTE = """
UPDATE procrastinate_jobs j SET priority = %(priority)s
 WHERE j.status = 'todo' AND j.queue_name = %(queue)s AND j.priority < %(priority)s
   AND EXISTS (SELECT 1 FROM procrastinate_events e
                WHERE e.job_id = j.id AND e.type = 'deferred' AND e.at < now() - make_interval(secs => %(seconds)s))
"""
# In one transaction, so that none is long.
MOST_FORGOTTEN = 2_000


class Queue(StrEnum):
    """Where jobs wait. Each queue has slots of its own in every worker, so that none waits for another's jobs."""

    SHORT = "short"
    RUNS = "runs"
    NOTICES = "notices"


# What a job has begun gets this long at the end; `tessera up` ends a worker soon after.
STOP_SECONDS = 5.5


@dataclass(frozen=True, slots=True)
class Job:
    """A declared unit of work, `room.verb_noun`. An unexpected error is tried again `retries` times.

    Of the jobs that wait in one queue, those of the highest `priority` go first.
    """

    name: str
    retries: int = 5
    queue: Queue = Queue.SHORT
    priority: int = 0


class JobQueue:
    """Defers jobs from anywhere and works them off in worker processes.

    A job that a killed worker left is given to another by `sweep`; what the job works on decides, by a lease of its
    own, who may write.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    @cached_property
    def app(self) -> "procrastinate.App":
        """The library's own object."""
        import procrastinate

        connector = procrastinate.PsycopgConnector(
            conninfo=self.database.address,
            min_size=1,
            max_size=6,
            kwargs={"options": f"-c search_path={SEARCH_PATH} -c timezone=UTC", "application_name": "tessera jobs"},
        )
        return procrastinate.App(connector=connector)

    async def defer(
        self,
        session: Session,
        job: Job,
        *,
        lock: str | None = None,
        turn: str | None = None,
        at: datetime | None = None,
        **arguments: Any,
    ) -> None:
        """Enqueue the job in the caller's transaction: it exists if and only if that commits.

        Of the jobs with the same `turn`, one runs after the other, in the order in which they were enqueued.
        """
        connection = await driver(session)
        task = self.app.configure_task(
            **placed(job), queueing_lock=lock, lock=turn, schedule_at=at, connection=connection
        )
        await task.defer_async(**arguments)

    async def defer_many(self, session: Session, waiting: Sequence[tuple[Job, str, Mapping[str, Any]]]) -> None:
        """Enqueue jobs, each with its lock and arguments, in the caller's transaction and one statement."""
        if not waiting:
            return
        jobs = [
            self.app.configure_task(**placed(job), queueing_lock=lock).make_new_job(**arguments)
            for job, lock, arguments in waiting
        ]
        await self.app.job_manager.batch_defer_jobs_async(jobs=jobs, connection=await driver(session))

    async def defer_once(self, job: Job, lock: str, **arguments: Any) -> None:
        """Enqueue the job in a transaction of its own, unless one with that lock already waits in the queue."""
        from procrastinate.exceptions import AlreadyEnqueued

        with suppress(AlreadyEnqueued):
            await self.app.configure_task(**placed(job), queueing_lock=lock).defer_async(**arguments)

    def handle(self, job: Job, function: Callable[..., Awaitable[None]]) -> None:
        """Let this process's worker run the job with `function`."""
        import procrastinate

        # The library takes no attempts for any number of them.
        retry = procrastinate.RetryStrategy(max_attempts=job.retries, exponential_wait=2) if job.retries else False
        self.app.task(name=job.name, retry=retry)(function)

    async def work(
        self, *, name: str, slots: Mapping[Queue, int], heartbeat: float, stalled: float, on_stop: Callable[[], None]
    ) -> None:
        """Work until cancelled or stopped by a signal, so many jobs of each queue at once; times in seconds.

        `on_stop` is called when a signal comes: jobs under way have `STOP_SECONDS` from then on.
        """
        sweeping = Chore("jobs.sweep_stalled", max(heartbeat, stalled / 2), lambda: self.sweep(stalled))
        async with self.app.open_async(), doing_chores([sweeping]):
            working = [
                asyncio.create_task(
                    self.app.run_worker_async(
                        name=name,
                        queues=[queue.value],
                        concurrency=count,
                        fetch_job_polling_interval=5.0,
                        update_heartbeat_interval=heartbeat,
                        stalled_worker_timeout=stalled,
                        delete_jobs="successful",
                        shutdown_graceful_timeout=STOP_SECONDS,
                        install_signal_handlers=False,
                    )
                )
                for queue, count in slots.items()
            ]

            def stop() -> None:
                on_stop()
                for task in working:
                    task.cancel()

            try:
                with calling_on_stop(stop):
                    await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
            finally:
                # Once only: a second request would break off the jobs that the first lets end.
                for task in working:
                    if not task.cancelling():
                        task.cancel()
                ended = await asyncio.gather(*working, return_exceptions=True)
            for error in ended:
                if isinstance(error, Exception):
                    raise error

    async def promote_waiting(self, queue: Queue, *, seconds: float, priority: int) -> int:
        """Give jobs that have waited for so long that priority, so that others cannot go first endlessly."""
        async with self.database.session() as session:
            connection = await driver(session)
            parameters = {"queue": queue.value, "seconds": seconds, "priority": priority}
            return (await connection.execute(PROMOTE, parameters)).rowcount

    async def purge_ended(self, *, before: datetime, most: int = MOST_FORGOTTEN) -> int:
        """Delete jobs that failed for good before then, a batch a transaction; return how many."""

        async def purge(session: Session, *, most: int) -> int:
            connection = await driver(session)
            return (await connection.execute(FORGET, [before, most])).rowcount

        return await change_in_batches(self.database, purge, most=most)

    async def sweep(self, stalled: float) -> int:
        """Put the jobs of workers silent for `stalled` seconds back in the queue; return how many."""
        # One sweeper at a time: two that read the same job would put it back twice, the second time
        # from under the worker that had just taken it.
        async with self.database.session() as session:
            connection = await driver(session)
            cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", [SWEEP_LOCK])
            row = await cursor.fetchone()
            if row is None or not row[0]:
                return 0
            left = list(await self.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled))
            for job in left:
                logger.warning("job %s (%s) was left by its worker and goes to another", job.id, job.task_name)
                await self.put_back(job)
            return len(left)

    async def put_back(self, job: "jobs.Job") -> None:
        """Queue a stalled job again, or drop it where one with its lock waits already."""
        from procrastinate import jobs
        from procrastinate.exceptions import UniqueViolation

        manager = self.app.job_manager
        try:
            await manager.retry_job(job)
        except UniqueViolation:
            await manager.finish_job(job, status=jobs.Status.ABORTED, delete_job=True)


def placed(job: Job) -> dict[str, Any]:
    """Return what names a job to the queue's library."""
    return {"name": job.name, "allow_unknown": True, "queue": job.queue.value, "priority": job.priority}
