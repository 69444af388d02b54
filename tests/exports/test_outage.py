"""A database that is away for some seconds: the worker waits for it, and its run goes on."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from tests.builders.house import SmallHouse, create_export, create_members, start_run, wait_until_settled
from tests.builders.receivers import Reply, run_receiver
from tests.builders.workers import worker_processes

from tessera.exports import RunState

AWAY_SECONDS = 2


@contextmanager
def away(admin_address: str) -> Iterator[None]:
    """Let the database refuse everybody for the length of the block."""
    with psycopg.connect(admin_address, autocommit=True) as connection:
        database = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("ALTER DATABASE {} CONNECTION LIMIT 0").format(database))
        try:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            yield
        finally:
            connection.execute(sql.SQL("ALTER DATABASE {} CONNECTION LIMIT -1").format(database))


async def test_run_goes_on_when_the_database_is_back(
    house: SmallHouse, admin_address: str, keys_file: Path, tmp_path: Path
) -> None:
    chain = await create_members(house.database, 1000)
    with worker_processes(admin_address, keys_file, tmp_path) as workers:
        workers.start()
        async with run_receiver(lambda _: Reply(delay=0.05)) as receiver:
            run = await start_run(house, await create_export(house, chain, receiver.url, batch_size=2))
            await wait_until_settled(house, run.id, 200)
            await house.database.engine.dispose()
            with away(admin_address):
                await asyncio.sleep(AWAY_SECONDS)
            ended = await wait_until_settled(house, run.id, 1001)
    assert (ended.state, ended.sent, ended.failed) == (RunState.COMPLETED, 1000, 0)
    assert len(set(receiver.ids())) == 1000
