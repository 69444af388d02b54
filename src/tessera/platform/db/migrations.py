"""Bringing the database up to date: version, roles, then every open migration, one process at a time."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import errors as pg

from tessera.platform.db.addresses import parse_address
from tessera.platform.db.errors import MigrationError
from tessera.platform.db.explanations import explain_database_error
from tessera.platform.db.roles import OWNER, Keys, prepare_roles
from tessera.platform.db.versions import check_version

# Alembic is loaded by the process that migrates only: it takes a quarter of a second.
if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

# Any fixed number does: it only has to be the same in every process.
MIGRATION_LOCK = 7_301_991
WAIT_SECONDS = 120.0
# Alembic keeps what it works on in module variables, one for the whole process.
ALEMBIC = threading.Lock()
OPTIONS = "-c search_path=tessera,procrastinate -c timezone=UTC"
# A migration that waits for a lock makes all others behind it wait too: better to give up and try again.
LOCK_TIMEOUT = "-c lock_timeout=5s"
FIND_REVISION = "SELECT version_num FROM tessera.alembic_version"


def migrate(admin_address: str, keys: Keys, *, wait_seconds: float = WAIT_SECONDS) -> tuple[str, ...]:
    """Bring the database up to date and return the revisions applied now; a second process waits and finds it done."""
    with translated(), connect(admin_address) as connection:
        check_version(connection.info.server_version)
        take_lock(connection, wait_seconds)
        prepare_roles(connection, admin_address, keys)
        return upgrade(admin_address)


def is_current(address: str) -> bool:
    """Say whether the schema is the one this code was written for; any login but the queries' may ask."""
    with translated(), connect(address) as connection:
        check_version(connection.info.server_version)
        try:
            row = connection.execute(FIND_REVISION).fetchone()
        except (pg.UndefinedTable, pg.InvalidSchemaName, pg.InsufficientPrivilege):
            return False
        return row is not None and row[0] == newest_revision()


def connect(address: str, options: str = OPTIONS) -> psycopg.Connection[Any]:
    """Open a connection for migrations."""
    parse_address(address)
    return psycopg.connect(
        address, autocommit=True, application_name="tessera migrate", options=options, connect_timeout=10
    )


def take_lock(connection: psycopg.Connection[Any], wait_seconds: float) -> None:
    """Take the migrations' lock for as long as the connection lives."""
    deadline = time.monotonic() + wait_seconds
    while True:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [MIGRATION_LOCK]).fetchone()
        if row is not None and row[0]:
            return
        if time.monotonic() > deadline:
            raise MigrationError("Another process is still migrating this database. Wait for it and start again.")
        time.sleep(0.1)


def upgrade(admin_address: str) -> tuple[str, ...]:
    """Run the open migrations as the owner, all in one transaction."""
    from alembic import command
    from sqlalchemy import NullPool, create_engine

    config = alembic_config()
    engine = create_engine("postgresql+psycopg://", poolclass=NullPool, creator=lambda: connect_owner(admin_address))
    with engine.connect() as connection:
        opened = open_revisions(find_revision(connection.connection.driver_connection))
        config.attributes["connection"] = connection
        with ALEMBIC:
            command.upgrade(config, "head")
        connection.commit()
    return opened


@contextmanager
def act_as_owner(admin_address: str) -> Iterator[psycopg.Connection[Any]]:
    """Have one transaction as the owner of the schema, for what settings change in it."""
    with translated(), connect_owner(admin_address) as connection:
        yield connection


def open_revisions(current: str | None) -> tuple[str, ...]:
    """Return the revisions after the database's own, oldest first."""
    known = [script.revision for script in reversed(list(scripts().walk_revisions()))]
    if current is None:
        return tuple(known)
    if current not in known:
        raise MigrationError(
            "The database was migrated by a newer Tessera. Install that version, or restore a backup of before."
        )
    return tuple(known[known.index(current) + 1 :])


def connect_owner(admin_address: str) -> psycopg.Connection[Any]:
    """Open a connection that acts as the owner of the schema."""
    connection = connect(admin_address, f"{OPTIONS} {LOCK_TIMEOUT}")
    connection.execute(f"SET ROLE {OWNER}")
    connection.autocommit = False
    return connection


def find_revision(connection: Any) -> str | None:
    """Return the revision the database is at, None for an empty one."""
    try:
        row = connection.execute(FIND_REVISION).fetchone()
    except pg.UndefinedTable:
        row = None
    connection.rollback()
    return None if row is None else str(row[0])


def newest_revision() -> str:
    """Return the revision that this code was written for: migrations are files numbered in one line."""
    versions = files("tessera.migrations") / "versions"
    return max(file.name[:4] for file in versions.iterdir() if file.name[:4].isdigit())


def alembic_config() -> "Config":
    """Return Alembic's configuration; there is no file of it."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "tessera:migrations")
    return config


def scripts() -> "ScriptDirectory":
    """Return the migrations that this code brings."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(alembic_config())


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the database and Alembic refuse into one clear line."""
    try:
        yield
    except Exception as error:
        if isinstance(getattr(error, "orig", error), pg.LockNotAvailable):
            raise MigrationError(
                "A long transaction holds a table that a migration must change; nothing was changed."
                " Stop the workers, or wait, and migrate again."
            ) from None
        explained = explain_database_error(error)
        if explained is None:
            raise
        raise explained from None
