"""Two chains with members of their own in one database."""

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from tests.builders.towns import MEMBERS, SEED, Town
from tests.databases import new_database

from tessera.platform.db import Database, app_address
from tessera.platform.db import query_address as address_for_queries
from tessera.platform.embedded import EmbeddedServer
from tessera.platform.ids import new_id
from tessera.platform.secrets import KeyRing


@pytest.fixture(scope="session")
def town_address(server: EmbeddedServer, template: str) -> Iterator[str]:
    """Make one database for the tests of queries, which only read it."""
    with new_database(server, template) as address:
        yield address


@pytest.fixture(scope="session")
async def town(town_address: str, keys: KeyRing) -> AsyncIterator[Town]:
    """Fill both chains."""
    database = Database(app_address(town_address, keys))
    chains = {word: new_id() for word in ("north", "south")}
    options = "-c search_path=tessera"
    with psycopg.connect(town_address, options=options) as connection, psycopg.ClientCursor(connection) as cursor:
        for word, chain in chains.items():
            ids = {"chain": chain, "program": new_id(), "tier": new_id()}
            cursor.execute(SEED, ids | {"word": word, "members": MEMBERS})
    yield Town(database, address_for_queries(town_address, keys), town_address, chains["north"], chains["south"])
    await database.close()
