"""Chores of a worker: done again and again, only when needed, and not ended by an error; rooms start and finish."""

import asyncio
import os
import signal

import psycopg
import pytest

from tessera.platform.db import Database
from tessera.platform.jobs import BackgroundWork, Chore, Job, JobQueue, Queue, doing_chores, work_in_background
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing
from tessera.platform.settings import load_settings
from tessera.wiring import Application, collect_work

PATIENCE = 30


async def test_a_chore_outlives_an_error_of_the_database(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tessera.platform.jobs.chores.RETRY_DELAY_SECONDS", 0.0)
    errors, done = [psycopg.OperationalError("the connection is lost")], asyncio.Event()

    async def work() -> None:
        if errors:
            raise errors.pop()
        done.set()

    async with doing_chores([Chore("tests.work", 0.001, work)]):
        await asyncio.wait_for(done.wait(), PATIENCE)

    assert "tests.work failed and will be tried again" in caplog.text


async def test_a_chore_is_done_only_when_it_is_needed_and_not_held_up_by_another() -> None:
    answers, looks, works = iter([False, False, True]), [], asyncio.Event()

    async def look() -> bool:
        looks.append(works.is_set())
        return next(answers, False)

    async def work() -> None:
        works.set()

    async def hang() -> None:
        await asyncio.Event().wait()

    async with doing_chores([Chore("tests.hang", 0.0, hang), Chore("tests.work", 0.001, work, needed=look)]):
        await asyncio.wait_for(works.wait(), PATIENCE)

    assert looks[:3] == [False, False, False]


async def test_a_room_starts_before_its_jobs_and_finishes_before_its_chores_end(database: Database) -> None:
    steps: list[str] = []
    sending, stopped, sent = asyncio.Event(), asyncio.Event(), asyncio.Event()
    jobs, job = JobQueue(database), Job("tests.stop_worker")

    async def start() -> None:
        steps.append("start")

    async def send() -> None:
        sending.set()
        await stopped.wait()
        if not sent.is_set():
            steps.append("sent")
        sent.set()

    async def stop_worker() -> None:
        await sending.wait()
        steps.append("job")
        os.kill(os.getpid(), signal.SIGTERM)

    def stop() -> None:
        steps.append("stop")
        stopped.set()

    async def finish() -> None:
        await sent.wait()
        steps.append("finish")

    room = BackgroundWork({job: stop_worker}, [Chore("tests.send", 0.001, send)], start, stop, finish)
    async with database.session() as session:
        await jobs.defer(session, job)
    working = work_in_background(jobs, [room], slots={Queue.SHORT: 1}, heartbeat=1, stalled=5)
    await asyncio.wait_for(working, PATIENCE)

    assert steps == ["start", "job", "stop", "sent", "finish"]


async def test_every_job_has_one_handler_and_every_chore_a_name_of_its_own(
    database: Database, keys: KeyRing, query_address: str
) -> None:
    application = Application(Resources(load_settings({}), database, keys, JobQueue(database)), query_address)
    works = collect_work(application)
    jobs = [job.name for work in works for job in work.handlers]
    chores = [chore.name for work in works for chore in work.chores]

    assert sorted(jobs) == [
        "exports.run",
        "mail.send",
        "notifications.send_notice",
        "sign_in.notify_lockout",
        "sign_in.send_reset",
    ]
    assert len(set(chores)) == len(chores)
    assert {name.partition(".")[0] for name in chores} >= {"audit", "events", "exports", "inbound", "jobs", "loyalty"}
    for work in works:
        for chore in work.chores:
            if chore.needed is None or await chore.needed():
                await chore.function()
    await application.client.close()
