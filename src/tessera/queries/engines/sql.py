"""Running queries, as the login that can read the datasets of one chain and nothing else.

Every query has its own connection, so that nothing one query leaves behind can reach another. Which chain it sees
is a row that only the application can write; the query itself has no way to change it.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID
from weakref import WeakValueDictionary

import psycopg
from psycopg.sql import Literal

from tessera.platform.clock import Clock
from tessera.platform.clock import now as current_moment
from tessera.platform.db import Database
from tessera.platform.json_values import decode_rows
from tessera.queries.blocks import BYTES, ROWS, long_row_error, read_block
from tessera.queries.checks import check_aside
from tessera.queries.columns import Column, Described, check_columns
from tessera.queries.contract import PREVIEW_ROWS, Block, Given, Preview, Selection
from tessera.queries.errors import QueryTooLargeError, QueryUnavailableError
from tessera.queries.failures import Source, timeout_error, translated
from tessera.queries.parameters import Parameter, Value, read_values
from tessera.queries.pieces import Piece, compose, cut, trace
from tessera.queries.store.bindings import bind_backend, unbind_backend
from tessera.queries.store.statements import BEGIN, copy_all, explain, select_count, select_first
from tessera.queries.store.statistics import refresh_statistics
from tessera.queries.wire import copy_out, describe

APPLICATION = "tessera query"
# The selection of a run sorts its rows: a million of usual length stay in memory.
MORE_MEMORY = "SET LOCAL work_mem = '192MB'"
# Looks that one chain may have under way at once in this process: the rest of the database is for exports and others.
MOST_PREVIEWS = 2
# What the server itself may overstay: some calculations do not ask whether their time is up.
GRACE_SECONDS = 5


class Limits(Protocol):
    """What one query may take; the deployment's settings say it."""

    @property
    def query_timeout_seconds(self) -> float:
        """Longest time one query may run."""
        ...

    @property
    def query_preview_seconds(self) -> float:
        """Longest time a preview, a count or another check may take."""
        ...

    @property
    def query_row_limit(self) -> int:
        """Most rows one query may give."""
        ...


@dataclass(frozen=True, slots=True)
class Bound:
    """Values of a query's parameters, sent beside the text."""

    names: list[str]
    values: Mapping[str, Value]

    def place(self, parameter: Parameter) -> str:
        """Return the parameter's number; one that comes again keeps it."""
        if parameter.name not in self.names:
            self.names.append(parameter.name)
        return f"${self.names.index(parameter.name) + 1}"

    def arguments(self) -> list[Value]:
        """Return the values in the order of their numbers."""
        return [self.values[name] for name in self.names]


