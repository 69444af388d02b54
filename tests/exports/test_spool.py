"""The spool: rows lie in blocks, and are read by their numbers wherever those begin and end."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from tests.builders.house import SmallHouse, create_export, create_members, start_run
from tests.builders.receivers import Received, Reply, run_receiver

from tessera.exports.contract import ClaimedShard
from tessera.exports.execution.lease import claim_shard
from tessera.exports.execution.selection import select_rows
from tessera.exports.spool import RowReader

ROWS = 600
QUERY = "SELECT membership_number AS id, balance FROM members"


@pytest.fixture
async def claim(house: SmallHouse) -> ClaimedShard:
    """Give a shard whose 600 rows are in the spool; row n is the member number n - 1."""
    chain = await create_members(house.database, ROWS)
    definition = await create_export(house, chain, "http://127.0.0.1:9", query=QUERY, body="{{ id }}")
    return await spool(house, definition)


async def spool(house: SmallHouse, definition: Any) -> ClaimedShard:
    """Select the rows of a new run, and send nothing."""
    run = await start_run(house, definition)
    claimed = await claim_shard(house.database, run.id, 0, worker="reader", seconds=60)
    assert claimed is not None
    assert await select_rows(house.resources, house.engine, claimed) is None
    return claimed


def expect(*numbers: int) -> list[tuple[int, list[Any]]]:
    """Return the rows of those numbers."""
    return [(number, [f"{number - 1:06}", number - 1]) for number in numbers]


def plain(rows: Any) -> list[tuple[int, list[Any]]]:
    return [(number, list(row)) for number, row in rows]


async def test_rows_lie_in_blocks(house: SmallHouse, claim: ClaimedShard) -> None:
    async with house.database.session() as session:
        found = await session.execute(text("SELECT first_row, rows, created_at FROM run_blocks ORDER BY first_row"))
        blocks = [tuple(row) for row in found]
    assert [(first, rows) for first, rows, _ in blocks] == [(1, 256), (257, 256), (513, 88)]
    assert {created_at for *_, created_at in blocks} == {claim.created_at}


@pytest.mark.parametrize("size", [1, 7, 100, 255, 256, 257, 300, 1000])
async def test_windows_of_any_size_cover_every_row(house: SmallHouse, claim: ClaimedShard, size: int) -> None:
    reader, found = RowReader(house.database, claim), []
    for first in range(1, ROWS + 1, size):
        window = await reader.read(first, min(first + size - 1, ROWS))
        assert len(window) == min(size, ROWS - first + 1)
        found += window
    assert plain(found) == expect(*range(1, ROWS + 1))


@pytest.mark.parametrize(
    "ranges",
    [
        [(250, 260)],
        [(256, 256), (257, 257)],
        [(1, 5), (20, 22), (300, 301)],
        [(500, 510), (1, 3), (255, 515)],
        [(10, 20), (10, 20), (15, 16)],
        [(599, 600), (600, 600)],
        [(1, 600)],
    ],
)
async def test_range_is_read_wherever_it_begins(
    house: SmallHouse, claim: ClaimedShard, ranges: list[tuple[int, int]]
) -> None:
    reader = RowReader(house.database, claim)
    for first, last in ranges:
        assert plain(await reader.read(first, last)) == expect(*range(first, last + 1))


@pytest.mark.parametrize("numbers", [[1], [256], [257], [600], [1, 2, 3], [256, 257], [7, 300, 301, 599], []])
async def test_single_rows_are_found(house: SmallHouse, claim: ClaimedShard, numbers: list[int]) -> None:
    assert plain(await RowReader(house.database, claim).find(numbers)) == expect(*numbers)


async def test_finding_rows_does_not_disturb_the_windows(house: SmallHouse, claim: ClaimedShard) -> None:
    reader = RowReader(house.database, claim)
    assert plain(await reader.read(1, 200)) == expect(*range(1, 201))
    assert plain(await reader.find([599, 3])) == expect(3, 599)
    assert plain(await reader.read(201, 400)) == expect(*range(201, 401))


async def test_selecting_again_replaces_the_rows(house: SmallHouse, claim: ClaimedShard) -> None:
    async with house.database.session() as session:
        await session.execute(text("UPDATE memberships SET membership_number = 'x' || membership_number"))
    await select_rows(house.resources, house.engine, claim)
    (row,) = await RowReader(house.database, claim).find([600])
    assert list(row[1]) == ["x000599", 599]


async def test_take_over_goes_on_inside_a_block(house: SmallHouse) -> None:
    chain = await create_members(house.database, ROWS)
    stuck = asyncio.Event()

    def script(_: Received) -> Reply:
        if len(receiver.received) < 40:
            return Reply()
        stuck.set()
        return Reply(hang=True)

    async with run_receiver() as receiver:
        receiver.script = script
        settings = {"max_concurrent_requests": 2}
        definition = await create_export(
            house, chain, receiver.url, query=QUERY, body="{{ id }}", batch_size=7, settings=settings
        )
        run = await start_run(house, definition)
        first = asyncio.create_task(house.executor("first").execute(str(run.id)))
        await asyncio.wait_for(stuck.wait(), 30)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        receiver.script = lambda _: Reply()
        claimed = await claim_shard(house.database, run.id, 0, worker="reader", seconds=0)
        assert claimed is not None
        assert 256 < claimed.planned_row < 512
        rest = await RowReader(house.database, claimed).read(claimed.planned_row + 1, ROWS)
        assert plain(rest) == expect(*range(claimed.planned_row + 1, ROWS + 1))
        await house.executor("second").execute(str(run.id))
    arrived = {row for request in receiver.received for row in request.rows}
    assert arrived == {f"{number:06}" for number in range(ROWS)}
    assert len({request.key for request in receiver.received}) == -(-ROWS // 7)
