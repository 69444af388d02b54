"""Workers: news is told within a second or so, and a killed one loses nothing."""

import asyncio
from collections import Counter
from pathlib import Path

from sqlalchemy import text
from tests.builders.receivers import Reply, run_receiver
from tests.builders.workers import worker_processes

from tessera.notifications.sender import MOST_CALLS_EACH
from tessera.platform.db import fetch_rows

from .conftest import Post, subjects_of, until

EVENTS = 300


async def test_worker_tells_at_once(post: Post, admin_address: str, keys_file: Path, tmp_path: Path) -> None:
    timer = asyncio.get_running_loop().time
    waits = []
    async with run_receiver() as receiver:
        await post.subscribe(receiver.url)
        with worker_processes(admin_address, keys_file, tmp_path) as workers:
            workers.start()
            for number in range(1, 6):

                async def arrived(wanted: int = number) -> bool:
                    return len(receiver.received) == wanted

                begun = timer()
                await post.happen()
                await until(arrived)
                waits.append(timer() - begun)

    # The first wait is for the worker's start.
    assert max(waits[1:]) < 2.5


async def test_killed_worker_loses_nothing(post: Post, admin_address: str, keys_file: Path, tmp_path: Path) -> None:
    async with run_receiver(lambda _: Reply(delay=0.02)) as receiver:
        await post.subscribe(receiver.url)
        with worker_processes(admin_address, keys_file, tmp_path) as workers:
            first = workers.start()

            async def in_the_middle() -> bool:
                return len(receiver.received) > EVENTS // 4

            async def all_told() -> bool:
                return len({request.headers["webhook-id"] for request in receiver.received}) == EVENTS

            subjects = await post.happen(EVENTS)
            await until(in_the_middle)
            workers.kill(first)
            assert not await all_told()
            workers.start()
            await until(all_told, seconds=60)
            await asyncio.sleep(1)

    assert set(subjects_of(receiver.received)) == set(subjects)
    repeated = Counter(request.headers["webhook-id"] for request in receiver.received)
    assert sum(count - 1 for count in repeated.values()) <= MOST_CALLS_EACH
    async with post.database.session() as session:
        states = await fetch_rows(session, text("SELECT state, count(*) FROM webhook_deliveries GROUP BY 1"), {})
    assert [dict(row) for row in states] == [{"state": "delivered", "count": EVENTS}]
