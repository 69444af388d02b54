"""The three roles, and which address each login connects with.

`tessera_owner`  no login; owns every table, and is confined by row security like any other role
`tessera_app`    the processes' login: all rows, no structure
`tessera_query`  the login of analytics queries: the dataset views of one chain at a time, and nothing else

Roles belong to the whole cluster: one cluster serves databases of one key ring only.
"""

import base64
import hashlib
import hmac
import os
import time
from typing import Any, Protocol

import psycopg
from psycopg import errors as pg
from psycopg.sql import SQL, Composed, Identifier, Literal

from tessera.platform.db.addresses import with_login
from tessera.platform.db.errors import DatabaseRolesError
from tessera.platform.db.public_grants import harden

OWNER = "tessera_owner"
APP = "tessera_app"
QUERY = "tessera_query"
ROLES = [OWNER, APP, QUERY]
SCHEMAS = ["tessera", "datasets", "procrastinate"]
SCRAM_ROUNDS = 4096
ATTEMPTS = 20
NEXT_STEP = "Have an administrator run the SQL that `tessera migrate --print-roles` prints, then migrate again."

CREATE_ROLES = SQL("""
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tessera_owner') THEN
        CREATE ROLE tessera_owner NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tessera_app') THEN
        CREATE ROLE tessera_app LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tessera_query') THEN
        CREATE ROLE tessera_query LOGIN;
    END IF;
END $$;
ALTER ROLE tessera_app LOGIN PASSWORD {app};
ALTER ROLE tessera_query LOGIN PASSWORD {query} CONNECTION LIMIT 50;
ALTER ROLE tessera_query SET default_transaction_read_only = on;
ALTER ROLE tessera_query SET statement_timeout = '15min';
ALTER ROLE tessera_query SET lock_timeout = '5s';
ALTER ROLE tessera_query SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE tessera_query SET search_path = datasets;
GRANT tessera_owner TO {login};
""")

# A login with CREATEROLE alone may neither say these nor needs to: the roles it makes have no such right.
CONFINE_ROLES = SQL("""
ALTER ROLE tessera_owner NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION;
ALTER ROLE tessera_app NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION;
ALTER ROLE tessera_query NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION;
ALTER ROLE tessera_query SET temp_file_limit = '10GB';
""")

# Temporary tables are for the application only: a query that can make one can fill the disk.
DATABASE_GRANTS = SQL("""
REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE {database} TO tessera_owner, tessera_app;
GRANT CONNECT ON DATABASE {database} TO tessera_query;
""")

CREATE_SCHEMAS = SQL("""
CREATE SCHEMA IF NOT EXISTS tessera AUTHORIZATION tessera_owner;
CREATE SCHEMA IF NOT EXISTS datasets AUTHORIZATION tessera_owner;
CREATE SCHEMA IF NOT EXISTS procrastinate AUTHORIZATION tessera_owner;
SET LOCAL ROLE tessera_owner;
GRANT USAGE ON SCHEMA tessera, procrastinate TO tessera_app;
GRANT USAGE ON SCHEMA datasets TO tessera_app, tessera_query;
RESET ROLE;
""")

FACTS = """
SELECT current_user AS login,
       current_database() AS database,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
       (SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user) AS creates_roles,
       (SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()) AS owns_database,
       (SELECT count(*) FROM pg_roles WHERE rolname = ANY(%(roles)s)) = 3 AS has_roles,
       (SELECT count(*) FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
        WHERE n.nspname = ANY(%(schemas)s) AND r.rolname = 'tessera_owner') = 3 AS has_schemas,
       EXISTS (SELECT FROM pg_roles WHERE rolname = ANY(%(roles)s)
               AND (rolsuper OR rolbypassrls OR rolcreaterole)) AS has_too_much,
       EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
               WHERE r.rolname IN ('tessera_app', 'tessera_query')) AS has_members
"""


class Keys(Protocol):
    """What the roles need of the key ring."""

    def derive(self, purpose: str) -> str:
        """Return a password that is always the same for one purpose."""
        ...


def login_password(keys: Keys, role: str) -> str:
    """Return the derived password of one of our logins."""
    return keys.derive(f"database-login:{role}")


def app_address(admin_address: str, keys: Keys) -> str:
    """Return the address with which the processes connect."""
    return with_login(admin_address, APP, login_password(keys, APP))


def query_address(admin_address: str, keys: Keys) -> str:
    """Return the address with which analytics queries run."""
    return with_login(admin_address, QUERY, login_password(keys, QUERY))


