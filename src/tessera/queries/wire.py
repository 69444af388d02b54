"""The database's protocol where the driver's own surface does not reach: one statement a message, raw lines.

Every text travels in the extended protocol, which takes exactly one statement. So a text can never smuggle in a second
one, whatever it holds.
"""

from collections.abc import AsyncIterator, Iterator
from struct import Struct
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg import generators, pq
from psycopg.abc import PQGen
from psycopg.waiting import Wait

from tessera.queries.columns import Described

ENOUGH = 128 * 1024
# A binary COPY: signature, flags and the length of an extension that never was; then lines, each a count and fields.
SIGNATURE = b"PGCOPY\n\xff\r\n\0"
HEADER_REST = 8
SHORT, LONG = Struct("!h"), Struct("!i")

Fields = list[bytes | None]


async def describe(connection: psycopg.AsyncConnection[Any], statement: str) -> list[Described]:
    """Return the columns of the statement, which is read and planned for, but not run."""
    pgconn = connection.pgconn
    pgconn.send_prepare(b"", statement.encode())
    await finish(connection)
    pgconn.send_describe_prepared(b"")
    result = await finish(connection)
    names = [(result.fname(number) or b"").decode() for number in range(result.nfields)]
    return [Described(name, result.ftype(number)) for number, name in enumerate(names)]


async def copy_out(connection: psycopg.AsyncConnection[Any], statement: str) -> AsyncIterator[list[Fields]]:
    """Give the lines of a binary COPY … TO STDOUT as they come from the server, some at a time."""
    connection.pgconn.send_query_params(statement.encode(), None)
    await finish(connection)
    ended = False
    while not ended:
        lines, ended = await connection.wait(next_lines(connection.pgconn))
        yield [fields for line in lines for fields in read_line(line)]


async def finish(connection: psycopg.AsyncConnection[Any]) -> pq.abc.PGresult:
    """Wait for the answer to what was sent; raise if it is an error."""
    return check(await connection.wait(generators.execute(connection.pgconn)))


def check(results: list[pq.abc.PGresult]) -> pq.abc.PGresult:
    """Return the last result; raise the first error."""
    for result in results:
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise pg.error_from_result(result)
    return results[-1]


def next_lines(pgconn: pq.abc.PGconn) -> PQGen[tuple[list[bytes | memoryview], bool]]:
    """Collect lines until there are many bytes or the server has no more; say whether it has."""
    lines: list[bytes | memoryview] = []
    size = 0
    while size < ENOUGH:
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


def read_line(message: bytes | memoryview) -> Iterator[Fields]:
    """Yield the fields of a line; the signature before the first and the mark after the last are none."""
    line = memoryview(message)
    if line[: len(SIGNATURE)] == SIGNATURE:
        line = line[len(SIGNATURE) + HEADER_REST :]
    if len(line) < SHORT.size:
        return
    (count,) = SHORT.unpack_from(line)
    if count < 0:
        return
    fields: list[bytes | None] = []
    at = SHORT.size
    for _ in range(count):
        (length,) = LONG.unpack_from(line, at)
        at += LONG.size
        fields.append(None if length < 0 else bytes(line[at : at + length]))
        at += max(length, 0)
    yield fields
