"""Faults around a run that are not the receiver's: the database, the operator, ourselves."""

import asyncio
import time
from pathlib import Path

import psycopg
import pytest
from tests.builders.house import (
    ACTOR,
    SmallHouse,
    create_export,
    create_members,
    read_run,
    run_to_end,
    start_run,
    wait_until_settled,
)
from tests.builders.receivers import Reply, in_turn, run_receiver
from tests.builders.workers import worker_processes

from tessera import exports
from tessera.exports import RunState
from tessera.exports.kinds.requests.kind import choose_window

MANY = "SELECT a.membership_id AS id, b.membership_id AS b, c.membership_id AS c FROM members a, members b, members c"


def drop_connections(admin_address: str) -> None:
    """End every connection of the application, as a database that fails over does."""
    with psycopg.connect(admin_address, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE 'tessera%' AND pid <> pg_backend_pid()"
        )


async def test_lost_connections_do_not_end_the_run(
    house: SmallHouse, admin_address: str, keys_file: Path, tmp_path: Path
) -> None:
    chain = await create_members(house.database, 2000)
    with worker_processes(admin_address, keys_file, tmp_path) as workers:
        workers.start()
        async with run_receiver(lambda _: Reply(delay=0.05)) as receiver:
            run = await start_run(house, await create_export(house, chain, receiver.url, batch_size=2))
            await wait_until_settled(house, run.id, 200)
            await house.database.engine.dispose()
            drop_connections(admin_address)
            ended = await wait_until_settled(house, run.id, 2001)
    assert (ended.state, ended.sent, ended.failed) == (RunState.COMPLETED, 2000, 0)
    assert len(set(receiver.ids())) == 2000


async def test_cancelling_breaks_a_long_selection_off(house: SmallHouse) -> None:
    chain = await create_members(house.database, 200)
    definition = await create_export(house, chain, "http://127.0.0.1:9", query=MANY, keys=(), body="{{ id }}")
    run = await start_run(house, definition)
    working = asyncio.create_task(house.executor().execute(str(run.id)))
    await asyncio.sleep(0.5)
    async with house.database.session() as session:
        await exports.cancel_run(session, ACTOR, house.resources, run_id=run.id)
    asked = time.monotonic()
    await asyncio.wait_for(working, 20)
    ended = await read_run(house, run.id)
    assert (ended.state, ended.selected) == (RunState.CANCELLED, 0)
    assert time.monotonic() - asked < 5


async def test_own_fault_fails_the_run_with_true_counts(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> float:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("tessera.exports.kinds.requests.retries.choose_wait", broken)
    chain = await create_members(house.database, 30)
    async with run_receiver(in_turn([Reply(), Reply(503), Reply()])) as receiver:
        run = await run_to_end(house, await create_export(house, chain, receiver.url))
    assert (run.state, run.error_code) == (RunState.FAILED, "internal_error")
    assert run.selected == run.sent + run.failed + run.skipped == 30


@pytest.mark.parametrize(
    ("batch", "concurrency", "rows"), [(100, 16, 800), (100, 1, 100), (1, 256, 128), (1000, 256, 8000), (1000, 4, 2000)]
)
def test_windows_are_half_the_concurrency_and_bounded(batch: int, concurrency: int, rows: int) -> None:
    assert choose_window(batch, concurrency) == rows
