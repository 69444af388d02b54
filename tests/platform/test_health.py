"""Health tells of the database as it is now."""

import asyncio

import psycopg

from tessera.platform.db import Database
from tessera.platform.health import check_database

END_ALL = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = 'tessera_app'
"""


async def test_connections_of_an_ended_server_are_no_illness(database: Database, admin_address: str) -> None:
    await asyncio.gather(*(check_database(database) for _ in range(3)))
    with psycopg.connect(admin_address, autocommit=True) as administrator:
        assert len(administrator.execute(END_ALL).fetchall()) == 3

    await check_database(database)
