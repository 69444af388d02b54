"""The job queue: short jobs beside long ones, the urgent first, failures kept for a while."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from sqlalchemy import text
from tests.builders.jobs import queued

from tessera.access.sign_in import SEND_RESET
from tessera.exports.runs import EXECUTE_RUN
from tessera.platform.clock import now
from tessera.platform.db import Database
from tessera.platform.jobs import Job, JobQueue, Queue
from tessera.platform.mail import SEND_MAIL
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing
from tessera.platform.settings import load_settings

PATIENCE = 30
SHORT, URGENT = Job("tests.short"), Job("tests.urgent", priority=10)
RUN, FAILING = Job("tests.run", queue=Queue.RUNS), Job("tests.failing", retries=0)


@pytest.fixture
def resources(database: Database, keys: KeyRing) -> Resources:
    return Resources(load_settings({}), database, keys, JobQueue(database))


@asynccontextmanager
async def working(jobs: JobQueue, **slots: int) -> AsyncIterator[None]:
    """Work off jobs meanwhile, as a worker does."""
    counts = {Queue[name.upper()]: count for name, count in slots.items()}
    task = asyncio.create_task(jobs.work(name="tests", slots=counts, heartbeat=1, stalled=5, on_stop=lambda: None))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def defer(jobs: JobQueue, *given: Job) -> None:
    async with jobs.database.session() as session:
        for job in given:
            await jobs.defer(session, job)


async def test_short_job_does_not_wait_for_runs(resources: Resources) -> None:
    jobs, hanging, done, end = resources.jobs, asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        hanging.set()
        await end.wait()

    async def note() -> None:
        done.set()

    jobs.handle(RUN, hang)
    jobs.handle(SHORT, note)
    async with working(jobs, runs=1, short=1):
        await defer(jobs, RUN, RUN)
        await asyncio.wait_for(hanging.wait(), PATIENCE)
        await defer(jobs, SHORT)
        await asyncio.wait_for(done.wait(), PATIENCE)
        end.set()


async def test_urgent_job_goes_first(resources: Resources) -> None:
    jobs, order, both = resources.jobs, list[str](), asyncio.Event()

    def noting(name: str) -> object:
        async def note() -> None:
            order.append(name)
            if len(order) == 2:
                both.set()

        return note

    jobs.handle(SHORT, noting("short"))  # type: ignore[arg-type]
    jobs.handle(URGENT, noting("urgent"))  # type: ignore[arg-type]
    await defer(jobs, SHORT, URGENT)
    async with working(jobs, short=1):
        await asyncio.wait_for(both.wait(), PATIENCE)
    assert order == ["urgent", "short"]


async def test_job_that_waited_long_goes_before_urgent_ones(resources: Resources) -> None:
    jobs, order, both = resources.jobs, list[str](), asyncio.Event()

    def note(name: str) -> None:
        order.append(name)
        if len(order) == 2:
            both.set()

    async def low() -> None:
        note("low")

    async def high() -> None:
        note("high")

    waiting, urgent = Job("tests.low", queue=Queue.RUNS, priority=-10), Job("tests.high", queue=Queue.RUNS, priority=10)
    jobs.handle(waiting, low)
    jobs.handle(urgent, high)
    await defer(jobs, waiting)
    async with jobs.database.session() as session:
        await session.execute(text("UPDATE procrastinate_events SET at = now() - interval '1 hour'"))
    await defer(jobs, urgent)
    assert await jobs.promote_waiting(Queue.RUNS, seconds=1800, priority=20) == 1
    async with working(jobs, runs=1), asyncio.timeout(PATIENCE):
        await both.wait()
    assert order == ["low", "high"]


async def test_failed_job_is_kept_for_its_days(resources: Resources) -> None:
    jobs, failed = resources.jobs, asyncio.Event()

    async def fail() -> None:
        failed.set()
        raise ValueError("no way")

    jobs.handle(FAILING, fail)
    await defer(jobs, FAILING)
    async with working(jobs, short=1):
        await asyncio.wait_for(failed.wait(), PATIENCE)
    await defer(jobs, SHORT)
    assert [task for task, _, _ in await queued(resources)] == ["tests.failing", "tests.short"]

    assert await jobs.purge_ended(before=now() - timedelta(days=1)) == 0
    assert await jobs.purge_ended(before=now() + timedelta(days=1), most=1) == 1
    assert [task for task, _, _ in await queued(resources)] == ["tests.short"]


def test_mail_has_slots_that_runs_do_not_take() -> None:
    assert EXECUTE_RUN.queue is Queue.RUNS
    assert {SEND_MAIL.queue, SEND_RESET.queue} == {Queue.SHORT}


async def test_job_under_way_ends_calmly_though_another_queue_has_nothing_to_end(resources: Resources) -> None:
    jobs, ended = resources.jobs, asyncio.Event()

    async def stop_the_worker_and_go_on() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.5)
        await defer(jobs, SHORT)
        ended.set()

    jobs.handle(RUN, stop_the_worker_and_go_on)
    await defer(jobs, RUN)
    slots = {Queue.RUNS: 1, Queue.SHORT: 1}
    await asyncio.wait_for(jobs.work(name="tests", slots=slots, heartbeat=1, stalled=5, on_stop=lambda: None), PATIENCE)

    assert ended.is_set()
    assert [task for task, _, _ in await queued(resources)] == [SHORT.name]
