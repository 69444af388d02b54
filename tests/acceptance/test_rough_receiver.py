"""A worker sends ten thousand rows to a receiver that does everything wrong, and stays as small as it was."""

import random
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from tests.builders.house import (
    create_export,
    create_members,
    make_settings,
    open_small_house,
    start_run,
    wait_until_settled,
)
from tests.builders.receivers import Received, Reply, run_receiver
from tests.builders.workers import worker_processes

from tessera.exports import RunState
from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing

ROWS = 10_000
MEBIBYTE = 1024 * 1024
MOST_GROWTH = 12 * MEBIBYTE


def misbehave(chance: random.Random) -> Reply:
    """Return what a bad day brings: of ten answers, one is not as it should be."""
    reply = chance.choices(
        [
            Reply(delay=0.005),
            Reply(429, {"retry-after": "1"}),
            Reply(500, body=b"x" * 200_000),
            Reply(reset=True),
            Reply(hang=True),
        ],
        weights=[88, 1, 5, 5, 1],
    )
    return reply[0]


@pytest.mark.timeout(240)
async def test_rough_receiver_gets_everything_and_memory_stays(
    database: Database, query_address: str, admin_address: str, keys: KeyRing, keys_file: Path, tmp_path: Path
) -> None:
    chance = random.Random(7)
    settings = make_settings(tmp_path)
    async with open_small_house(database, query_address, keys, settings) as house:
        chain = await create_members(database, ROWS)
        with worker_processes(admin_address, keys_file, tmp_path) as workers:
            process = psutil.Process(workers.start())
            async with run_receiver(lambda _: misbehave(chance)) as receiver:
                definition = await create_export(
                    house, chain, receiver.url, batch_size=25, settings={"read_timeout_seconds": 1}
                )
                run = await start_run(house, definition)
                await wait_until_settled(house, run.id, ROWS // 5)
                early = process.memory_info().rss
                ended = await wait_until_settled(house, run.id, ROWS + 1)
                late = process.memory_info().rss
    assert (ended.state, ended.sent, ended.failed) == (RunState.COMPLETED, ROWS, 0), ended.error
    assert ended.attempts > ended.requests
    assert len({row["id"] for row in rows_of(receiver.received)}) == ROWS
    assert late - early < MOST_GROWTH


def rows_of(received: list[Received]) -> list[dict[str, object]]:
    """Return every row that reached the receiver, repeats included."""
    return [row for request in received for row in request.rows]
