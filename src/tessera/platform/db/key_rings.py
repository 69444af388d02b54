"""The key ring that a database belongs to: with another one its secrets stay shut and its tokens are unknown."""

from typing import Any

import psycopg
from psycopg import errors as pg

from tessera.platform.db.migrations import connect, translated
from tessera.platform.db.roles import OWNER
from tessera.platform.db.versions import check_version

FIND = "SELECT oldest_key FROM tessera.key_rings"
RECORD = """
INSERT INTO tessera.key_rings (oldest_key) VALUES (%s)
ON CONFLICT (only_row) DO UPDATE SET oldest_key = excluded.oldest_key
"""


def find_expected_key(admin_address: str) -> str | None:
    """Return the id of the oldest key that this database knows; None where it knows none yet."""
    with translated(), connect(admin_address) as connection:
        check_version(connection.info.server_version)
        try:
            connection.execute(f"SET ROLE {OWNER}")
            row = connection.execute(FIND).fetchone()
        # A new database has neither the role nor the table; a login that does not migrate may not ask.
        except (pg.InvalidParameterValue, pg.UndefinedTable, pg.InvalidSchemaName, pg.InsufficientPrivilege):
            return None
        return None if row is None else str(row[0])


def record_key(owner: psycopg.Connection[Any], key_id: str) -> None:
    """Remember whose database this is from now on."""
    owner.execute(RECORD, [key_id])
