"""Workers are killed in the middle of a run; another one takes it over, and the counts are true."""

import asyncio
import random
from collections import Counter
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.builders.house import (
    ACTOR,
    SmallHouse,
    create_export,
    create_members,
    read_run,
    start_run,
    wait_until_settled,
)
from tests.builders.receivers import Received, Receiver, Reply, run_receiver
from tests.builders.workers import Workers, worker_processes

from tessera import exports
from tessera.exports import Run, RunState, log
from tessera.exports.store import shards as store
from tessera.platform.clock import now

ROWS = 20_000
BATCH = 20
CONCURRENCY = 16
# Far more than the lease of a second: a crowded machine is slow, not wrong.
TAKE_OVER_SECONDS = 60


def pid_of(run: Run) -> int:
    """Return the process that holds the run."""
    assert run.worker is not None
    return int(run.worker.rpartition(":")[2])


async def taken_over_at(house: SmallHouse, run_id: UUID) -> datetime:
    """Return when the last take-over was."""
    async with house.database.session() as session:
        moments = await log.list_moments(session, ACTOR, run_id)
    return max(moment.at for moment in moments if moment.kind == "taken_over")


def check_arrivals(receiver: Receiver, kills: int) -> None:
    """Everything arrived, under the same keys, and little of it twice."""
    ids = Counter(receiver.ids())
    assert len(ids) == ROWS
    repeated = Counter(request.key for request in receiver.received)
    assert len(repeated) == ROWS // BATCH
    twice = sum(count - 1 for count in repeated.values())
    assert twice <= 2 * CONCURRENCY * kills


async def kill_at_random(house: SmallHouse, chain: UUID, receiver: Receiver, workers: Workers, seed: int) -> None:
    """Export everything while the worker that has the run is killed at a random moment."""
    receiver.received.clear()
    definition = await create_export(
        house, chain, receiver.url, batch_size=BATCH, settings={"max_concurrent_requests": CONCURRENCY}
    )
    run = await start_run(house, definition)
    begun = await wait_until_settled(house, run.id, random.Random(seed).randrange(1, ROWS - 4000))
    assert begun.active
    killed_at = now()
    workers.kill(pid_of(begun))
    workers.start()
    ended = await wait_until_settled(house, run.id, ROWS)
    while ended.active:
        ended = await wait_until_settled(house, run.id, ROWS + 1)
    assert (ended.state, ended.sent, ended.failed, ended.skipped) == (RunState.COMPLETED, ROWS, 0, 0)
    assert ended.take_overs == 1
    assert (await taken_over_at(house, run.id) - killed_at).total_seconds() <= TAKE_OVER_SECONDS
    check_arrivals(receiver, kills=1)


async def crash(times: int, house: SmallHouse, admin_address: str, keys_file: Path, folder: Path) -> None:
    """Kill so many workers, one in each of so many runs."""
    chain = await create_members(house.database, ROWS)
    with worker_processes(admin_address, keys_file, folder) as workers:
        workers.start()
        workers.start()
        async with run_receiver(lambda _: Reply(delay=0.02)) as receiver:
            for seed in range(times):
                await kill_at_random(house, chain, receiver, workers, seed)


async def test_killed_worker_loses_nothing(
    house: SmallHouse, admin_address: str, keys_file: Path, tmp_path: Path
) -> None:
    await crash(2, house, admin_address, keys_file, tmp_path)


@pytest.mark.prove(minutes=3)
@pytest.mark.timeout(900)
async def test_twenty_killed_workers_lose_nothing(
    house: SmallHouse, admin_address: str, keys_file: Path, tmp_path: Path
) -> None:
    await crash(20, house, admin_address, keys_file, tmp_path)


async def test_worker_that_lost_its_lease_writes_nothing(house: SmallHouse) -> None:
    chain = await create_members(house.database, 200)
    async with run_receiver(lambda _: Reply(delay=0.05)) as receiver:
        run = await start_run(house, await create_export(house, chain, receiver.url, batch_size=1))
        sleeper = asyncio.create_task(house.executor("sleeper").execute(str(run.id)))
        await wait_until_settled(house, run.id, 1)
        async with house.database.session() as session:
            await session.execute(text("UPDATE run_shards SET epoch = epoch + 1, worker = 'thief'"))
            before = await exports.get_run(session, ACTOR, run_id=run.id)
        await asyncio.wait_for(sleeper, 10)
        after = await read_run(house, run.id)
    async with house.database.session() as session:
        holders = list(await session.scalars(text("SELECT worker FROM run_shards WHERE finished_at IS NULL")))
    assert (after.state, after.sent, holders) == (RunState.RUNNING, before.sent, ["thief"])


async def test_second_worker_leaves_a_held_run_alone(house: SmallHouse) -> None:
    chain = await create_members(house.database, 100)
    async with run_receiver(lambda _: Reply(delay=0.1)) as receiver:
        run = await start_run(house, await create_export(house, chain, receiver.url, batch_size=1))
        await asyncio.gather(*(house.executor(name).execute(str(run.id)) for name in ("one", "two")))
    ended = await read_run(house, run.id)
    assert (ended.state, ended.take_overs, ended.sent) == (RunState.COMPLETED, 0, 100)
    assert len(receiver.ids()) == 100


async def test_lease_is_extended_as_long_as_its_worker_lives(house: SmallHouse) -> None:
    chain = await create_members(house.database, 1)
    let_go = asyncio.Event()

    async with run_receiver() as receiver:

        async def answer(request: Received, writer: asyncio.StreamWriter) -> bool:
            await let_go.wait()
            return await Receiver.answer(receiver, request, writer)

        receiver.answer = answer  # type: ignore[method-assign]
        run = await start_run(house, await create_export(house, chain, receiver.url))
        working = asyncio.create_task(house.executor("one").execute(str(run.id)))
        first = await find_lease(house, None)
        second = await find_lease(house, first)
        await find_lease(house, second)
        await house.executor("two").execute(str(run.id))
        let_go.set()
        await working
    ended = await read_run(house, run.id)
    assert (ended.state, ended.take_overs, ended.worker) == (RunState.COMPLETED, 0, "one")


