"""PostgreSQL is killed while an export runs: it recovers, workers find it again, and nothing is lost."""

import os
import random
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.builders.counting_receiver import counting_receiver
from tests.builders.house import make_settings, open_small_house
from tests.builders.laboratory import Laboratory, kill_backend, open_laboratory, report, start

from tessera.exports import RunState
from tessera.platform.db import Database, app_address, migrate
from tessera.platform.db import query_address as address_for_queries
from tessera.platform.embedded import EmbeddedServer
from tessera.platform.secrets import KeyRing


@pytest.fixture
def own_server(new_folder: Path, keys: KeyRing) -> Iterator[EmbeddedServer]:
    """Run a server that may be killed. What it committed it has given to the system, and that lives on."""
    server = EmbeddedServer(new_folder, options={"fsync": "off"})
    migrate(server.start(), keys)
    yield server
    server.stop()


@pytest.fixture
async def on_own_server(
    own_server: EmbeddedServer, keys: KeyRing, keys_file: Path, tmp_path: Path
) -> AsyncIterator[Laboratory]:
    """Give a laboratory on that server."""
    address = own_server.address()
    database = Database(app_address(address, keys))
    async with open_small_house(database, address_for_queries(address, keys), keys, make_settings(tmp_path)) as house:
        with counting_receiver() as counts, open_laboratory(house, address, counts, keys_file, tmp_path) as opened:
            yield opened
    await database.close()


async def kill_database(laboratory: Laboratory, server: EmbeddedServer, *, times: int, rows: int, seed: int) -> None:
    """Export while the server, or one of its processes, is killed so many times; a worker has two shards."""
    chance = random.Random(seed)
    laboratory.workers.start()
    run = await start(laboratory, await laboratory.create(rows, shards=2))
    for kill in range(times):
        await laboratory.wait_for_rows(run.id, int(rows * (kill + chance.random()) / (times + 1)))
        assert server.pid is not None
        if kill % 2:
            kill_backend(server.pid, chance)
        else:
            os.kill(server.pid, signal.SIGKILL)
            server.start()
    ended = await laboratory.wait_for_end(run.id)
    assert (ended.state, ended.sent) == (RunState.COMPLETED, rows), ended.error
    report([await laboratory.reckon("kill -9 of PostgreSQL", ended, times, shards_hit=2 * times)])
    assert len(laboratory.workers.alive) == 1


async def test_killed_database_comes_back_and_nothing_is_lost(
    on_own_server: Laboratory, own_server: EmbeddedServer
) -> None:
    await kill_database(on_own_server, own_server, times=2, rows=2000, seed=1)


@pytest.mark.prove(minutes=4)
@pytest.mark.timeout(900)
async def test_database_killed_ten_times_loses_nothing(on_own_server: Laboratory, own_server: EmbeddedServer) -> None:
    await kill_database(on_own_server, own_server, times=10, rows=30_000, seed=2)


async def test_database_killed_during_the_selection_selects_again(
    on_own_server: Laboratory, own_server: EmbeddedServer
) -> None:
    rows = 90_000
    on_own_server.workers.start()
    run = await start(on_own_server, await on_own_server.create(rows, batch=1000))
    await on_own_server.wait_for_selecting(run.id)
    assert own_server.pid is not None
    os.kill(own_server.pid, signal.SIGKILL)
    own_server.start()
    ended = await on_own_server.wait_for_end(run.id)
    assert (ended.state, ended.selected, ended.sent, ended.take_overs) == (RunState.COMPLETED, rows, rows, 1)
    assert on_own_server.counts.repeated == 0
