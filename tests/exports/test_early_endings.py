"""Runs that end early start nothing more, and still say the truth about every row."""

import asyncio

import pytest
from sqlalchemy import text
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, read_run, run_to_end, start_run
from tests.builders.receivers import Received, Reply, run_receiver

from tessera import exports
from tessera.exports import RequestState, Run, RunState, log
from tessera.exports.execution.lease import claim_shard
from tessera.exports.store import runs as runs_store
from tessera.exports.store import shards as shards_store


async def test_cancelled_run_splits_no_further(house: SmallHouse) -> None:
    chain = await create_members(house.database, 64)
    arrived = asyncio.Event()

    def refuse(_: Received) -> Reply:
        arrived.set()
        return Reply(400, delay=0.2)

    async with run_receiver(refuse) as receiver:
        run = await start_run(house, await create_export(house, chain, receiver.url, batch_size=64))
        working = asyncio.create_task(house.executor().execute(str(run.id)))
        await asyncio.wait_for(arrived.wait(), 10)
        async with house.database.session() as session:
            await exports.cancel_run(session, ACTOR, house.resources, run_id=run.id)
        await asyncio.wait_for(working, 10)
    ended = await read_run(house, run.id)
    assert (ended.state, ended.skipped + ended.failed) == (RunState.CANCELLED, 64)
    assert ended.skipped > 0
    assert len(receiver.received) < 8


async def cancel(house: SmallHouse, run: Run) -> Run:
    async with house.database.session() as session:
        return await exports.cancel_run(session, ACTOR, house.resources, run_id=run.id)


async def test_run_that_no_worker_has_begun_is_cancelled_at_once(house: SmallHouse) -> None:
    chain = await create_members(house.database, 5)
    async with run_receiver() as receiver:
        definition = await create_export(house, chain, receiver.url)
        run = await start_run(house, definition)
        ended = await cancel(house, run)
        assert (ended.state, ended.selected, ended.error, ended.cancel_requested) == (RunState.CANCELLED, 0, None, True)
        await house.executor().execute(str(run.id))
        assert receiver.received == []
        assert (await run_to_end(house, definition)).sent == 5


async def test_claim_and_end_do_not_wait_for_each_other(house: SmallHouse) -> None:
    chain = await create_members(house.database, 5)
    run = await start_run(house, await create_export(house, chain, "http://127.0.0.1:9"))
    async with house.database.session() as session:
        await runs_store.lock_run(session, run.id)
        claiming = asyncio.create_task(claim_shard(house.database, run.id, 0, worker="late", seconds=1))
        await wait_until_blocked(house)
        await shards_store.finish_all(session, run.id)
        await runs_store.finish_run(session, run.id, state="cancelled", code=None, message=None)
    assert await claiming is None


async def wait_until_blocked(house: SmallHouse) -> None:
    """Wait until somebody waits for a lock."""
    async with asyncio.timeout(30):
        while True:
            async with house.database.session() as session:
                if await session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                    return
            await asyncio.sleep(0.01)


async def test_cancelled_run_ends_although_its_receiver_hangs(house: SmallHouse) -> None:
    called = asyncio.Event()

    def hang(_: Received) -> Reply:
        called.set()
        return Reply(hang=True)

    chain = await create_members(house.database, 40)
    async with run_receiver(hang) as receiver:
        settings = {"max_concurrent_requests": 2, "read_timeout_seconds": 300}
        run = await start_run(house, await create_export(house, chain, receiver.url, settings=settings))
        working = asyncio.create_task(house.executor().execute(str(run.id)))
        await asyncio.wait_for(called.wait(), 10)
        await cancel(house, run)
        await asyncio.wait_for(working, 30)
        begun = sum(len(request.rows) for request in receiver.received)
    ended = await read_run(house, run.id)
    assert (ended.state, ended.sent, ended.failed, ended.skipped) == (RunState.CANCELLED, 0, begun, 40 - begun)
    async with house.database.session() as session:
        errors = (await log.list_row_errors(session, ACTOR, run.id)).items
        requests = (await log.list_requests(session, ACTOR, run.id)).items
    assert {error.code for error in errors} == {"outcome_unknown"}
    assert {request.state for request in requests} <= {RequestState.UNKNOWN, RequestState.SKIPPED}


@pytest.mark.parametrize("cancelled_by", ["first", "second"])
async def test_rows_that_may_have_arrived_are_not_skipped(house: SmallHouse, cancelled_by: str) -> None:
    called = asyncio.Event()

    def hang(_: Received) -> Reply:
        called.set()
        return Reply(hang=True)

    chain = await create_members(house.database, 40)
    async with run_receiver(hang) as receiver:
        settings = {"max_concurrent_requests": 1, "read_timeout_seconds": 1}
        run = await start_run(house, await create_export(house, chain, receiver.url, settings=settings))
        first = asyncio.create_task(house.executor("first").execute(str(run.id)))
        await asyncio.wait_for(called.wait(), 10)
        if cancelled_by == "second":
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            await cancel(house, run)
            await house.executor("second").execute(str(run.id))
        else:
            await cancel(house, run)
            await asyncio.wait_for(first, 10)
    ended = await read_run(house, run.id)
    assert ended.state is RunState.CANCELLED
    assert 10 <= ended.failed < 40
    assert ended.failed + ended.skipped == 40
    async with house.database.session() as session:
        errors = await log.list_row_errors(session, ACTOR, run.id, size=100)
    assert {error.code for error in errors.items} == {"outcome_unknown"}
    assert errors.total == ended.failed
