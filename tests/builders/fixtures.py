"""Fixtures that several rooms' tests start from."""

import pytest
from tests.builders.places import OWNER, Place

from tessera import queries
from tessera.access import chains as access_chains
from tessera.platform.clock import now
from tessera.platform.db import Database
from tessera.platform.jobs import JobQueue
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing
from tessera.platform.settings import load_settings
from tessera.queries import NewQuery
from tessera.queries.engines.sql import SqlEngine


@pytest.fixture
async def place(database: Database, query_address: str) -> Place:
    """Make both chains and the query."""
    async with database.session() as session:
        first, second = await access_chains.create_chains(session, OWNER, ["Harbour", "Hill"], now=now())
    engine = SqlEngine(database, query_address, load_settings({}))
    new = NewQuery("Members", "SELECT membership_id AS id, balance, last_name FROM members", key_columns=("id",))
    async with database.session() as session:
        query = await queries.create_query(session, OWNER, engine, chain_id=first.id, new=new)
    return Place(first.id, second.id, query)


@pytest.fixture
def resources(database: Database, keys: KeyRing) -> Resources:
    """Give the ground of a process on the test's database."""
    return Resources(load_settings({}), database, keys, JobQueue(database))
