"""Databases for tests: copies of a migrated one, emptied and given out again.

Copying costs the server ten times what emptying does, and the first connection to a copy costs once more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, LiteralString, cast

import psycopg
from psycopg.sql import SQL, Identifier

from tessera.platform.db.roles import grant_database
from tessera.platform.embedded import EmbeddedServer
from tessera.platform.ids import new_id

# A database that held more is dropped: its files keep their size, which later plans would show.
MOST_ROWS = 2000

TABLES: LiteralString = """
SELECT format('%I.%I', nspname, relname)
  FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
 WHERE relkind IN ('r', 'p') AND NOT relispartition AND nspname !~ '^pg_' AND nspname <> 'information_schema'
"""
# Any change of a table, right, function or trigger writes one of these rows; so does ANALYZE.
SHAPE: LiteralString = " UNION ALL ".join(
    f"SELECT count(*), max(xmin::text::bigint) FROM {catalog}"
    for catalog in ("pg_class", "pg_attribute", "pg_constraint", "pg_trigger", "pg_proc", "pg_policy", "pg_statistic")
)
OTHERS: LiteralString = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
RESET_SEQUENCES: LiteralString = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
  FROM pg_sequences WHERE last_value IS NOT NULL
"""


def copy_database(server: EmbeddedServer, template: str) -> str:
    """Make a database from a template and return its name."""
    name = f"test_{new_id().hex[-12:]}"
    with psycopg.connect(server.address("postgres"), autocommit=True) as connection:
        connection.execute(
            SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(Identifier(name), Identifier(template))
        )
        # Rights on a database are not copied with it.
        grant_database(connection, name)
    return name


def drop_database(server: EmbeddedServer, name: str) -> None:
    """Drop a database, whoever is connected to it."""
    with psycopg.connect(server.address("postgres"), autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@contextmanager
def new_database(server: EmbeddedServer, template: str) -> Iterator[str]:
    """Make a database that is used once, and give its superuser's address."""
    name = copy_database(server, template)
    try:
        yield server.address(name)
    finally:
        drop_database(server, name)


@dataclass
class Cleaner:
    """What a copy of the template is like before any test writes to it."""

    shape: list[tuple[Any, ...]]
    deletions: list[LiteralString]
    rows: dict[LiteralString, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: psycopg.Connection) -> "Cleaner":
        """Look at a fresh copy."""
        tables = [cast("LiteralString", table) for (table,) in connection.execute(TABLES).fetchall()]
        cleaner = cls(read_shape(connection), [f"DELETE FROM {table}" for table in tables])
        for table in tables:
            with connection.cursor() as cursor, cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as copy:
                if rows := b"".join(bytes(part) for part in copy):
                    cleaner.rows[table] = rows
        return cleaner

    def clean(self, connection: psycopg.Connection) -> bool:
        """Make the database as it was; return False where that cannot be done and it has to be dropped."""
        if read_shape(connection) != self.shape or connection.execute(OTHERS).fetchone() != (0,):
            return False
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")
            with connection.cursor() as cursor:
                cursor.execute("; ".join(self.deletions))
                deleted = cursor.rowcount
                while cursor.nextset():
                    deleted += cursor.rowcount
                for table, rows in self.rows.items():
                    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                        copy.write(rows)
                cursor.execute(RESET_SEQUENCES)
        return deleted <= MOST_ROWS


def read_shape(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    """Return what differs after any change of the schema."""
    return connection.execute(SHAPE).fetchall()


@dataclass
class Lendable:
    """A copy of the template, with a connection that knows its tables: a new one would look them all up again."""

    address: str
    name: str
    cleaner: Cleaner
    connection: psycopg.Connection

    def clean(self) -> bool:
        """Make the database as it was; return False where that cannot be done and it has to be dropped."""
        try:
            return self.cleaner.clean(self.connection)
        except psycopg.OperationalError:
            # The test has ended all connections.
            self.connection = psycopg.connect(self.address, autocommit=True)
            return self.cleaner.clean(self.connection)


@dataclass
class Databases:
    """The copies of one template that are free for the next test."""

    server: EmbeddedServer
    template: str
    free: list[Lendable] = field(default_factory=list)

    @contextmanager
    def lend(self) -> Iterator[str]:
        """Give the superuser's address of a database as the template has it."""
        lent = self.free.pop() if self.free else self.add()
        try:
            yield lent.address
        finally:
            if lent.clean():
                self.free.append(lent)
            else:
                lent.connection.close()
                drop_database(self.server, lent.name)

    def add(self) -> Lendable:
        """Copy the template once more."""
        name = copy_database(self.server, self.template)
        address = self.server.address(name)
        connection = psycopg.connect(address, autocommit=True)
        return Lendable(address, name, Cleaner.of(connection), connection)

    def close(self) -> None:
        """End the connections."""
        for each in self.free:
            each.connection.close()
