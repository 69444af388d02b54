"""A database of commit d47a294 is migrated: everything in it is still there, and every secret still opens."""

import asyncio
import gzip
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from tests.builders.commands import run_tessera
from tests.conftest import FAST, OLDEST, binaries, unmade_folder

from tessera.loyalty import count_figures
from tessera.platform.db import Database, app_address, migrate
from tessera.platform.embedded import EmbeddedServer
from tessera.platform.secrets import load_keys

FIXTURE = Path(__file__).parents[1] / "fixtures" / "upgrade"
DUMP = FIXTURE / "d47a294.sql.gz"
DATABASE = "restored"
ROLES = "CREATE ROLE tessera_owner; CREATE ROLE tessera_app; CREATE ROLE tessera_query"
# Every unique index of the ledger, and those that serve a rule of memberships, on or off.
KEYS = """
SELECT indexname, indexdef FROM pg_indexes
 WHERE tablename IN ('memberships', 'points_movements', 'points_lots')
   AND (indexdef LIKE 'CREATE UNIQUE%' OR indexname LIKE 'ix_memberships%program_id')
"""
# What switching two rules off leaves behind.
SWITCH_OFF = """
DROP INDEX tessera.uq_memberships_account_id_program_id, tessera.uq_memberships_membership_number_program_id;
CREATE INDEX ix_memberships_account_id_program_id ON tessera.memberships (account_id, program_id)
  WHERE deleted_at IS NULL;
CREATE INDEX ix_memberships_membership_number_program_id ON tessera.memberships (membership_number, program_id)
  WHERE deleted_at IS NULL AND membership_number IS NOT NULL;
"""
TABLES = """
SELECT tablename FROM pg_tables
WHERE schemaname IN ('tessera', 'procrastinate') AND tablename NOT IN ('alembic_version', 'procrastinate_events')
ORDER BY 1
"""

# What the figures come to, and what they should.
LEVELS = """
SELECT (SELECT sum(members) FROM tessera.daily_figures),
       (SELECT count(*) FROM tessera.memberships WHERE deleted_at IS NULL),
       (SELECT sum(points) FROM tessera.daily_figures),
       (SELECT sum(balance) FROM tessera.memberships WHERE deleted_at IS NULL),
       (SELECT count(*) FROM tessera.uncounted_chains)
"""

# Tables that have another name since; the figures are compared under the old one.
RENAMED: dict[str, str] = {}

# What must come out the same on both sides, beside the number of rows of every table.
SUMS = {
    "points_movements": "sum(points), sum(balance), count(expires_at), count(active_at), count(DISTINCT membership_id)",
    "points_lots": "sum(remaining), count(expires_at)",
    "memberships": "sum(balance), count(DISTINCT membership_number), count(tier_id), count(NULLIF(is_primary, false))",
    "accounts": "count(DISTINCT email), count(first_name), count(last_name)",
    "runs": "sum(selected), sum(sent), sum(failed), sum(skipped)",
    "run_attempts": "count(DISTINCT run_id), min(begun_at), max(settled_at)",
    "run_row_errors": "count(DISTINCT run_id)",
    "events": "count(DISTINCT chain_id), min(sequence), max(sequence)",
    "audit_entries": "count(DISTINCT object_id), min(created_at), max(created_at)",
    "access_tokens": "count(DISTINCT digest)",
    "api_keys": "count(DISTINCT digest)",
}

# Commands of psql, and rights on PostgreSQL's own functions: their signatures differ between versions, psql goes on
# after such a line, and migrating grants and revokes them again.
SKIPPED = re.compile(r"\\|(GRANT|REVOKE) .* ON FUNCTION pg_catalog\.")

