"""A run in shards: each row is sent once, whoever works on which, and what ends one of them ends all."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
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
from tests.builders.receivers import Received, Receiver, Reply, run_receiver
from tests.builders.workers import worker_processes

from tessera import exports
from tessera.exports import Run, RunState, log
from tessera.exports.errors import DefinitionInvalidError
from tessera.exports.execution.selection import divide_rows
from tessera.exports.kinds.requests.windows import Numbers

ROWS = 301
SHARDS = 3


async def start_sharded(house: SmallHouse, receiver: Receiver, *, rows: int = ROWS, **shape: Any) -> Run:
    """Create a run of three shards; nobody works on it yet."""
    chain = await create_members(house.database, rows)
    return await start_run(house, await create_export(house, chain, receiver.url, choices={"shards": SHARDS}, **shape))


async def select(house: SmallHouse, run: Run) -> "asyncio.Task[None]":
    """Let a worker take the first shard; return it at work once the rows are divided."""
    first = asyncio.create_task(house.executor("worker 0").execute(str(run.id)))
    async with asyncio.timeout(30):
        while (await read_run(house, run.id)).selected is None:  # noqa: ASYNC110 - the database rings no bell
            await asyncio.sleep(0.01)
    return first


async def send_all(house: SmallHouse, run: Run) -> Run:
    """Let one worker for each shard work at once; return the ended run."""
    first = await select(house, run)
    others = [house.executor(f"worker {shard}").execute(str(run.id), shard) for shard in range(1, SHARDS)]
    await asyncio.wait_for(asyncio.gather(first, *others), 60)
    return await read_run(house, run.id)


async def list_shards(house: SmallHouse) -> list[dict[str, Any]]:
    async with house.database.session() as session:
        found = await session.execute(text("SELECT * FROM run_shards ORDER BY shard"))
        return [dict(row) for row in found.mappings()]


async def list_jobs(house: SmallHouse) -> list[int]:
    """Return the shards for which a job waits."""
    statement = "SELECT CAST(args ->> 'shard' AS integer) FROM procrastinate_jobs WHERE status = 'todo' ORDER BY 1"
    async with house.database.session() as session:
        return list(await session.scalars(text(statement)))


async def check_log(house: SmallHouse, run: Run) -> None:
    """The log of all shards together is that of the run: numbers, keys and counts."""
    async with house.database.session() as session:
        requests = (await log.list_requests(session, ACTOR, run.id, size=1000)).items
    keys = [request.key for request in requests]
    assert len(set(keys)) == len(keys) == run.requests
    assert sum(request.attempts for request in requests) == run.attempts
    assert sum(request.sent_rows for request in requests) == run.sent


async def test_shards_send_every_row_once(house: SmallHouse) -> None:
    async with run_receiver(lambda _: Reply(delay=0.01)) as receiver:
        run = await send_all(house, await start_sharded(house, receiver))
    assert (run.state, run.selected, run.sent, run.failed, run.take_overs) == (RunState.COMPLETED, ROWS, ROWS, 0, 0)
    assert sorted(Counter(receiver.ids()).values()) == [1] * ROWS
    shards = await list_shards(house)
    assert [(each["first_row"], each["last_row"]) for each in shards] == [(1, 100), (101, 200), (201, 301)]
    assert [each["sent"] for each in shards] == [100, 100, 101]
    assert [each["worker"] for each in shards] == ["worker 0", "worker 1", "worker 2"]
    assert run.bytes == sum(len(request.body) for request in receiver.received)
    assert len({request.key for request in receiver.received}) == run.requests == run.attempts
    await check_log(house, run)


async def test_counts_of_a_run_are_those_of_its_shards_so_far(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        run = await start_sharded(house, receiver)
        await (await select(house, run))
        half = await read_run(house, run.id)
        assert await list_jobs(house) == [0, 1, 2]
        await house.executor().execute(str(run.id), 2)
        most = await read_run(house, run.id)
        await house.executor().execute(str(run.id), 1)
    ended = await read_run(house, run.id)
    assert [(each.state, each.sent) for each in (half, most, ended)] == [
        (RunState.RUNNING, 100),
        (RunState.RUNNING, 201),
        (RunState.COMPLETED, ROWS),
    ]


async def test_refused_rows_of_every_shard_are_counted(house: SmallHouse) -> None:
    def refuse_some(request: Received) -> Reply:
        return Reply(400 if any(row["balance"] % 10 == 0 for row in request.rows) else 200)

    async with run_receiver(refuse_some) as receiver:
        run = await send_all(house, await start_sharded(house, receiver))
    assert (run.state, run.sent, run.failed) == (RunState.COMPLETED_WITH_ERRORS, ROWS - 31, 31)
    accepted = [
        row["id"] for request in receiver.received if refuse_some(request).status == 200 for row in request.rows
    ]
    assert len(set(accepted)) == len(accepted) == ROWS - 31
    # The same key is only ever sent with the same rows, although every shard split its requests.
    bodies = {(request.key, request.body) for request in receiver.received}
    assert len(bodies) == len({key for key, _ in bodies}) == run.requests
    await check_log(house, run)
    async with house.database.session() as session:
        errors = await log.list_row_errors(session, ACTOR, run.id, size=100)
    assert len({error.ordinal for error in errors.items}) == errors.total == 31


async def test_fewer_rows_than_shards_make_fewer_shards(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        run = await start_sharded(house, receiver, rows=2)
        await (await select(house, run))
        await house.executor().execute(str(run.id), 1)
        await house.executor().execute(str(run.id), 2)
    ended = await read_run(house, run.id)
    assert (ended.state, ended.sent, len(receiver.ids())) == (RunState.COMPLETED, 2, 2)
    assert [(each["first_row"], each["last_row"]) for each in await list_shards(house)] == [(1, 1), (2, 2)]


async def test_no_row_is_one_shard_that_ends(house: SmallHouse) -> None:
    chain = await create_members(house.database, 1)
    query = "SELECT membership_id AS id FROM members WHERE balance > 9"
    definition = await create_export(
        house, chain, "http://127.0.0.1:9", query=query, body="{{ id }}", choices={"shards": SHARDS}
    )
    run = await run_to_end(house, definition)
    assert (run.state, run.selected, len(await list_shards(house))) == (RunState.COMPLETED, 0, 1)


async def test_what_aborts_one_shard_ends_the_others(house: SmallHouse) -> None:
    def refuse_late(_: Received) -> Reply:
        return Reply(401 if len(receiver.received) > 40 else 200, delay=0.05)

    async with run_receiver() as receiver:
        receiver.script = refuse_late
        run = await send_all(house, await start_sharded(house, receiver, batch_size=1))
    assert (run.state, run.error_code) == (RunState.FAILED, "credentials_refused")
    assert run.sent == 40
    assert run.skipped > 0
    assert run.sent + run.failed + run.skipped == ROWS
    assert all(each["finished_at"] is not None for each in await list_shards(house))


async def test_shard_that_nobody_had_yet_ends_with_the_others(house: SmallHouse) -> None:
    async with run_receiver(lambda _: Reply(401)) as receiver:
        run = await start_sharded(house, receiver)
        await (await select(house, run))
        assert (await read_run(house, run.id)).state is RunState.RUNNING
        seen = len(receiver.received)
        await house.executor().execute(str(run.id), 1)
        await house.executor().execute(str(run.id), 2)
    ended = await read_run(house, run.id)
    assert (ended.state, ended.error_code, ended.sent) == (RunState.FAILED, "credentials_refused", 0)
    assert len(receiver.received) == seen


async def test_cancelling_ends_every_shard(house: SmallHouse) -> None:
    async with run_receiver(lambda _: Reply(delay=0.1)) as receiver:
        run = await start_sharded(house, receiver, batch_size=1, settings={"max_concurrent_requests": 4})
        first = await select(house, run)
        others = [
            asyncio.create_task(house.executor(f"worker {shard}").execute(str(run.id), shard)) for shard in (1, 2)
        ]
        await wait_until_settled(house, run.id, 20)
        async with house.database.session() as session:
            await exports.cancel_run(session, ACTOR, house.resources, run_id=run.id)
        await asyncio.wait_for(asyncio.gather(first, *others), 20)
    ended = await read_run(house, run.id)
    assert (ended.state, ended.error_code) == (RunState.CANCELLED, "cancelled")
    assert ended.sent == len(receiver.ids()) < ROWS
    assert ended.sent + ended.skipped == ROWS


async def test_shard_of_a_lost_worker_goes_on_in_another(house: SmallHouse) -> None:
    async with run_receiver(lambda _: Reply(delay=0.05)) as receiver:
        run = await start_sharded(house, receiver, batch_size=5, settings={"max_concurrent_requests": 2})
        first = await select(house, run)
        lost = asyncio.create_task(house.executor("lost").execute(str(run.id), 1))
        await wait_until_settled(house, run.id, 30)
        async with house.database.session() as session:  # as if it had gone without a word
            await session.execute(text("UPDATE run_shards SET epoch = epoch + 1, lease_until = now() WHERE shard = 1"))
        others = [house.executor(f"worker {shard}").execute(str(run.id), shard) for shard in (1, 2)]
        await asyncio.wait_for(asyncio.gather(first, lost, *others), 60)
    ended = await read_run(house, run.id)
    assert (ended.state, ended.sent, ended.failed, ended.take_overs) == (RunState.COMPLETED, ROWS, 0, 1)
    assert len(set(receiver.ids())) == ROWS
    assert len({(request.key, request.body) for request in receiver.received}) == ended.requests
    await check_log(house, ended)


async def test_killed_worker_loses_no_row_of_its_shards(
    house: SmallHouse, admin_address: str, keys_file: Path, tmp_path: Path
) -> None:
    with worker_processes(admin_address, keys_file, tmp_path, TESSERA_RUN_LEASE_SECONDS="1") as workers:
        async with run_receiver(lambda _: Reply(delay=0.05)) as receiver:
            run = await start_sharded(house, receiver, rows=3000, batch_size=5, settings={"max_concurrent_requests": 4})
            pids = [workers.start(), workers.start()]
            await wait_until_settled(house, run.id, 400)
            holders = {
                int(str(each["worker"]).rpartition(":")[2]) for each in await list_shards(house) if each["worker"]
            }
            assert holders <= set(pids)
            workers.kill(holders.pop())
            workers.start()
            ended = await wait_until_settled(house, run.id, 3000)
            while ended.active:
                ended = await wait_until_settled(house, run.id, 3001)
    assert (ended.state, ended.sent, ended.failed, ended.skipped) == (RunState.COMPLETED, 3000, 0, 0)
    assert ended.take_overs >= 1
    assert len(set(receiver.ids())) == 3000
    keys = {(request.key, request.body) for request in receiver.received}
    assert len(keys) == len({key for key, _ in keys}) == ended.requests == 600


@pytest.mark.parametrize("shards", [0, 33])
async def test_number_of_shards_has_limits(house: SmallHouse, shards: int) -> None:
    chain = await create_members(house.database, 1)
    with pytest.raises(DefinitionInvalidError, match="a number from 1 to 32"):
        await create_export(house, chain, "http://127.0.0.1:9", choices={"shards": shards})


@pytest.mark.parametrize(("rows", "shards"), [(1, 1), (7, 7), (100, 3), (1000, 32), (31, 32), (2, 5)])
def test_rows_are_divided_evenly_and_numbers_never_meet(rows: int, shards: int) -> None:
    ranges = divide_rows(rows, shards)
    assert [row for first, last in ranges for row in range(first, last + 1)] == list(range(1, rows + 1))
    sizes = [last - first + 1 for first, last in ranges]
    assert (len(sizes), max(sizes) - min(sizes) <= 1) == (min(rows, shards), True)
    used = -1
    for first, last in ranges:
        numbers = Numbers(-1, -1, first_row=first)
        assert numbers.next_request > used
        # A request a row, and all of them once more, as if they were the halves of split ones.
        for _ in range(2 * (last - first + 1)):
            used = numbers.take_request()


def test_numbers_go_on_after_a_take_over() -> None:
    numbers = Numbers(307, 301, first_row=101)
    assert (numbers.take_request(), numbers.take_window(4), numbers.take_request()) == (308, 302, 313)
