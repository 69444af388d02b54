"""Connections: one pool per process for the application's login, one session per request or job step.

SQLAlchemy is loaded by the first session: a command that only looks something up does without it, and is there sooner.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import psycopg

from tessera.platform.db.readers import Reader

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

    Session = AsyncSession
else:

    class Session:
        """The name of SQLAlchemy's `AsyncSession` in signatures, which exist before it is loaded."""


SEARCH_PATH = "tessera,procrastinate"
# Look-ups keep their plans. One made while a table was small must not scan it whole ever after.
KEYED = "-c enable_seqscan=off"


class Database:
    """The application's way to PostgreSQL, as `tessera_app`.

    `address` is a libpq address (`postgresql://…`). A session is one transaction: committed when its block ends well,
    rolled back when it raises. Nothing inside commits. `reader` looks records up by key, outside any transaction. A
    statement that takes longer than `statement_seconds` is cancelled; 0 lets every one end.
    """

    def __init__(
        self, address: str, *, pool_size: int = 10, application: str = "tessera", statement_seconds: float = 0
    ) -> None:
        self.address = address
        self.statement_milliseconds = round(1000 * statement_seconds)
        self.application = application
        self.pool_size = pool_size
        self.reader = Reader(lambda: self.connect(application, autocommit=True, keyed=True), pool_size)

    @cached_property
    def engine(self) -> "AsyncEngine":
        """The pool of connections for sessions."""
        from sqlalchemy import URL
        from sqlalchemy.ext.asyncio import create_async_engine

        return create_async_engine(
            URL.create("postgresql+psycopg"),
            pool_size=self.pool_size,
            max_overflow=0,
            pool_timeout=30,
            pool_pre_ping=False,
            async_creator=lambda: self.connect(self.application),
        )

    @cached_property
    def _sessions(self) -> "async_sessionmaker[AsyncSession]":
        from sqlalchemy.ext.asyncio import async_sessionmaker

        return async_sessionmaker(self.engine, expire_on_commit=False, autoflush=False)

    async def connect(
        self, application: str = "tessera", *, autocommit: bool = False, keyed: bool = False
    ) -> psycopg.AsyncConnection[Any]:
        """Open a connection outside the pool; the caller closes it. With `keyed`, every look-up goes by an index."""
        plans = KEYED if keyed else ""
        return await psycopg.AsyncConnection.connect(
            self.address,
            autocommit=autocommit,
            application_name=application,
            options=f"-c search_path={SEARCH_PATH} -c timezone=UTC "
            f"-c statement_timeout={self.statement_milliseconds} {plans}",
            connect_timeout=10,
        )

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """One transaction."""
        async with self._sessions() as session, session.begin():
            yield session

    async def close(self) -> None:
        """Close every pooled connection."""
        await self.reader.close()
        if "engine" in self.__dict__:
            await self.engine.dispose()


async def driver(session: Session) -> psycopg.AsyncConnection[Any]:
    """Return the session's own driver connection, inside its transaction, for COPY and other bulk work."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    found = raw.driver_connection
    if not isinstance(found, psycopg.AsyncConnection):
        raise TypeError("the session is not on psycopg")
    return found
