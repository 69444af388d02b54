"""What PUBLIC may read and call by default, and `tessera_query` must not. Only a superuser can revoke it."""

from typing import Any

import psycopg

# Catalogs reveal the names of everything; these functions sleep, read files, change settings, take locks, call queries
# given as text, or ask about objects the caller cannot see. Operators and casts need none of them.
FUNCTIONS = (
    "pg\\_%",
    "lo\\_%",
    "loread",
    "lowrite",
    "set\\_config",
    "current\\_setting",
    "%\\_to\\_xml%",
    "ts\\_stat",
    "ts\\_rewrite",
    "txid\\_%",
    "has\\_%\\_privilege",
    "to\\_reg%",
    "row\\_security\\_active",
    "inet\\_client\\_%",
    "inet\\_server\\_%",
    "%obj\\_description",
    "col\\_description",
    "currtid%",
    "nextval",
    "setval",
    "currval",
    "lastval",
    "aclexplode",
    "binary\\_upgrade\\_%",
)
KEPT = ("pg_typeof", "pg_column_size", "pg_backend_pid")

HARDEN = """
DO $$
DECLARE
    item record;
BEGIN
    FOR item IN
        SELECT c.oid::regclass AS name
        FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
          AND a.grantee = 0 AND a.privilege_type = 'SELECT'
    LOOP
        EXECUTE format('GRANT SELECT ON %%s TO tessera_owner, tessera_app, pg_monitor', item.name);
        EXECUTE format('REVOKE SELECT ON %%s FROM PUBLIC', item.name);
    END LOOP;
    FOR item IN
        SELECT p.oid::regprocedure AS name
        FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
        WHERE p.pronamespace = 'pg_catalog'::regnamespace
          AND p.prokind = 'f' AND a.grantee = 0 AND a.privilege_type = 'EXECUTE'
          AND p.proname LIKE ANY(%s) AND p.proname <> ALL(%s)
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %%s TO tessera_owner, tessera_app, pg_monitor', item.name);
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %%s FROM PUBLIC', item.name);
    END LOOP;
END $$
"""

OTHERS = """
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
GRANT USAGE ON LANGUAGE plpgsql TO tessera_owner, tessera_app;
"""


def harden(connection: psycopg.Connection[Any]) -> None:
    """Revoke catalogs and dangerous functions from PUBLIC in this database, and grant them to our other roles."""
    cursor = psycopg.ClientCursor(connection)
    with connection.transaction():
        # A DO block takes no parameters: they are put into the text on our side.
        cursor.execute(HARDEN, [list(FUNCTIONS), list(KEPT)])
        cursor.execute(OTHERS)
