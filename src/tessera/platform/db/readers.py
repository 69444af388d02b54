"""Look-ups outside any transaction: one question is one round trip, and equal questions of many callers are one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

from tessera.platform.batching import Batcher

Connection = psycopg.AsyncConnection[Any]
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

# With one caller nothing waits; the more there are, the more keys share a round trip.
MOST_AT_ONCE = 2
MOST_KEYS = 2000


class Reader:
    """Reads on at most `size` connections; every statement is its own transaction and sees what is committed by then.

    The connection used last is given first: its caches are warm.
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]], size: int) -> None:
        self._connect = connect
        self._room = asyncio.Semaphore(size)
        self._idle: list[Connection] = []
        self._closed = False
        self._gatherings: dict[Any, Batcher[Any, Any]] = {}

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection for one statement; a caller that finds none idle waits."""
        async with self._room:
            connection = self._idle.pop() if self._idle else await self._connect()
            try:
                yield connection
            finally:
                await self._put_back(connection)

    async def has_row(self, statement: bytes) -> bool:
        """Say whether the statement finds a row."""
        async with self.connection() as connection:
            # Planned each time: what waits differs by orders of magnitude from one look to the next.
            cursor = await connection.execute(statement, prepare=False)
            return await cursor.fetchone() is not None

    async def gather(
        self, ask: Callable[["Reader", Collection[K]], Awaitable[Mapping[K, V]]], keys: Collection[K]
    ) -> dict[K, V]:
        """Return what is found for the keys, asked together with the keys of all concurrent callers."""
        gathering = self._gatherings.get(ask)
        if gathering is None:

            async def ask_all(groups: Sequence[Collection[K]]) -> Mapping[K, V]:
                return await ask(self, {key for group in groups for key in group})

            gathering = self._gatherings[ask] = Batcher(ask_all, most=MOST_KEYS, at_once=MOST_AT_ONCE)
        found = await gathering.submit(keys, len(keys))
        return {key: found[key] for key in keys if key in found}

    async def _put_back(self, connection: Connection) -> None:
        """Keep a connection that is at rest. One that broke takes the others along: their server has ended as well."""
        if connection.info.transaction_status == TransactionStatus.IDLE and not self._closed:
            self._idle.append(connection)
            return
        broken = connection.broken
        await connection.close()
        if broken:
            await self._close_idle()

    async def close(self) -> None:
        """Close every idle connection; one that is lent is closed when it comes back."""
        self._closed = True
        await self._close_idle()

    async def _close_idle(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.close()
