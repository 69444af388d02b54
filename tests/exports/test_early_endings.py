"""Runs that end early start nothing more, and still say the truth about every row."""

import asyncio

import pytest
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, read_run, start_run
from tests.builders.receivers import Received, Reply, run_receiver

from tessera import exports
from tessera.exports import RequestState, Run, RunState, log


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
