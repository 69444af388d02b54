"""Migrating: once, twice, two at once, too old, too new, and held up."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import ProgrammingError

from tessera.platform.db import (
    DatabaseAddressError,
    DatabaseUnavailableError,
    DatabaseVersionError,
    MigrationError,
    app_address,
    is_current,
    migrate,
    migrations,
)
from tessera.platform.db.addresses import with_login
from tessera.platform.db.migrations import MIGRATION_LOCK, OPTIONS, newest_revision, scripts
from tessera.platform.db.versions import check_version
from tessera.platform.embedded import EmbeddedServer
from tessera.platform.secrets import KeyRing


def test_empty_database_is_brought_to_head(empty_database: Callable[[], str], keys: KeyRing) -> None:
    address = empty_database()
    assert not is_current(address)
    applied = migrate(address, keys)
    assert applied[0] == "0001"
    assert applied[-1] == scripts().get_current_head()
    assert is_current(app_address(address, keys))


def test_revisions_are_numbered_in_one_line() -> None:
    assert newest_revision() == scripts().get_current_head()


def test_second_migration_finds_nothing_to_do(admin_address: str, keys: KeyRing) -> None:
    assert migrate(admin_address, keys) == ()


def test_two_at_once_migrate_once(empty_database: Callable[[], str], keys: KeyRing) -> None:
    address = empty_database()
    with ThreadPoolExecutor() as pool:
        applied = list(pool.map(lambda _: migrate(address, keys), range(2)))
    assert sorted(len(revisions) for revisions in applied) == [0, len(list(scripts().walk_revisions()))]


def test_two_databases_of_one_cluster_migrate_at_once(empty_database: Callable[[], str], keys: KeyRing) -> None:
    addresses = [empty_database() for _ in range(3)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda address: migrate(address, keys), addresses))
    assert all(is_current(address) for address in addresses)


def test_failed_migration_leaves_nothing(empty_database: Callable[[], str], keys: KeyRing) -> None:
    address = empty_database()
    with psycopg.connect(address) as connection:
        # It stands in the way of the last migration; all before it must be undone with it.
        connection.execute("CREATE SCHEMA tessera AUTHORIZATION tessera_owner")
        connection.execute("CREATE TABLE tessera.run_moments (id int)")
    with pytest.raises(ProgrammingError, match="run_moments"):
        migrate(address, keys)
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT to_regclass('tessera.users')").fetchone() == (None,)


def test_waiting_for_another_ends(admin_address: str, keys: KeyRing) -> None:
    with psycopg.connect(admin_address) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        with pytest.raises(MigrationError, match="Another process is still migrating"):
            migrate(admin_address, keys, wait_seconds=0.2)


def test_long_transaction_is_told(admin_address: str, keys: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT", "-c lock_timeout=100ms")
    with psycopg.connect(admin_address) as other:
        other.execute("LOCK TABLE tessera.alembic_version")
        with pytest.raises(MigrationError, match="A long transaction holds a table"):
            migrate(admin_address, keys)


def test_newer_database_is_refused(admin_address: str, keys: KeyRing) -> None:
    with psycopg.connect(admin_address) as connection:
        connection.execute("UPDATE tessera.alembic_version SET version_num = '9999'")
    with pytest.raises(MigrationError, match="migrated by a newer Tessera"):
        migrate(admin_address, keys)
    assert not is_current(admin_address)


@pytest.mark.parametrize(("number", "found"), [(90624, "9.6"), (140012, "14"), (190000, "19")])
def test_unknown_version_is_refused(number: int, found: str) -> None:
    with pytest.raises(DatabaseVersionError, match=rf"is PostgreSQL {found}\. Tessera needs PostgreSQL 15 to 18"):
        check_version(number)


@pytest.mark.parametrize("number", [150000, 160004, 170002, 180001])
def test_known_version_is_taken(number: int) -> None:
    check_version(number)


def test_unreachable_database_is_one_line(keys: KeyRing) -> None:
    with pytest.raises(DatabaseUnavailableError) as caught:
        migrate("postgresql://someone:hidden-word@127.0.0.1:1/none", keys)
    assert caught.value.message == "The database is not listening. Start it, or correct TESSERA_DATABASE_URL."


def test_unreadable_address_keeps_its_secret(keys: KeyRing) -> None:
    with pytest.raises(DatabaseAddressError) as caught:
        migrate("mysql://someone:hidden-word@db/none", keys)
    assert "hidden-word" not in caught.value.message


def test_wrong_password_is_one_line(server: EmbeddedServer, keys: KeyRing) -> None:
    with pytest.raises(DatabaseUnavailableError, match="refuses the login") as caught:
        migrate(with_login(server.address("postgres"), "postgres", "hidden-word"), keys)
    assert "hidden-word" not in caught.value.message


def test_migrations_run_in_our_schema(admin_address: str) -> None:
    with psycopg.connect(admin_address, options=OPTIONS) as connection:
        strays: Any = connection.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        ).fetchall()
    assert strays == []
