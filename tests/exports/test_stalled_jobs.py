"""Jobs that a dead worker left are taken back, every one of them."""

import asyncio

from sqlalchemy import text
from tests.builders.house import SmallHouse

from tessera.platform.jobs import Job

JOB = Job("tests.do_nothing")


async def leave_job(house: SmallHouse, lock: str, worker: int) -> None:
    """Let a worker fetch a job and die with it."""
    jobs = house.resources.jobs
    await jobs.defer_once(JOB, lock)
    assert await jobs.app.job_manager.fetch_job(queues=None, worker_id=worker) is not None


async def count_jobs(house: SmallHouse, lock: str) -> dict[str, int]:
    async with house.database.session() as session:
        found = await session.execute(
            text(
                "SELECT status::text, count(*) AS jobs FROM procrastinate_jobs WHERE queueing_lock = :lock GROUP BY 1"
            ),
            {"lock": lock},
        )
        return {row.status: row.jobs for row in found}


async def test_job_that_waits_already_is_not_in_the_way_of_others(house: SmallHouse) -> None:
    jobs = house.resources.jobs
    async with jobs.app.open_async():
        worker = await jobs.app.job_manager.register_worker()
        await leave_job(house, "first", worker)
        await leave_job(house, "second", worker)
        await jobs.defer_once(JOB, "first")
        await asyncio.sleep(0.1)
        assert await jobs.sweep(0.05) == 2
        assert await jobs.sweep(0.05) == 0
    assert await count_jobs(house, "first") == {"todo": 1}
    assert await count_jobs(house, "second") == {"todo": 1}
