"""An attempt is begun in the log when it is about to be made, and one that died with its worker is forgiven."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.builders.house import SmallHouse, create_export, create_members, read_run, start_run
from tests.builders.receivers import Received, Receiver, Reply, run_receiver

from tessera.exports import RunState


async def count_begun(house: SmallHouse) -> int:
    async with house.database.session() as session:
        found = await session.execute(text("SELECT count(*) FROM run_requests WHERE state = 'begun'"))
        return int(found.scalar_one())


async def test_halves_that_wait_their_turn_have_not_begun(house: SmallHouse) -> None:
    stuck = asyncio.Event()

    def script(request: Received) -> Reply:
        if len(request.rows) > 1:
            return Reply(400)
        stuck.set()
        return Reply(hang=True)

    chain = await create_members(house.database, 16)
    async with run_receiver(script) as receiver:
        run = await start_run(
            house,
            await create_export(house, chain, receiver.url, batch_size=16, settings={"max_concurrent_requests": 1}),
        )
        working = asyncio.create_task(house.executor().execute(str(run.id)))
        await asyncio.wait_for(stuck.wait(), 10)
        await asyncio.sleep(0.3)  # what was refused before is settled by now
        assert await count_begun(house) == 1
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def lose_first_worker(house: SmallHouse, receiver: Receiver) -> UUID:
    """Start a run whose only request was under way when its worker went; return the run's id."""
    called = asyncio.Event()

    def hang(_: Received) -> Reply:
        called.set()
        return Reply(hang=True)

    receiver.script = hang
    chain = await create_members(house.database, 10)
    run = await start_run(house, await create_export(house, chain, receiver.url))
    first = asyncio.create_task(house.executor("first").execute(str(run.id)))
    await asyncio.wait_for(called.wait(), 10)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    return run.id


async def test_attempt_lost_with_its_worker_is_no_try(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tessera.exports.kinds.requests.retries.LONGEST_WAIT", 0.01)
    async with run_receiver() as receiver:
        run_id = await lose_first_worker(house, receiver)
        receiver.script = lambda _: Reply(503)
        await house.executor("second").execute(str(run_id))
    ended = await read_run(house, run_id)
    assert (ended.state, ended.error_code) == (RunState.FAILED, "nothing_arrived")
    assert (ended.failed, ended.attempts) == (10, 6)


async def test_request_that_ends_every_worker_is_given_up(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        run_id = await lose_first_worker(house, receiver)
        async with house.database.session() as session:
            await session.execute(text("UPDATE run_requests SET lost_attempts = 9"))
        await house.executor("second").execute(str(run_id))
    ended = await read_run(house, run_id)
    assert (ended.state, ended.error_code) == (RunState.FAILED, "nothing_arrived")
    assert (ended.failed, len(receiver.received)) == (10, 1)
