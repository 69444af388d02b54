"""Look-ups outside any transaction: one question is one round trip, and equal questions of many callers are one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Hashable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

Connection = psycopg.AsyncConnection[Any]
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

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
            gathering = self._gatherings[ask] = Batcher(lambda all_keys: ask(self, all_keys))
        return await gathering.get(keys)

    async def _put_back(self, connection: Connection) -> None:
        """Keep a connection that is at rest. One that broke takes the others along: their server has ended as well."""
        if connection.info.transaction_status == TransactionStatus.IDLE:
            self._idle.append(connection)
            return
        broken = connection.broken
        await connection.close()
        if broken:
            await self.close()

    async def close(self) -> None:
        """Close every idle connection."""
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.close()


class Batcher(Generic[K, V]):
    """Look-ups by key, a few under way at a time: callers that come meanwhile share the next one.

    With one caller nothing waits; the more there are, the more keys share a round trip.
    """

    def __init__(self, ask: Callable[[Collection[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._ask = ask
        self._waiting: list[tuple[Collection[K], asyncio.Future[dict[K, V]]]] = []
        self._under_way: set[asyncio.Task[None]] = set()

    async def get(self, keys: Collection[K]) -> dict[K, V]:
        """Return what is found for the keys."""
        answer: asyncio.Future[dict[K, V]] = asyncio.get_running_loop().create_future()
        self._waiting.append((keys, answer))
        if len(self._under_way) < MOST_AT_ONCE:
            task = asyncio.create_task(self._work())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return await answer

    async def _work(self) -> None:
        """Answer all waiting callers."""
        while self._waiting:
            callers = self._take()
            try:
                found = await self._ask({key for keys, _ in callers for key in keys})
            except BaseException as error:
                for _, answer in callers:
                    if not answer.done():
                        answer.set_exception(error)
                if not isinstance(error, Exception):
                    raise
                continue
            for keys, answer in callers:
                if not answer.done():
                    answer.set_result({key: found[key] for key in keys if key in found})

    def _take(self) -> list[tuple[Collection[K], asyncio.Future[dict[K, V]]]]:
        """Take callers off the queue, at least one, with few enough keys for one question."""
        count = size = 0
        for keys, _ in self._waiting:
            size += len(keys)
            if count and size > MOST_KEYS:
                break
            count += 1
        callers, self._waiting = self._waiting[:count], self._waiting[count:]
        return callers
