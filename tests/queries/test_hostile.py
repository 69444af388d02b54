"""Hostile queries: the parser refuses each; without the parser the database refuses it or gives nothing away."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.builders.towns import Town

from tessera.platform.clock import now
from tessera.platform.errors import TesseraError
from tessera.queries import NewQuery, QueryInvalidError, check_query

HOSTILE = {
    # Writes, alone and hidden.
    "insert": "INSERT INTO datasets.members (balance) VALUES (1)",
    "update": "UPDATE datasets.members SET balance = 1000000",
    "delete": "DELETE FROM datasets.members",
    "truncate": "TRUNCATE tessera.memberships",
    "merge": "MERGE INTO tessera.tiers t USING members m ON true WHEN MATCHED THEN DELETE",
    "delete in a WITH": "WITH gone AS (DELETE FROM tessera.memberships RETURNING *) SELECT * FROM gone",
    "insert in a WITH": "WITH made AS (INSERT INTO datasets.tiers (code) VALUES (1) RETURNING *) SELECT * FROM made",
    "update in a WITH": "WITH up AS (UPDATE datasets.members SET balance = 1 RETURNING *) SELECT * FROM up",
    "select into": "SELECT email INTO stolen FROM members",
    "create table": "CREATE TABLE stolen AS SELECT * FROM members",
    "temporary table": "CREATE TEMPORARY TABLE stolen (x int)",
    "create function": "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "drop": "DROP VIEW datasets.members CASCADE",
    "alter": "ALTER TABLE tessera.memberships NO FORCE ROW LEVEL SECURITY",
    "row lock": "SELECT email FROM members FOR UPDATE",
    "table lock": "LOCK TABLE tessera.memberships",
    # Files and programs.
    "read a file": "SELECT pg_read_file('/etc/passwd') AS x",
    "read a binary file": "SELECT encode(pg_read_binary_file('/etc/passwd'), 'escape') AS x",
    "list a folder": "SELECT pg_ls_dir('/') AS x",
    "look at a file": "SELECT (pg_stat_file('/etc/passwd')).size AS x",
    "list logs": "SELECT * FROM pg_ls_logdir()",
    "import a large object": "SELECT lo_import('/etc/passwd') AS x",
    "copy to a file": "COPY (SELECT 1) TO '/tmp/stolen'",
    "copy to a program": "COPY members TO PROGRAM 'id'",
    "close the bracket": "SELECT 1 AS x) TO PROGRAM 'id' --",
    "close the bracket and go on": "SELECT 1 AS x) AS query (c1)) TO STDOUT; DELETE FROM tessera.tiers; SELECT 1 --",
    "entity of a document": """
        SELECT xmlparse(document '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>') AS x""".strip(),
    "load a library": "LOAD 'auto_explain'",
    # Time and memory.
    "sleep": "SELECT pg_sleep(60) AS x",
    "sleep per row": "SELECT email FROM members WHERE pg_sleep(1) IS NOT NULL",
    "sleep from": "SELECT * FROM pg_sleep_for('1 minute')",
    "sleep by a quoted name": 'SELECT "pg_sleep"(60) AS x',
    "sleep by an escaped name": 'SELECT U&"pg\\005fsleep"(60) AS x',
    "sleep with its schema": "SELECT pg_catalog.pg_sleep(60) AS x",
    "sleep behind a comment": "SELECT /* /* */ lower('a') */ pg_sleep/**/(60) AS x",
    "endless recursion": "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r",
    "endless series": "SELECT n FROM generate_series(1, 1000000000000) AS n",
    "series beside": "SELECT n FROM members, LATERAL generate_series(1, 1000000000) AS n",
    "series in the result": "SELECT generate_series(1, 1000000000) AS n",
    "huge text": "SELECT repeat('x', 1000000000) AS x",
    "huge padding": "SELECT lpad('x', 1000000000) AS x",
    # Roles and settings.
    "set role": "SET ROLE tessera_owner",
    "set role by function": "SELECT set_config('role', 'tessera_app', false) AS x",
    "reset role": "RESET ROLE",
    "session authorization": "SET SESSION AUTHORIZATION tessera_app",
    "no more timeout": "SELECT set_config('statement_timeout', '0', false) AS x, pg_sleep(60) AS y",
    "other search path": "SELECT set_config('search_path', 'tessera', false) AS x, a.email FROM accounts a",
    "writable again": "SELECT set_config('transaction_read_only', 'off', false) AS x",
    "read a setting": "SELECT current_setting('data_directory') AS x",
    "show": "SHOW ALL",
    "who am I": "SELECT current_user AS x, session_user AS y",
    "grant": "GRANT tessera_owner TO tessera_query",
    # Tables that are no datasets.
    "users": "SELECT email, password_hash FROM tessera.users",
    "memberships behind the view": "SELECT balance FROM tessera.memberships",
    "tokens": "SELECT digest FROM tessera.access_tokens",
    "bindings": "SELECT chain_id FROM tessera.query_bindings",
    "the bound chain": "SELECT tessera.bound_chain() AS x",
    "jobs": "SELECT args FROM procrastinate.procrastinate_jobs",
    "catalog": "SELECT relname FROM pg_class",
    "catalog with its schema": "SELECT relname FROM pg_catalog.pg_class",
    "catalog by TABLE": "SELECT relname FROM (TABLE pg_class) AS t",
    "catalog behind a WITH": "SELECT (WITH pg_class AS (SELECT 1) SELECT 1) AS x, relname FROM pg_class",
    "passwords": "SELECT rolname, rolpassword FROM pg_authid",
    "statistics": "SELECT most_common_vals FROM pg_stats WHERE tablename = 'accounts'",
    "other people's queries": "SELECT query FROM pg_stat_activity",
    "information schema": "SELECT table_name FROM information_schema.tables",
    "name to number": "SELECT 'tessera.users'::regclass AS x",
    "number to name": "SELECT regclass '1259' AS x",
    "definition of a view": "SELECT pg_get_viewdef('datasets.members'::regclass) AS x",
    "size of a table": "SELECT pg_relation_size('tessera.memberships') AS x",
    "rights": "SELECT has_table_privilege('tessera.users', 'SELECT') AS x",
    "system columns": "SELECT ctid, tableoid FROM members",
    # Queries in texts.
    "query to xml": "SELECT query_to_xml('SELECT * FROM tessera.memberships', true, true, '') AS x",
    "table to xml": "SELECT table_to_xml('tessera.users', true, true, '') AS x",
    "rewriting by a query": (
        "SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, ''b''::tsquery FROM tessera.accounts') AS x"
    ),
    "words of a query": "SELECT word FROM ts_stat('SELECT to_tsvector(email) FROM tessera.accounts')",
    "another server": "SELECT * FROM dblink('host=127.0.0.1', 'SELECT 1') AS t (x int)",
    # More than one statement, and statements that stay.
    "stacked delete": "SELECT 1 AS x; DELETE FROM tessera.memberships",
    "stacked commit": "SELECT 1 AS x; COMMIT; SELECT pg_sleep(60)",
    "commit": "COMMIT",
    "anonymous block": "DO $$ BEGIN PERFORM pg_sleep(60); END $$",
    "prepare": "PREPARE p AS SELECT 1",
    "cursor": "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
    "explain": "EXPLAIN ANALYZE DELETE FROM tessera.memberships",
    "call": "CALL tessera.f()",
    "listen": "LISTEN procrastinate_any_queue",
    "notify": "NOTIFY procrastinate_any_queue",
    # Effects beyond the query.
    "notify by function": "SELECT pg_notify('procrastinate_any_queue', 'x') AS x",
    "advisory lock": "SELECT pg_advisory_lock(7301991) AS x",
    "large object": "SELECT lo_from_bytea(0, 'x') AS x",
    "sequence": "SELECT nextval('tessera.memberships_sequence_seq') AS x",
    "end other queries": "SELECT pg_terminate_backend(pid) AS x FROM pg_stat_activity",
    "cancel other queries": "SELECT pg_cancel_backend(1) AS x",
    "log switch": "SELECT pg_switch_wal() AS x",
    "log message": "SELECT pg_logical_emit_message(false, 'a', 'b') AS x",
    "reload": "SELECT pg_reload_conf() AS x",
    "operator of a schema": "SELECT 1 OPERATOR(pg_catalog.+) 1 AS x",
}

# What may pass the parser and still must come to nothing: the database alone is the fence here.
PASSING = {
    "every pair of pairs": "SELECT a.email FROM members a, members b, members c, members d, members e, members f",
    "one huge value": "SELECT string_agg(rpad('x', 1000), '') AS x FROM members a, members b, members c, members d",
    "error that repeats a value": "SELECT cast(email AS int) AS x FROM members",
    "error at another's row": "SELECT email FROM members WHERE 1 / (position('south' in email) - 1) > 0",
    "cast before the chain's filter": "SELECT email FROM accounts WHERE cast(last_name AS int) > 0",
    "slow pattern": "SELECT email FROM members WHERE rpad('', 1000, 'a') ~ '(a*)*(a*)*(a*)*b' AND balance > 0",
    "whole rows": "SELECT to_json(m) AS x FROM members m",
    "points of everybody": "SELECT sum(points) AS x FROM points_movements",
    "join past the chain": "SELECT a.email FROM memberships m RIGHT JOIN accounts a ON a.id <> m.account_id",
    "function by dot": "SELECT m.row_to_json AS x FROM members m",
    "names of programs": "SELECT name FROM programs UNION SELECT name FROM tiers UNION SELECT email FROM accounts",
}
# What the database alone lets through: it tells nothing of other chains, changes nothing, and ends at a limit.
HARMLESS = {
    "endless recursion": "stopped at the row ceiling or the timeout; a preview takes the first rows",
    "series in the result": "the same",
    "entity of a document": "a server built with XML keeps the text as it is and opens no file",
    "who am I": "the login's name, which is documented",
    "number to name": "names of the database's own tables, which are the same everywhere",
    "operator of a schema": "an operator is an operator",
}
STATE = """
SELECT (SELECT count(*) FROM tessera.memberships), (SELECT sum(balance) FROM tessera.memberships),
       (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_auth_members),
       (SELECT count(*) FROM pg_largeobject_metadata), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),
       (SELECT last_value FROM tessera.memberships_sequence_seq), (SELECT count(*) FROM tessera.query_bindings)
