"""Statements on the spool: the numbered rows that a run selected at its start."""

from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import UUID

import psycopg

COPY_IN = "COPY run_rows (run_id, ordinal, row) FROM STDIN"
CLEAR = "DELETE FROM run_rows WHERE run_id = %s"
# One text per window: a thousand result rows cost the driver more than the database takes to join them.
READ = """
SELECT string_agg(row, ',' ORDER BY ordinal) FROM run_rows WHERE run_id = %s AND ordinal BETWEEN %s AND %s
"""
READ_SOME = "SELECT ordinal, row FROM run_rows WHERE run_id = %s AND ordinal = ANY (%s) ORDER BY ordinal"


async def fill_spool(connection: psycopg.AsyncConnection[Any], run_id: UUID, blocks: AsyncIterator[bytes]) -> int:
    """Write the selection inside the connection's transaction, block by block as it comes; return its row count."""
    async with connection.cursor() as cursor:
        await cursor.execute(CLEAR, [run_id])
        async with cursor.copy(COPY_IN) as copy:
            async for block in blocks:
                await copy.write(block)
        return cursor.rowcount


async def read_rows(connection: psycopg.AsyncConnection[Any], run_id: UUID, first: int, last: int) -> str:
    """Return rows `first` to `last`, each a JSON array, with commas between."""
    cursor = await connection.execute(READ, [run_id, first, last])
    row = await cursor.fetchone()
    return str(row[0]) if row and row[0] else ""


async def read_chosen_rows(
    connection: psycopg.AsyncConnection[Any], run_id: UUID, ordinals: list[int]
) -> list[tuple[int, str]]:
    """Return the rows of those numbers, each with its JSON array as text."""
    cursor = await connection.execute(READ_SOME, [run_id, ordinals])
    return cast(list[tuple[int, str]], await cursor.fetchall())
