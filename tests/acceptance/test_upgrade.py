"""A database of commit d47a294 is migrated: everything in it is still there, and every secret still opens."""

import asyncio
import gzip
import json
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from alembic import command
from psycopg.sql import SQL, Identifier
from sqlalchemy import NullPool, create_engine
from tests.builders.commands import run_tessera
from tests.builders.house import ACTOR, SmallHouse, make_settings, open_small_house, read_run
from tests.builders.receivers import run_receiver
from tests.conftest import FAST, OLDEST, binaries, unmade_folder

from tessera.exports import RunState, log
from tessera.loyalty import count_figures
from tessera.platform.db import Database, app_address, migrate, migrations, query_address
from tessera.platform.db.roles import prepare_roles
from tessera.platform.embedded import EmbeddedServer
from tessera.platform.secrets import KeyRing, load_keys

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
RENAMED: dict[str, str] = {"run_rows": "run_blocks"}

# What says how many things a table holds, where that is not a thing a row.
NUMBERS = {"run_blocks": "sum(rows)::bigint"}

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

# A run of forty rows, a request each, is made one that was under way: twenty are settled, the next has begun.
INTERRUPT = """
UPDATE tessera.runs
   SET state = 'running', started_at = now() - interval '1 hour', finished_at = NULL, planned_row = 21,
       worker = 'gone', epoch = 3, requests = 21, attempts = 21, lease_until = now() - interval '1 minute',
       error_code = NULL, error = NULL, skipped = 0,
       sent = (SELECT count(*) FROM tessera.run_requests WHERE run_id = :run AND number < 20 AND state = 'sent'),
       failed = (SELECT count(*) FROM tessera.run_requests WHERE run_id = :run AND number < 20 AND state = 'failed'),
       bytes = (SELECT sum(bytes) FROM tessera.run_requests WHERE run_id = :run AND number <= 20)
 WHERE id = :run;
DELETE FROM tessera.run_requests WHERE run_id = :run AND number > 20;
DELETE FROM tessera.run_attempts WHERE run_id = :run AND number > 20;
DELETE FROM tessera.run_excerpts WHERE run_id = :run AND number >= 20;
DELETE FROM tessera.run_row_errors WHERE run_id = :run AND ordinal > 20;
UPDATE tessera.run_requests SET state = 'begun', status = NULL, sent_rows = 0, code = NULL, settled_at = NULL
 WHERE run_id = :run AND number = 20;
UPDATE tessera.run_attempts SET outcome = NULL, status = NULL, code = NULL, message = NULL, settled_at = NULL
 WHERE run_id = :run AND number = 20;
"""
FIND_RUNS = """
SELECT (SELECT id FROM tessera.runs WHERE state = 'completed_with_errors' AND selected = 40),
       (SELECT id FROM tessera.runs WHERE state = 'pending')
"""
SEND_TO = """
UPDATE tessera.connection_profiles SET settings = jsonb_set(settings, '{base_url}', to_jsonb(%s::text))
 WHERE internal_name = 'receiver'
"""

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
    wanted = f"SELECT {NUMBERS.get(now_called, 'count(*)')}, {SUMS.get(name, '0 AS nothing')} FROM {{}}"
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


def upgrade_to(address: str, keys: KeyRing, revision: str) -> None:
    """Bring the database to an older revision than the newest."""
    config = migrations.alembic_config()
    with migrations.connect(address) as connection:
        prepare_roles(connection, address, keys)
    engine = create_engine(
        "postgresql+psycopg://", poolclass=NullPool, creator=lambda: migrations.connect_owner(address)
    )
    with engine.connect() as opened:
        config.attributes["connection"] = opened
        command.upgrade(config, revision)
        opened.commit()


def interrupt_run(address: str, url: str) -> tuple[UUID, UUID]:
    """Leave a run in the middle, as a worker of 0028 that died; return it and one that nobody has begun."""
    with psycopg.connect(address, autocommit=True) as connection:
        row = connection.execute(FIND_RUNS).fetchone()
        assert row is not None
        middle, waiting = row
        # A definition has one active run, so the one that waits becomes another definition's.
        connection.execute(
            "UPDATE tessera.runs r SET definition_id = d.id, chain_id = d.chain_id FROM tessera.export_definitions d"
            " WHERE r.id = %s AND d.internal_name = 'demo'",
            [waiting],
        )
        for statement in INTERRUPT.replace(":run", f"'{middle}'").strip().split(";")[:-1]:
            connection.execute(statement.encode())
        connection.execute(SEND_TO, [url])
    return middle, waiting


@asynccontextmanager
async def open_house(restored: Restored, keys: KeyRing, folder: Path) -> AsyncIterator[SmallHouse]:
    """Open the upgraded database as a worker would."""
    database = Database(app_address(restored.address, keys))
    try:
        queries = query_address(restored.address, keys)
        async with open_small_house(database, queries, keys, make_settings(folder)) as house:
            yield house
    finally:
        await database.close()


async def test_run_under_way_goes_on_after_the_upgrade(restored: Restored, tmp_path: Path) -> None:
    keys = load_keys(restored.keys_file)
    upgrade_to(restored.address, keys, "0028")
    async with run_receiver() as receiver:
        middle, waiting = interrupt_run(restored.address, receiver.url)
        with psycopg.connect(restored.address) as connection:
            rows = connection.execute(
                "SELECT row FROM tessera.run_rows WHERE run_id = %s AND ordinal > 20 ORDER BY ordinal", [middle]
            ).fetchall()
            begun = connection.execute(
                "SELECT key FROM tessera.run_requests WHERE run_id = %s AND number = 20", [middle]
            ).fetchone()

        migrate(restored.address, keys)

        async with open_house(restored, keys, tmp_path) as house:
            before = await read_run(house, middle)
            await house.executor("new").execute(str(middle))
            ended = await read_run(house, middle)
            await house.executor("new").execute(str(waiting))
            held = await read_run(house, waiting)
            async with house.database.session() as session:
                requests = (await log.list_requests(session, ACTOR, middle, size=100)).items
    assert before.state is RunState.RUNNING
    assert 0 < before.sent < 20
    assert before.sent + before.failed == 20
    assert (ended.state, ended.sent, ended.failed) == (
        RunState.COMPLETED_WITH_ERRORS,
        before.sent + 20,
        before.failed,
    )
    assert (ended.take_overs, ended.requests, ended.attempts) == (3, 40, 41)
    assert [request.number for request in requests] == list(range(40))
    assert begun is not None
    assert sorted(receiver.ids()) == sorted(json.loads(row)[0] for (row,) in rows)
    assert begun[0] in {str(request.key).strip('"') for request in receiver.received}
    # It was started at the command line, so nobody is there with whose rights members would be sent.
    assert (held.state, [finding.gate for finding in held.findings]) == (RunState.HELD, ["owner"])


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
