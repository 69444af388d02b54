"""Reading the spool: the numbered rows that a run selected, as values, whatever blocks they lie in."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any

from tessera.exports.contract import ClaimedShard
from tessera.exports.store import spool as store
from tessera.platform.db import Database, driver
from tessera.platform.json_values import decode_rows

NumberedRow = tuple[int, Sequence[Any]]

# A block holds some hundred rows: so many at once are few round trips, and little memory.
BLOCKS_AT_ONCE = 8


class RowReader:
    """Reads rows of one run in order. The last block read is kept: windows are mostly smaller than blocks."""

    def __init__(self, database: Database, claim: ClaimedShard) -> None:
        self._database = database
        self._claim = claim
        self._kept: list[NumberedRow] = []

    async def read(self, first: int, last: int) -> list[NumberedRow]:
        """Return rows `first` to `last`; nothing stays open."""
        kept = self._kept
        if not kept or not kept[0][0] <= first <= kept[-1][0] + 1:
            kept = []
        start = kept[-1][0] + 1 if kept else first
        if start <= last:
            # A block is read whole, and with it what follows in a moment.
            kept = [*(row for row in kept if row[0] >= first), *await self._read_blocks(start, last)]
        self._kept = [row for row in kept if row[0] > last]
        return [row for row in kept if first <= row[0] <= last]

    async def find(self, ordinals: Sequence[int]) -> list[NumberedRow]:
        """Return the rows of those numbers."""
        claim = self._claim
        async with self._database.session() as session:
            blocks = await store.find_blocks(await driver(session), claim.run_id, claim.created_at, ordinals)
        wanted = set(ordinals)
        return [row for row in number_rows(blocks) if row[0] in wanted]

    async def _read_blocks(self, first: int, last: int) -> list[NumberedRow]:
        claim = self._claim
        async with self._database.session() as session:
            connection = await driver(session)
            blocks = await store.read_blocks(connection, claim.run_id, claim.created_at, first=first, last=last)
        return [row for row in number_rows(blocks) if row[0] >= first]


async def read_all(database: Database, claim: ClaimedShard) -> AsyncGenerator[bytes, None]:
    """Yield the rows of a run that has one shard, in order: JSON arrays of rows, each as it lies in the spool.

    Between two of them no transaction is open.
    """
    first, last = claim.first_row, claim.last_row or 0
    while first <= last:
        async with database.session() as session:
            connection = await driver(session)
            blocks = await store.next_blocks(
                connection, claim.run_id, claim.created_at, first=first, last=last, most=BLOCKS_AT_ONCE
            )
        assert blocks, f"the spool ends before row {first}"
        for start, rows, data in blocks:
            assert start == first, f"the spool lacks row {first}"
            first += rows
            yield f"[{data}]".encode()


async def measure_rows(database: Database, claim: ClaimedShard) -> int:
    """Return how many bytes the rows of a run with one shard take as JSON."""
    async with database.session() as session:
        connection = await driver(session)
        return await store.measure_blocks(connection, claim.run_id, claim.created_at, last=claim.last_row or 0)


def number_rows(blocks: Sequence[tuple[int, str]]) -> Iterator[NumberedRow]:
    """Yield the rows of blocks, each with its number."""
    for first, data in blocks:
        yield from enumerate(decode_rows([data.encode()]), first)