Figures = dict[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Restored:
    """A restored database: the superuser's address, and the key ring beside it."""

    address: str
    keys_file: Path

    def figures(self, names: dict[str, str]) -> Figures:
        """Count and sum up every table; `names` maps a table to the name it has now."""
        with psycopg.connect(self.address, options="-c search_path=tessera,procrastinate") as connection:
            found = [str(name) for (name,) in connection.execute(TABLES)] if not names else list(names)
            return {name: count(connection, name, names.get(name, name)) for name in found}

    def command(self, *arguments: str) -> str:
        """Run a command on the database and return what it prints."""
        ended = run_tessera(
            *arguments,
            TESSERA_DATABASE_URL=self.address,
            TESSERA_SECRET_KEYS_FILE=str(self.keys_file),
            TESSERA_DATA_DIR=str(self.keys_file.parent),
        )
        assert ended.code == 0, ended.out + ended.err
        return ended.out


def count(connection: psycopg.Connection[Any], name: str, now_called: str) -> tuple[Any, ...]:
    """Return the number of rows of a table and its sums."""
    wanted = f"SELECT count(*), {SUMS.get(name, '0')} FROM {{}}"
    row = connection.execute(SQL(wanted).format(Identifier(now_called))).fetchone()
    return tuple(row or ())


@pytest.fixture(params=["current", pytest.param("15", marks=pytest.mark.oldest)])
def restored(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Restored]:
    """Restore the dump on a server of its own, because roles belong to one key ring."""
    keys_file = tmp_path / "secret-keys.json"
    shutil.copy(FIXTURE / "secret-keys.json", keys_file)
    keys_file.chmod(0o600)
    with unmade_folder() as folder:
        server = EmbeddedServer(folder, OLDEST if request.param == "15" else binaries(), options=FAST)
        server.start()
        try:
            yield Restored(restore(server), keys_file)
        finally:
            server.stop()


def restore(server: EmbeddedServer) -> str:
    """Make roles and database as an operator would, and load the dump."""
    with psycopg.connect(server.address("postgres"), autocommit=True) as connection:
        connection.execute(ROLES)
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(DATABASE)))
    lines = gzip.decompress(DUMP.read_bytes()).decode().splitlines()
    script = "\n".join(line for line in lines if not SKIPPED.match(line))
    address = server.address(DATABASE)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(script.encode())
    return address


def test_everything_survives_the_upgrade(restored: Restored) -> None:
    before = restored.figures({})

    migrate(restored.address, load_keys(restored.keys_file))

    assert restored.figures({name: RENAMED.get(name, name) for name in before}) == before
    assert "All is well" in restored.command("check")
    restored.command("secrets", "rotate")
    assert "Sealed" in restored.command("secrets", "reseal")
    assert migrate(restored.address, load_keys(restored.keys_file)) == ()


def test_keys_begin_with_the_chain_and_rules_that_are_off_stay_off(restored: Restored) -> None:
    with psycopg.connect(restored.address, autocommit=True) as connection:
        connection.execute(SWITCH_OFF)

        migrate(restored.address, load_keys(restored.keys_file))

        keys: dict[str, str] = dict(connection.execute(KEYS).fetchall())
    assert set(keys) == {
        "pk_memberships",
        "ix_memberships_account_id_program_id",
        "uq_memberships_account_id_primary",
        "ix_memberships_membership_number_program_id",
        "uq_memberships_provider_membership_id_program_id",
        "pk_points_movements",
        "uq_points_movements_membership_id_idempotency_key",
        "uq_points_movements_membership_id_reverses",
        "pk_points_lots",
    }
    assert all("USING btree (chain_id, " in text for text in keys.values()), keys


async def test_figures_of_the_past_are_counted_after_the_upgrade(restored: Restored) -> None:
    keys = load_keys(restored.keys_file)
    await asyncio.to_thread(migrate, restored.address, keys)
    database = Database(app_address(restored.address, keys))
    await count_figures(database)
    await database.close()

    with psycopg.connect(restored.address) as connection:
        members, all_members, points, all_points, left = connection.execute(LEVELS.encode()).fetchone() or ()
    assert (members, points, left) == (all_members, all_points, 0)
    assert members > 0
