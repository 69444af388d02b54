"""The three roles: what each may do, and who may make them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors as pg

from tessera.platform.db import DatabaseRolesError, app_address, migrate, render_roles_sql
from tessera.platform.db import query_address as address_for_queries
from tessera.platform.db.addresses import database_name, with_database, with_login
from tessera.platform.embedded import EmbeddedServer
from tessera.platform.ids import new_id
from tessera.platform.secrets import KeyRing

# What a query may try with the parser out of the way. The long list is the queries' own test.
FORBIDDEN = [
    "SELECT * FROM tessera.users",
    "SELECT * FROM tessera.query_bindings",
    "SELECT * FROM tessera.alembic_version",
    "SELECT count(*) FROM procrastinate.procrastinate_jobs",
    "SELECT tessera.bound_chain()",
    "SELECT relname FROM pg_class",
    "SELECT table_name FROM information_schema.tables",
    "SELECT rolname FROM pg_roles",
    "SELECT usename FROM pg_stat_activity",
    "SELECT set_config('statement_timeout', '0', false)",
    "SELECT current_setting('search_path')",
    "SELECT pg_sleep(1)",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_terminate_backend(1)",
    "SELECT pg_notify('x', 'y')",
    "SELECT lo_creat(-1)",
    "SELECT query_to_xml('select 1', true, true, '')",
    "SELECT pg_get_viewdef(1)",
    "SELECT has_table_privilege('tessera.users', 'SELECT')",
    "CREATE TEMPORARY TABLE x AS SELECT 1",
    "CREATE TABLE datasets.x (id int)",
    "CREATE TABLE public.x (id int)",
    "INSERT INTO tessera.query_bindings VALUES (pg_backend_pid(), gen_random_uuid())",
    "SET ROLE tessera_app",
    "DO 'BEGIN END'",
    "COPY (SELECT 1) TO '/tmp/x'",
]


OLDEST = Path("/usr/lib/postgresql/15/bin")
CLUSTERS = [None, pytest.param(OLDEST, marks=pytest.mark.oldest)]


@pytest.fixture
def operator(server: Any, empty_database: Callable[[], str]) -> Any:
    """Return a maker of ordinary logins, each with an empty database of its own."""
    made = []

    def make(rights: str) -> str:
        address, name = empty_database(), f"operator_{new_id().hex[-12:]}"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'given' {rights}")
            connection.execute(f"ALTER DATABASE {database_name(address)} OWNER TO {name}")
        made.append(name)
        return with_login(address, name, "given")

    yield make
    with psycopg.connect(server.address("postgres"), autocommit=True) as connection:
        databases = connection.execute("SELECT datname FROM pg_database WHERE datallowconn AND datname LIKE 'test%'")
        for (database,) in databases.fetchall():
            with psycopg.connect(server.address(database), autocommit=True) as inside:
                for name in made:
                    inside.execute(f"DROP OWNED BY {name} CASCADE")
        for name in made:
            connection.execute(f"REASSIGN OWNED BY {name} TO postgres")
            connection.execute(f"DROP ROLE {name}")


def is_refused(connection: psycopg.Connection[Any], statement: str) -> bool:
    try:
        connection.execute(statement)
    except (pg.InsufficientPrivilege, pg.InvalidSchemaName):
        return True
    return False


def test_query_login_is_shut_out(query_address: str) -> None:
    with psycopg.connect(query_address, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        assert [statement for statement in FORBIDDEN if not is_refused(connection, statement)] == []


def test_query_login_reads_only_its_binding(admin_address: str, query_address: str) -> None:
    chain = new_id()
    bound = "SELECT (SELECT tessera.bound_chain()) AS chain_id"
    with psycopg.connect(admin_address, autocommit=True) as admin, psycopg.connect(query_address) as query:
        admin.execute(f"SET ROLE tessera_owner; CREATE VIEW datasets.bound AS {bound}; RESET ROLE")
        admin.execute("GRANT SELECT ON datasets.bound TO tessera_query")
        assert query.execute("SELECT chain_id FROM datasets.bound").fetchone() == (None,)
        admin.execute(
            "INSERT INTO tessera.query_bindings (backend_pid, chain_id) VALUES (%s, %s)",
            [query.info.backend_pid, chain],
        )
        assert query.execute("SELECT chain_id FROM bound").fetchone() == (chain,)
        assert query.execute("SHOW transaction_read_only").fetchone() == ("on",)


async def test_application_may_not_change_structure(database: Any) -> None:
    connection = await database.connect(autocommit=True)
    for statement in ("DROP TABLE events", "ALTER TABLE events DISABLE ROW LEVEL SECURITY", "SET ROLE tessera_owner"):
        with pytest.raises(pg.InsufficientPrivilege):
            await connection.execute(statement)
    await connection.execute("CREATE TEMPORARY TABLE staged (id int)")
    await connection.close()


def test_owner_sees_no_rows_unbound(admin_address: str) -> None:
    with psycopg.connect(admin_address) as connection:
        connection.execute("SET search_path = tessera")
        connection.execute(
            "INSERT INTO events (chain_id, name, subject_id, payload)"
            " SELECT id, 'x.y.z', id, '{}' FROM gen_random_uuid() AS id"
        )
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (1,)
        connection.execute("SET ROLE tessera_owner")
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (0,)


def test_roles_are_mended(admin_address: str, keys: KeyRing) -> None:
    with psycopg.connect(admin_address, autocommit=True) as connection:
        connection.execute("ALTER ROLE tessera_query BYPASSRLS NOLOGIN")
        migrate(admin_address, keys)
        found = connection.execute("SELECT rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = 'tessera_query'")
        assert found.fetchone() == (False, True)


def test_login_without_rights_is_sent_to_administrator(operator: Callable[[str], str], keys: KeyRing) -> None:
    with pytest.raises(DatabaseRolesError, match=r"may not make database roles\. Have an administrator run the SQL"):
        migrate(operator("NOCREATEROLE"), keys)


@pytest.mark.parametrize("binaries", CLUSTERS)
def test_login_that_makes_roles_migrates(binaries: Path | None, new_folder: Path, keys: KeyRing) -> None:
    server = EmbeddedServer(new_folder, binaries, options={"fsync": "off"})
    with psycopg.connect(server.start(), autocommit=True) as connection:
        connection.execute("CREATE ROLE operator LOGIN CREATEROLE PASSWORD 'given'")
        connection.execute("CREATE DATABASE hosted OWNER operator")
    address = with_login(server.address("hosted"), "operator", "given")
    assert migrate(address, keys)
    assert migrate(address, keys) == ()
    with psycopg.connect(address_for_queries(address, keys), autocommit=True) as query:
        query.execute("SET default_transaction_read_only = off")
        assert is_refused(query, "SELECT * FROM tessera.users")
        assert is_refused(query, "CREATE TEMPORARY TABLE x AS SELECT 1")
    server.stop()


def test_administrator_prepares_for_login(operator: Callable[[str], str], server: Any, keys: KeyRing) -> None:
    address = operator("NOCREATEROLE")
    name = database_name(address)
    with psycopg.connect(server.address(name), autocommit=True) as administrator:
        login = psycopg.conninfo.conninfo_to_dict(address)["user"]
        administrator.execute(render_roles_sql(keys, database=name, login=str(login)))
    assert migrate(address, keys)
    with psycopg.connect(app_address(address, keys)) as application:
        assert application.execute("SELECT count(*) FROM tessera.events").fetchone() == (0,)


def test_printed_sql_holds_no_password(keys: KeyRing) -> None:
    printed = render_roles_sql(keys, database="o'dd", login='lo"gin')
    assert keys.derive("database-login:tessera_app") not in printed
    assert 'ON DATABASE "o\'dd"' in printed
    assert 'TO "lo""gin"' in printed


def test_addresses_of_the_logins(admin_address: str, keys: KeyRing) -> None:
    for address, login in ((app_address, "tessera_app"), (address_for_queries, "tessera_query")):
        with psycopg.connect(address(admin_address, keys)) as connection:
            assert connection.info.user == login
            assert connection.info.dbname == database_name(admin_address)


def test_other_database_of_cluster_takes_nothing(query_address: str) -> None:
    with psycopg.connect(with_database(query_address, "postgres"), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(pg.InsufficientPrivilege):
            connection.execute("CREATE TABLE public.x (id int)")