class SqlEngine:
    """Runs queries of one chain at a time over the datasets.

    `checking` off leaves the database as the only fence; tests prove that it holds alone.
    """

    def __init__(
        self,
        database: Database,
        query_address: str,
        limits: Limits,
        *,
        checking: bool = True,
        clock: Clock = current_moment,
    ) -> None:
        self.database = database
        self.query_address = query_address
        self.timeout_seconds = limits.query_timeout_seconds
        self.preview_seconds = min(limits.query_preview_seconds, limits.query_timeout_seconds)
        self.row_limit = limits.query_row_limit
        self.previews: WeakValueDictionary[UUID, asyncio.Semaphore] = WeakValueDictionary()
        self.checking = checking
        self.clock = clock

    async def describe(self, chain_id: UUID, text: str, parameters: Sequence[Parameter] = ()) -> tuple[Column, ...]:
        """Return the columns of a query that can run; raise what is wrong with it."""
        pieces = await self.read(text, parameters)
        async with self.previewing(chain_id) as connection:
            return check_columns(await self.describe_text(connection, text, pieces, self.preview_seconds))

    async def preview(
        self, chain_id: UUID, query: Selection, given: Given = None, *, most: int = PREVIEW_ROWS
    ) -> Preview:
        """Return the columns and the first rows, at most so many."""
        pieces = await self.read(query.text, query.parameters)
        bound = Bound([], read_values(query.parameters, given or {}, self.clock()))
        async with self.previewing(chain_id) as connection:
            described = await self.describe_text(connection, query.text, pieces, self.preview_seconds)
            columns = check_columns(described)
            statement = select_first(
                compose(pieces, bound.place),
                described,
                query.key_columns,
                most,
                server=connection.info.server_version,
            )
            found = await self.fetch(connection, statement, bound)
        if any(row is None for (row,) in found):
            raise long_row_error()
        return Preview(columns, tuple(map(tuple, decode_rows([row.encode() for (row,) in found]))))

    async def count(self, chain_id: UUID, query: Selection, given: Given = None) -> int:
        """Return the exact number of rows."""
        pieces = await self.read(query.text, query.parameters)
        bound = Bound([], read_values(query.parameters, given or {}, self.clock()))
        async with self.previewing(chain_id) as connection:
            await self.describe_text(connection, query.text, pieces, self.preview_seconds)
            ((count,),) = await self.fetch(connection, select_count(compose(pieces, bound.place)), bound)
        return int(count)

    async def explain(self, chain_id: UUID, query: Selection) -> Mapping[str, Any]:
        """Return the database's plan for the rows, with the defaults of the parameters; nothing is run."""
        pieces = await self.read(query.text, query.parameters)
        bound = Bound([], read_values(query.parameters, {}, self.clock()))
        async with self.previewing(chain_id) as connection:
            await self.describe_text(connection, query.text, pieces, self.preview_seconds)
            ((plan,),) = await self.fetch(connection, explain(compose(pieces, bound.place)), bound)
        found: Mapping[str, Any] = json.loads(plan)[0]["Plan"] if isinstance(plan, str | bytes) else plan[0]["Plan"]
        return found

    async def read_blocks(
        self, chain_id: UUID, query: Selection, *, now: datetime, given: Given = None, with_keys: bool = False
    ) -> AsyncGenerator[Block, None]:
        """Give every row, numbered from 1 in the order of the key columns, in blocks of some hundred.

        An error may come after the first blocks: forget them then.
        """
        pieces = await self.read(query.text, query.parameters)
        values = read_values(query.parameters, given or {}, now)
        with_keys = with_keys and bool(query.key_columns)
        async with self.connected(chain_id, self.timeout_seconds) as connection:

            def place(parameter: Parameter) -> str:
                # COPY is no plan and takes no parameters: the driver quotes the values, and the type is said beside.
                return Literal(values[parameter.name]).as_string(connection)

            described = await self.describe_text(connection, query.text, pieces, self.timeout_seconds)
            check_columns(described)
            await connection.execute(MORE_MEMORY)
            text, most = compose(pieces, place), self.row_limit + 1
            statement = copy_all(
                text,
                described,
                query.key_columns,
                rows=most,
                with_keys=with_keys,
                server=connection.info.server_version,
            )
            last = 0
            with translated(self.timeout_seconds):
                async for lines in copy_out(connection, statement, most=ROWS, enough=BYTES):
                    block = read_block(lines, first=last + 1, with_keys=with_keys)
                    last += block.rows
                    self.check_rows(last)
                    yield block

    async def read(self, text: str, parameters: Sequence[Parameter]) -> tuple[Piece, ...]:
        """Check the text beside the event loop, and cut it at its parameters."""
        if self.checking:
            await check_aside(text, parameters)
        return await asyncio.to_thread(cut, text, parameters)

    def check_rows(self, rows: int) -> None:
        """Stop a query that gives too many rows."""
        if rows > self.row_limit:
            raise QueryTooLargeError(
                f"The query gives more than {self.row_limit:,} rows. Select fewer, or raise TESSERA_QUERY_ROW_LIMIT.",
                limit=self.row_limit,
            )

    async def describe_text(
        self, connection: psycopg.AsyncConnection[Any], text: str, pieces: Sequence[Piece], seconds: float
    ) -> list[Described]:
        """Let the database read the text as it is, so that what wraps it later cannot be closed from inside."""
        bound = Bound([], {})
        statement = compose(pieces, bound.place)
        source = Source(text, lambda position: trace(pieces, bound.place, position))
        with translated(seconds, source):
            return await describe(connection, statement)

    async def fetch(self, connection: psycopg.AsyncConnection[Any], statement: str, bound: Bound) -> list[Any]:
        """Return the rows of a statement with bound values."""
        with translated(self.preview_seconds):
            # Asking for binary results makes the driver send one statement, as `wire` explains.
            async with psycopg.AsyncRawCursor(connection) as cursor:
                await cursor.execute(statement.encode(), bound.arguments(), binary=True)
                return await cursor.fetchall()

    @asynccontextmanager
    async def previewing(self, chain_id: UUID) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """Open a transaction for a preview: within the chain's share of previews, and no longer than one may take."""
        share = self.previews.setdefault(chain_id, asyncio.Semaphore(MOST_PREVIEWS))
        try:
            await asyncio.wait_for(share.acquire(), self.preview_seconds)
        except TimeoutError:
            raise QueryUnavailableError(
                f"{MOST_PREVIEWS} previews or counts of this chain run already. Try again in a moment.", retry_after=5
            ) from None
        try:
            async with asyncio.timeout(self.preview_seconds + GRACE_SECONDS):
                async with self.connected(chain_id, self.preview_seconds) as connection:
                    yield connection
        except TimeoutError:
            raise timeout_error(self.preview_seconds) from None
        finally:
            share.release()

    @asynccontextmanager
    async def connected(self, chain_id: UUID, seconds: float) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """Open a read-only transaction that sees the chain; whatever happens, it is rolled back and ended."""
        with translated(seconds):
            connection = await self.connect(seconds)
        pid = connection.info.backend_pid
        try:
            async with self.database.session() as session:
                await refresh_statistics(session)
                await bind_backend(session, pid, chain_id)
            with translated(seconds):
                await connection.execute(BEGIN)
            yield connection
        finally:
            await self.disconnect(connection, pid)

    async def connect(self, seconds: float) -> psycopg.AsyncConnection[Any]:
        """Connect as the queries' login."""
        options = {
            "search_path": "datasets",
            "timezone": "UTC",
            "datestyle": "ISO",
            "intervalstyle": "iso_8601",
            "statement_timeout": f"{int(seconds * 1000)}ms",
            "lock_timeout": "5s",
            "idle_in_transaction_session_timeout": "60s",
            "default_transaction_read_only": "on",
            # A process that was killed, or a caller who gave up, must not leave a long query behind.
            "client_connection_check_interval": "5s",
            # An export of a million members sorts and joins; the default would do it on disk in many passes.
            "work_mem": "64MB",
            # Hashes keep to it too, so that a plan of several fits into the memory of one backend.
            "hash_mem_multiplier": "1",
            # Compiling costs more than it saves on the plans of exports.
            "jit": "off",
        }
        return await psycopg.AsyncConnection.connect(
            self.query_address,
            autocommit=True,
            application_name=APPLICATION,
            options=" ".join(f"-c {name}={value}" for name, value in options.items()),
            connect_timeout=10,
        )

    async def disconnect(self, connection: psycopg.AsyncConnection[Any], pid: int) -> None:
        """End what still runs, then the binding, then the connection: later, its number could be another's."""
        try:
            if connection.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                await connection.cancel_safe(timeout=5)
            async with self.database.session() as session:
                await unbind_backend(session, pid)
        finally:
            await connection.close()
