"""Statements on the spool: the numbered rows that a run selected at its start, in blocks of some hundred."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from tessera.queries import Block

COPY_IN = "COPY run_blocks (created_at, run_id, first_row, rows, data) FROM STDIN (FORMAT binary)"
TYPES = ("timestamptz", "uuid", "int4", "int4", "text")
CLEAR = "DELETE FROM run_blocks WHERE created_at = %s AND run_id = %s"
# Blocks do not overlap, so those of a range are the one in which it begins and those that begin in it.
READ = """
SELECT first_row, data FROM run_blocks
 WHERE created_at = %(created_at)s AND run_id = %(run_id)s AND first_row <= %(last)s
   AND first_row >= (SELECT max(first_row) FROM run_blocks
                      WHERE created_at = %(created_at)s AND run_id = %(run_id)s AND first_row <= %(first)s)
 ORDER BY first_row
"""
NEXT = """
SELECT first_row, rows, data FROM run_blocks
 WHERE created_at = %(created_at)s AND run_id = %(run_id)s AND first_row >= %(first)s AND first_row <= %(last)s
 ORDER BY first_row LIMIT %(most)s
"""
MEASURE = """
SELECT coalesce(sum(octet_length(data)), 0) FROM run_blocks
 WHERE created_at = %(created_at)s AND run_id = %(run_id)s AND first_row <= %(last)s
"""
FIND = """
SELECT DISTINCT b.first_row, b.data FROM unnest(%(ordinals)s::integer[]) AS wanted (ordinal)
 CROSS JOIN LATERAL (
   SELECT first_row, data FROM run_blocks
    WHERE created_at = %(created_at)s AND run_id = %(run_id)s AND first_row <= wanted.ordinal
    ORDER BY first_row DESC LIMIT 1) AS b
 ORDER BY b.first_row
"""

Blocks = list[tuple[int, str]]


async def fill_spool(
    connection: psycopg.AsyncConnection[Any], run_id: UUID, created_at: datetime, blocks: AsyncIterator[Block]
) -> None:
    """Write the selection inside the connection's transaction, block by block as it comes."""
    async with connection.cursor() as cursor:
        await cursor.execute(CLEAR, [created_at, run_id])
        async with cursor.copy(COPY_IN) as copy:
            copy.set_types(TYPES)
            async for block in blocks:
                await copy.write_row((created_at, run_id, block.first, block.rows, block.data))


async def read_blocks(
    connection: psycopg.AsyncConnection[Any], run_id: UUID, created_at: datetime, *, first: int, last: int
) -> Blocks:
    """Return the blocks that hold rows `first` to `last`: the number of the first row, and JSON arrays with commas."""
    cursor = await connection.execute(READ, {"run_id": run_id, "created_at": created_at, "first": first, "last": last})
    return await cursor.fetchall()


async def next_blocks(
    connection: psycopg.AsyncConnection[Any],
    run_id: UUID,
    created_at: datetime,
    *,
    first: int,
    last: int,
    most: int,
) -> list[tuple[int, int, str]]:
    """Return the next few blocks that begin from row `first` to row `last`: first row, number of rows, JSON arrays."""
    values = {"run_id": run_id, "created_at": created_at, "first": first, "last": last, "most": most}
    return await (await connection.execute(NEXT, values)).fetchall()


async def measure_blocks(
    connection: psycopg.AsyncConnection[Any], run_id: UUID, created_at: datetime, *, last: int
) -> int:
    """Return how many bytes the rows up to this one take as JSON."""
    row = await (
        await connection.execute(MEASURE, {"run_id": run_id, "created_at": created_at, "last": last})
    ).fetchone()
    assert row is not None
    return int(row[0])


async def find_blocks(
    connection: psycopg.AsyncConnection[Any], run_id: UUID, created_at: datetime, ordinals: Sequence[int]
) -> Blocks:
    """Return the blocks that hold the rows of those numbers."""
    cursor = await connection.execute(FIND, {"run_id": run_id, "created_at": created_at, "ordinals": list(ordinals)})
    return await cursor.fetchall()