async def find_lease(house: SmallHouse, past: datetime | None) -> datetime:
    """Return until when the run is held, once that is set and the moment `past` is over."""
    statement = text(
        "SELECT lease_until FROM run_shards WHERE lease_until IS NOT NULL AND coalesce(:past < now(), true)"
    )
    async with asyncio.timeout(30):
        while True:
            async with house.database.session() as session:
                found: datetime | None = (await session.execute(statement, {"past": past})).scalar()
            if found is not None:
                return found
            await asyncio.sleep(0.05)


async def test_lease_of_another_epoch_is_not_extended(house: SmallHouse) -> None:
    chain = await create_members(house.database, 1)
    run = await start_run(house, await create_export(house, chain, "http://127.0.0.1:9"))
    async with house.database.session() as session:
        mine = await store.claim_shard(session, run.id, 0, worker="sleeper", lease=0)
    async with house.database.session() as session:
        other = await store.claim_shard(session, run.id, 0, worker="other", lease=1)
        await session.execute(text("UPDATE runs SET state = 'running'"))
    assert mine is not None
    assert other is not None
    async with house.database.session() as session:
        assert await store.renew_lease(session, run.id, 0, mine["epoch"], lease=1000) is None
        remaining = await store.find_lease(session, run.id, 0)
        wish = await store.renew_lease(session, run.id, 0, other["epoch"], lease=1000)
    assert wish is not None
    assert (wish["cancel_requested"], wish["ending"]) == (False, None)
    assert remaining is not None
    assert remaining < 2


async def test_cancelled_run_skips_the_rest(house: SmallHouse) -> None:
    chain = await create_members(house.database, 300)
    async with run_receiver(lambda _: Reply(delay=0.1)) as receiver:
        run = await start_run(house, await create_export(house, chain, receiver.url, batch_size=1))
        working = asyncio.create_task(house.executor().execute(str(run.id)))
        await wait_until_settled(house, run.id, 20)
        async with house.database.session() as session:
            await exports.cancel_run(session, ACTOR, house.resources, run_id=run.id)
        await asyncio.wait_for(working, 10)
    ended = await read_run(house, run.id)
    assert ended.state is RunState.CANCELLED
    assert ended.sent == len(receiver.ids()) < 300
    assert ended.sent + ended.skipped == 300


async def test_calm_stop_sends_nothing_twice(house: SmallHouse) -> None:
    chain = await create_members(house.database, 60)
    let_go, in_flight = asyncio.Event(), asyncio.Event()

    async with run_receiver() as receiver:

        async def answer(request: Received, writer: asyncio.StreamWriter) -> bool:
            in_flight.set()
            await let_go.wait()
            return await Receiver.answer(receiver, request, writer)

        receiver.answer = answer  # type: ignore[method-assign]
        settings = {"max_concurrent_requests": 8}
        definition = await create_export(
            house, chain, receiver.url, batch_size=1, settings=settings, idempotency_header=None
        )
        run = await start_run(house, definition)
        first = house.executor("first")
        working = asyncio.create_task(first.execute(str(run.id)))
        await asyncio.wait_for(in_flight.wait(), 10)
        first.stop()
        let_go.set()
        await asyncio.wait_for(working, 10)
        half = await read_run(house, run.id)
        await house.executor("second").execute(str(run.id))
    ended = await read_run(house, run.id)
    assert (half.state, 0 < half.sent <= 8, half.failed) == (RunState.RUNNING, True, 0)
    assert (ended.state, ended.sent, ended.failed, ended.take_overs) == (RunState.COMPLETED, 60, 0, 1)
    assert sorted(Counter(receiver.ids()).values()) == [1] * 60


async def test_stopped_process_sends_nothing_twice(
    house: SmallHouse, admin_address: str, keys_file: Path, tmp_path: Path
) -> None:
    chain = await create_members(house.database, 100)
    with worker_processes(admin_address, keys_file, tmp_path) as workers:
        first = workers.start()
        async with run_receiver(lambda _: Reply(delay=0.5)) as receiver:
            settings = {"max_concurrent_requests": 8}
            run = await start_run(
                house, await create_export(house, chain, receiver.url, batch_size=2, settings=settings)
            )
            await wait_until_settled(house, run.id, 2)
            assert await asyncio.to_thread(workers.stop, first) == 0
            half = await read_run(house, run.id)
            workers.start()
            ended = await wait_until_settled(house, run.id, 101)
    assert half.sent == half.settled < 100
    assert (ended.state, ended.sent) == (RunState.COMPLETED, 100)
    assert sorted(Counter(request.key for request in receiver.received).values()) == [1] * 50


async def test_stopping_worker_hands_its_run_over(house: SmallHouse) -> None:
    chain = await create_members(house.database, 300)
    async with run_receiver(lambda _: Reply(delay=0.05)) as receiver:
        run = await start_run(house, await create_export(house, chain, receiver.url, batch_size=1))
        first = asyncio.create_task(house.executor("first").execute(str(run.id)))
        await wait_until_settled(house, run.id, 20)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await house.executor("second").execute(str(run.id))
    ended = await read_run(house, run.id)
    assert (ended.state, ended.sent, ended.worker) == (RunState.COMPLETED, 300, "second")
    assert len(set(receiver.ids())) == 300
