"""The floor of adding memberships: PostgreSQL's own bulk load of the same rows into the same tables.

A bare COPY, in its binary form, of memberships, movements and events, each connection in one transaction, into a copy
of the database as it was before anything was added. Indexes and constraints hold; the ledger's triggers are off,
because COPY fills one table at a time. No request is read, no rule is looked at, nothing is answered.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from benchmarks.loads import Timing
from benchmarks.records import (
    EVENT_COLUMNS,
    EVENTS,
    MEMBERSHIP_COLUMNS,
    MEMBERSHIPS,
    MOVEMENT_COLUMNS,
    MOVEMENTS,
    Chain,
    Counts,
    check_counts,
    describe_values,
)

WAYS = (1, 4)
COPY_NAME = "benchmark_floor"
CHUNK = 1_000_000
TABLES = (
    ("tessera.memberships", MEMBERSHIP_COLUMNS, f"{MEMBERSHIPS} WHERE {{those}}"),
    ("tessera.points_movements", MOVEMENT_COLUMNS, f"{MOVEMENTS} WHERE {{those}} AND points IS NOT NULL"),
    ("tessera.events", EVENT_COLUMNS, f"{EVENTS} WHERE {{those}}"),
)


def measure_floors(database: str, chain: Chain, *, members: int, added: int) -> list[Timing]:
    """Load the rows with one connection and with several, each time into a fresh copy of the database."""
    found = []
    for connections in WAYS:
        with copied(database) as address:
            seconds = copy_rows(address, chain, members=members, added=added, connections=connections)
            there = members + added
            check_counts(address, chain, Counts(there, there // 2, there))
        name = f"bare COPY, {connections} connection{'s' if connections > 1 else ''} (floor)"
        found.append(Timing(name, connections, added, seconds, 0, 0, 0))
    return found


@contextmanager
def copied(database: str) -> Iterator[str]:
    """Have a copy of the database, which nobody may be using, until the block ends."""
    name = Identifier(COPY_NAME)
    elsewhere = make_conninfo(database, dbname="postgres")
    with psycopg.connect(elsewhere, autocommit=True) as connection:
        template = Identifier(str(conninfo_to_dict(database)["dbname"]))
        connection.execute(SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(name, template))
        try:
            yield make_conninfo(database, dbname=COPY_NAME)
        finally:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def copy_rows(database: str, chain: Chain, *, members: int, added: int, connections: int) -> float:
    """Load the rows over so many connections at once; return the seconds from the first byte to the last commit."""
    parts = [
        f"ordinal BETWEEN {members + added * part // connections + 1} AND {members + added * (part + 1) // connections}"
        for part in range(connections)
    ]
    with psycopg.connect(database, autocommit=True) as connection:
        for table, _, _ in TABLES:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        contents = [
            [read_rows(connection, source.format(those=part), chain) for *_, source in TABLES] for part in parts
        ]
        connection.execute("CHECKPOINT")
    start = Barrier(connections + 1)
    with ThreadPoolExecutor(connections) as threads:
        running = [threads.submit(write_rows, database, content, start) for content in contents]
        start.wait()
        begun = time.perf_counter()
        for one in running:
            one.result()
        return time.perf_counter() - begun


def read_rows(connection: psycopg.Connection[Any], source: str, chain: Chain) -> bytes:
    """Return rows as COPY takes them."""
    statement = f"COPY ({source} ORDER BY ordinal) TO STDOUT (FORMAT binary)"
    with connection.cursor() as cursor, psycopg.ClientCursor(connection) as writer:
        text = writer.mogrify(statement, describe_values(chain))
        with cursor.copy(text.encode()) as copy:
            return b"".join(copy)


def write_rows(database: str, contents: Sequence[bytes], start: Barrier) -> None:
    """Load what was read, table after table, in one transaction."""
    with psycopg.connect(database) as connection:
        connection.execute("SELECT 1")
        start.wait()
        for (table, columns, _), content in zip(TABLES, contents, strict=True):
            with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT binary)".encode()) as copy:
                for begin in range(0, len(content), CHUNK):
                    copy.write(content[begin : begin + CHUNK])
