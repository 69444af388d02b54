"""Whether this process can do its work just now."""

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tessera.platform.db import Database

PROBE = text("SELECT 1")


async def check_database(database: Database) -> None:
    """Ask the database the least question; raise what it raises."""
    try:
        await ask(database)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        # The pool held connections to a server that has ended since. It has dropped them all: the next one is new.
        await ask(database)


async def ask(database: Database) -> None:
    """Take a connection and have the question answered."""
    async with database.session() as session:
        await session.execute(PROBE)
