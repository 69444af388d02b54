"""Connections for look-ups by key: outside any transaction, so that one question is one round trip."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

Connect = Callable[[], Awaitable[psycopg.AsyncConnection[Any]]]


class Reader:
    """A connection on which every statement is its own transaction and sees what is committed by then."""

    __slots__ = ("connection",)

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self.connection = connection


class Readers:
    """At most `size` readers; whoever finds none idle waits. The one used last is given first: its caches are warm."""

    def __init__(self, connect: Connect, size: int) -> None:
        self._connect = connect
        self._room = asyncio.Semaphore(size)
        self._idle: list[Reader] = []

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[Reader]:
        """Have a reader for this while."""
        async with self._room:
            reader = self._idle.pop() if self._idle else Reader(await self._connect())
            try:
                yield reader
            finally:
                await self._put_back(reader)

    async def _put_back(self, reader: Reader) -> None:
        """Keep a reader that is at rest. One that broke takes the others along: their server has ended as well."""
        if reader.connection.info.transaction_status == TransactionStatus.IDLE:
            self._idle.append(reader)
            return
        broken = reader.connection.broken
        await reader.connection.close()
        if broken:
            await self.close()

    async def close(self) -> None:
        """Close every idle reader."""
        idle, self._idle = self._idle, []
        for reader in idle:
            await reader.connection.close()
