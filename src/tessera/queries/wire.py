"""The database's protocol where the driver's own surface does not reach: one statement per message, rows in blocks.

Every text travels in the extended protocol, which takes exactly one statement. So a text can never smuggle in a second
one, whatever it holds.
"""

from collections.abc import AsyncIterator
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg import generators, pq
from psycopg.abc import PQGen
from psycopg.waiting import Wait

from tessera.queries.columns import Described

BLOCK = 128 * 1024


async def describe(connection: psycopg.AsyncConnection[Any], statement: str) -> list[Described]:
    """Return the columns of the statement, which is read and planned for, but not run."""
    pgconn = connection.pgconn
    pgconn.send_prepare(b"", statement.encode())
    await finish(connection)
    pgconn.send_describe_prepared(b"")
    result = await finish(connection)
    names = [(result.fname(number) or b"").decode() for number in range(result.nfields)]
    return [Described(name, result.ftype(number)) for number, name in enumerate(names)]


async def copy_out(connection: psycopg.AsyncConnection[Any], statement: str) -> AsyncIterator[bytes]:
    """Give the rows of a COPY … TO STDOUT in blocks of whole lines, as they come from the server."""
    connection.pgconn.send_query_params(statement.encode(), None)
    await finish(connection)
    ended = False
    while not ended:
        block, ended = await connection.wait(next_block(connection.pgconn))
        if block:
            yield block


async def finish(connection: psycopg.AsyncConnection[Any]) -> pq.abc.PGresult:
    """Wait for the answer to what was sent; raise if it is an error."""
    return check(await connection.wait(generators.execute(connection.pgconn)))


def check(results: list[pq.abc.PGresult]) -> pq.abc.PGresult:
    """Return the last result; raise the first error."""
    for result in results:
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise pg.error_from_result(result)
    return results[-1]


def next_block(pgconn: pq.abc.PGconn) -> PQGen[tuple[bytes, bool]]:
    """Collect lines until a block is full or the server has no more; say whether it has."""
    lines: list[bytes | memoryview] = []
    size = 0
    while size < BLOCK:
        length, line = pgconn.get_copy_data(1)
        if length > 0:
            lines.append(line)
            size += length
        elif length < 0:
            check((yield from generators.fetch_many(pgconn)))
            return b"".join(lines), True
        else:
            while not (yield Wait.R):
                continue
            pgconn.consume_input()
    return b"".join(lines), False
