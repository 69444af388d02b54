"""A real PostgreSQL for every test: one server a session, one database a test, cloned from a migrated one."""

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import hypothesis
import psycopg
import pytest
from argon2 import PasswordHasher
from benchmarks.sentinels import ended_with_us
from psycopg.sql import SQL, Identifier
from pytest_socket import socket_allow_hosts
from tests.databases import Databases, new_database
from tests.proofs import ProofReport

from tessera.access.passwords import passwords
from tessera.platform.db import Database, app_address, migrate
from tessera.platform.db import query_address as address_for_queries
from tessera.platform.embedded import EmbeddedServer
from tessera.platform.ids import new_id
from tessera.platform.secrets import KeyRing, load_keys
from tessera.wiring import CONNECTORS

# Whoever runs a part of Tessera runs it with every kind there is: loading the wiring makes them known.
assert CONNECTORS

# Nothing here outlives the test run, so nothing need survive a crash of the machine.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# No property is about how long an example takes: on a crowded machine any of them may be slow.
hypothesis.settings.register_profile(
    "tessera", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("tessera")
TEMPLATE = "template_tessera"
OLDEST = Path("/usr/lib/postgresql/15/bin")


def pytest_configure(config: pytest.Config) -> None:
    """Let SIGTERM end the run as Ctrl-C does: fixtures are torn down, and the server with them."""
    config.pluginmanager.register(ProofReport(config))
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run three workers on two cores: a third of the time a test waits, for a server, a browser or a process."""
    return max(2, len(os.sched_getaffinity(0)) * 3 // 2)


def pytest_runtest_setup() -> None:
    """Let tests reach this machine and nothing else."""
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


def binaries() -> Path | None:
    """Return the PostgreSQL to test on where it is not the embedded one."""
    given = os.environ.get("TESSERA_TEST_POSTGRES")
    return Path(given) if given else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what this machine cannot run, with its reason; in CI everything must run."""
    if OLDEST.is_dir() or os.environ.get("TESSERA_REQUIRE_ALL"):
        return
    for item in items:
        if item.get_closest_marker("oldest"):
            item.add_marker(pytest.mark.skip(reason=f"PostgreSQL 15 is not installed in {OLDEST}"))


@contextmanager
def unmade_folder() -> Iterator[Path]:
    """Give the name of a folder: short, and reachable for the server's user where the tests run as root."""
    folder = Path(tempfile.gettempdir()) / f"tessera-test-{new_id().hex[-12:]}"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def new_folder() -> Iterator[Path]:
    """Return a folder for one test's own server; it is not made yet."""
    with unmade_folder() as folder:
        yield folder


@pytest.fixture(scope="session", autouse=True)
def real_hasher() -> Iterator[PasswordHasher]:
    """Let tests hash passwords at the least cost; give the hasher that takes 0.2 s on purpose to those who test it."""
    real = passwords.hasher
    passwords.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield real
    passwords.hasher = real


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """Run one server for the whole session."""
    with unmade_folder() as folder:
        running = EmbeddedServer(folder, binaries(), options=FAST)
        running.start()
        assert running.pid is not None
        with ended_with_us(running.pid, str(running.data)):
            yield running
        running.stop()


@pytest.fixture(scope="session")
def keys_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name the file of the session's key ring, for processes of their own."""
    return tmp_path_factory.mktemp("keys") / "secret-keys.json"


@pytest.fixture(scope="session")
def keys(keys_file: Path) -> KeyRing:
    """Return the key ring of the session: the database logins' passwords come from it."""
    return load_keys(keys_file)


@pytest.fixture(scope="session")
def template(server: EmbeddedServer, keys: KeyRing) -> str:
    """Migrate a database once; every test's is a copy of it."""
    with psycopg.connect(server.address("postgres"), autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(TEMPLATE)))
    migrate(server.address(TEMPLATE), keys)
    return TEMPLATE


@pytest.fixture(scope="session")
def databases(server: EmbeddedServer, template: str) -> Iterator[Databases]:
    """Keep the copies of the migrated database that are free for the next test."""
    kept = Databases(server, template)
    yield kept
    kept.close()


@pytest.fixture
def admin_address(databases: Databases) -> Iterator[str]:
    """Give a migrated database that no test wrote to, as its superuser."""
    with databases.lend() as address:
        yield address


@pytest.fixture
def query_address(admin_address: str, keys: KeyRing) -> str:
    """Return the address of the same database for analytics queries."""
    return address_for_queries(admin_address, keys)


@pytest.fixture
async def database(admin_address: str, keys: KeyRing) -> AsyncIterator[Database]:
    """Give the same database to the application's login."""
    opened = Database(app_address(admin_address, keys))
    yield opened
    await opened.close()


@pytest.fixture
def empty_database(server: EmbeddedServer, template: str) -> Iterator[Callable[[], str]]:
    """Give a maker of databases that nobody migrated; it returns the superuser's address."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(new_database(server, "template0"))
