"""The database's protocol where the driver's own surface does not reach: one statement a message, raw lines.

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

Lines = list[bytes | memoryview]


async def describe(connection: psycopg.AsyncConnection[Any], statement: str) -> list[Described]:
    """Return the columns of the statement, which is read and planned for, but not run."""
    pgconn = connection.pgconn
    pgconn.send_prepare(b"", statement.encode())
    await finish(connection)
    pgconn.send_describe_prepared(b"")
    result = await finish(connection)
    names = [(result.fname(number) or b"").decode() for number in range(result.nfields)]
    return [Described(name, result.ftype(number)) for number, name in enumerate(names)]


async def copy_out(
    connection: psycopg.AsyncConnection[Any], statement: str, *, most: int, enough: int
) -> AsyncIterator[Lines]:
    """Give the lines of a COPY … TO STDOUT as they come from the server: `most` at a time, fewer of `enough` bytes."""
    connection.pgconn.send_query_params(statement.encode(), None)
    await finish(connection)
    ended = False
    while not ended:
        lines, ended = await connection.wait(next_lines(connection.pgconn, most, enough))
        if lines:
            yield lines


async def finish(connection: psycopg.AsyncConnection[Any]) -> pq.abc.PGresult:
    """Wait for the answer to what was sent; raise if it is an error."""
    return check(await connection.wait(generators.execute(connection.pgconn)))


def check(results: list[pq.abc.PGresult]) -> pq.abc.PGresult:
    """Return the last result; raise the first error."""
    for result in results:
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise pg.error_from_result(result)
    return results[-1]


def next_lines(pgconn: pq.abc.PGconn, most: int, enough: int) -> PQGen[tuple[Lines, bool]]:
    """Collect lines until there are enough or the server has no more; say whether it has."""
    lines: Lines = []
    size = 0
    while size < enough and len(lines) < most:
        length, line = pgconn.get_copy_data(1)
        if length > 0:
            lines.append(line)
            size += length
        elif length < 0:
            check((yield from generators.fetch_many(pgconn)))
            return lines, True
        else:
            while not (yield Wait.R):
                continue
            pgconn.consume_input()
    return lines, False
