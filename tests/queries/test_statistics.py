"""Queries right after a bulk load are planned on what is there."""

import psycopg
from sqlalchemy import text
from tests.builders.house import create_members
from tests.builders.towns import Limits

from tessera.platform.db import Database
from tessera.queries.engines.sql import SqlEngine

KNOWN = text("SELECT reltuples::integer FROM pg_class WHERE oid = 'tessera.memberships'::regclass")


async def test_first_query_after_a_load_refreshes_statistics(
    database: Database, query_address: str, admin_address: str
) -> None:
    # The database's own housekeeping may have been here before, and could count the rows in between.
    with psycopg.connect(admin_address, autocommit=True) as connection:
        connection.execute("ALTER TABLE tessera.memberships SET (autovacuum_enabled = false)")
    chain = await create_members(database, 3000)
    async with database.session() as session:
        before = (await session.execute(KNOWN)).scalar_one()
    await SqlEngine(database, query_address, Limits()).describe(chain, "SELECT membership_id FROM members")
    async with database.session() as session:
        after = (await session.execute(KNOWN)).scalar_one()
    assert before <= 0
    assert after == 3000