"""
# Words of the house and of the other chain; a message may hold one only if the query itself does.
SECRETS = (
    "south",
    "north",
    "bound_chain",
    "query_bindings",
    "tessera_",
    "json_build_array",
    "numbered",
    "/tmp",
    "root:",
)


@pytest.fixture(scope="module")
def watcher(town: Town) -> Iterator[psycopg.Connection[Any]]:
    """Look at the database from above."""
    with psycopg.connect(town.admin_address, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_parser_refuses(text: str) -> None:
    with pytest.raises(QueryInvalidError, match=r"^(Line \d+, column \d+: .{20}|The query cannot be read)"):
        check_query(text)


@pytest.mark.parametrize("name", [*HOSTILE, *PASSING])
async def test_database_holds_alone(town: Town, watcher: psycopg.Connection[Any], name: str) -> None:
    text = HOSTILE.get(name) or PASSING[name]
    before = watcher.execute(STATE).fetchone()
    for given in (await preview(town, text), await copy(town, text)):
        assert given is None or name in HARMLESS or name in PASSING
        assert "south" not in str(given)
        assert str(town.south) not in str(given)
        assert "root:" not in str(given)
    assert watcher.execute(STATE).fetchone() == before


async def test_sums_are_of_one_chain(town: Town) -> None:
    assert "8200" in str(await preview(town, PASSING["points of everybody"]))


@pytest.mark.parametrize("text", PASSING.values(), ids=PASSING)
def test_parser_passes_what_the_database_stops(text: str) -> None:
    assert check_query(text).datasets


async def preview(town: Town, text: str) -> str | None:
    """Return everything that a preview without parser gives; None if it is refused."""
    engine = town.engine(checking=False, seconds=0.3, rows=5000)
    try:
        return str(await engine.preview(town.north, NewQuery("x", text)))
    except TesseraError as error:
        check_message(error, text)
        return None


async def copy(town: Town, text: str) -> str | None:
    """Return everything that an export without parser gives; None if it is refused."""
    engine = town.engine(checking=False, seconds=0.3, rows=5000)
    try:
        blocks = engine.read_blocks(town.north, NewQuery("x", text), now=now())
        return "".join([block.data async for block in blocks])
    except TesseraError as error:
        check_message(error, text)
        return None


def check_message(error: TesseraError, text: str) -> None:
    """See that the message tells nothing that the author of the text did not know."""
    told = [secret for secret in SECRETS if secret in error.message and secret not in text]
    assert not told, error.message
    assert len(error.message) < 1200