def render_roles_sql(keys: Keys, *, database: str, login: str) -> str:
    """Return the SQL for an administrator; it holds hashes of the two passwords, not the passwords."""
    parts = [CREATE_ROLES, CONFINE_ROLES, DATABASE_GRANTS, SQL("BEGIN;"), CREATE_SCHEMAS, SQL("COMMIT;")]
    head = f"-- Run this as a superuser in the database {database!r}.\n"
    return head + "".join(fill(part, keys, database, login).as_string() for part in parts) + "\n"


def prepare_roles(connection: psycopg.Connection[Any], address: str, keys: Keys) -> None:
    """Make or mend roles, schemas and grants as far as the login may; raise if what is needed is not there then."""
    facts = read_facts(connection)
    if not facts["superuser"] and is_ready(facts, address, keys):
        return
    if not facts["superuser"] and not facts["creates_roles"]:
        raise DatabaseRolesError(f"The login {facts['login']} may not make database roles. {NEXT_STEP}")
    try:
        make_roles(connection, facts, keys)
    except pg.InsufficientPrivilege as error:
        raise DatabaseRolesError(
            f"The login {facts['login']} may not prepare the database: {error.diag.message_primary}. {NEXT_STEP}"
        ) from None
    if not is_ready(read_facts(connection), address, keys):
        raise DatabaseRolesError(
            f"One of {', '.join(ROLES)} has rights it must not have, or cannot sign in. {NEXT_STEP}"
        )


def make_roles(connection: psycopg.Connection[Any], facts: dict[str, Any], keys: Keys) -> None:
    """Run everything the login has the right to."""
    parts = [CREATE_ROLES]
    if facts["superuser"]:
        parts.append(CONFINE_ROLES)
    if facts["superuser"] or facts["owns_database"]:
        parts.append(DATABASE_GRANTS)
    parts.append(CREATE_SCHEMAS)
    script = SQL("").join(fill(part, keys, facts["database"], facts["login"]) for part in parts)
    run_alone(connection, script)
    if facts["superuser"]:
        harden(connection)


def grant_database(connection: psycopg.Connection[Any], name: str) -> None:
    """Let the roles into a database, with no more than they need."""
    connection.execute(DATABASE_GRANTS.format(database=Identifier(name)))


def run_alone(connection: psycopg.Connection[Any], script: Composed) -> None:
    """Run the script in one transaction, again when another database's migration changed the same roles just then."""
    for attempt in range(ATTEMPTS):
        try:
            with connection.transaction():
                connection.execute(script)
            return
        except (pg.UniqueViolation, pg.DuplicateObject, pg.InternalError_):
            # Roles are cluster-wide, our lock is not: `tuple concurrently updated` and doubles are what remains.
            if attempt == ATTEMPTS - 1:
                raise
            time.sleep(0.05 * (attempt + 1))


def read_facts(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    """Ask what the login may do and what is there already."""
    cursor = connection.execute(FACTS, {"roles": ROLES, "schemas": SCHEMAS})
    assert cursor.description is not None
    row = cursor.fetchone()
    assert row is not None
    return {column.name: value for column, value in zip(cursor.description, row, strict=True)}


def is_ready(facts: dict[str, Any], address: str, keys: Keys) -> bool:
    """Say whether roles and schemas are as they must be, and both logins get in."""
    if not facts["has_roles"] or not facts["has_schemas"] or facts["has_too_much"] or facts["has_members"]:
        return False
    return all(can_connect(with_login(address, role, login_password(keys, role))) for role in (APP, QUERY))


def can_connect(address: str) -> bool:
    """Say whether the login gets in."""
    try:
        psycopg.connect(address, connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def fill(script: SQL, keys: Keys, database: str, login: str) -> Composed:
    """Put names and password hashes into a script."""
    return script.format(
        app=Literal(scram_hash(login_password(keys, APP))),
        query=Literal(scram_hash(login_password(keys, QUERY))),
        database=Identifier(database),
        login=Identifier(login),
    )


def scram_hash(password: str) -> str:
    """Return what PostgreSQL stores of a password (RFC 5803), so that the password itself is in no statement or log."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, SCRAM_ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt_text, stored_text, server_text = (base64.b64encode(part).decode("ascii") for part in (salt, stored, server))
    return f"SCRAM-SHA-256${SCRAM_ROUNDS}:{salt_text}${stored_text}:{server_text}"
