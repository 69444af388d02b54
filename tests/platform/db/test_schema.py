"""The models describe the schema that the migrations make, and row security leaves out no table."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.dialects.postgresql.base import ischema_names

import tessera
from tessera.platform.db import metadata
from tessera.platform.db.models import TransactionId

ROOT = Path(tessera.__file__).parent
# So that reading the schema back knows our own type.
ischema_names["xid8"] = TransactionId


def import_models() -> None:
    """Import every room's tables."""
    for file in (*ROOT.rglob("models.py"), *ROOT.rglob("models/*.py")):
        import_module(".".join(("tessera", *file.relative_to(ROOT).with_suffix("").parts)))


def in_our_schema(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave out the queue's schema, which its library describes."""
    return kind != "schema" or name == "tessera"


def is_described(_item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """Leave out Alembic's own table, and partitions, which are made as time goes on."""
    return not (
        kind == "table"
        and name is not None
        and re.search(r"^alembic_version$|_default$|_\d{4}_\d\d(_\d\d)?$|^export_rows_", name)
    )


def is_comment(difference: Any) -> bool:
    """Comments are for readers of the database; the models have docstrings."""
    return isinstance(difference, list) and all(change[0] == "modify_comment" for change in difference)


def test_models_match_migrations(admin_address: str) -> None:
    import_models()
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(admin_address))
    options = {
        "include_schemas": True,
        "include_name": in_our_schema,
        "include_object": is_described,
        "compare_type": True,
    }
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert [difference for difference in differences if not is_comment(difference)] == []


def test_every_table_is_under_row_security(admin_address: str) -> None:
    with psycopg.connect(admin_address) as connection:
        tables = connection.execute(
            "SELECT relname, relrowsecurity AND relforcerowsecurity, relowner::regrole::text FROM pg_class"
            " WHERE relnamespace = 'tessera'::regnamespace AND relkind IN ('r', 'p')"
            " AND NOT relispartition"
        ).fetchall()
    assert len(tables) > 5
    assert [name for name, _, owner in tables if owner != "tessera_owner"] == []
    assert [name for name, secured, _ in tables if not secured] == ["run_blocks"]


def test_nobody_reaches_a_partition_past_its_table(admin_address: str) -> None:
    """The owner is not held to row security in a partition, so no view may read one."""
    with psycopg.connect(admin_address) as connection:
        partitions = connection.execute(
            "SELECT relname, relowner::regrole::text, relrowsecurity,"
            " has_table_privilege('tessera_app', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE'),"
            " has_table_privilege('tessera_query', oid, 'SELECT'),"
            " EXISTS (SELECT FROM pg_depend d WHERE d.refobjid = pg_class.oid AND d.classid = 'pg_rewrite'::regclass)"
            " FROM pg_class WHERE relispartition AND relkind = 'r' AND relnamespace = 'tessera'::regnamespace"
        ).fetchall()
    assert len(partitions) >= 8
    assert {tuple(facts) for _, *facts in partitions} == {("tessera_owner", True, False, False, False)}


def test_no_view_reads_the_table_without_row_security(admin_address: str) -> None:
    with psycopg.connect(admin_address) as connection:
        readers = connection.execute(
            "SELECT count(*) FROM information_schema.view_table_usage WHERE table_name = 'run_blocks'"
        ).fetchone()
    assert readers == (0,)


@pytest.mark.parametrize(
    "verb", ["UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries", "TRUNCATE events"]
)
async def test_history_cannot_be_changed(database: Any, verb: str) -> None:
    connection = await database.connect()
    try:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute(verb)
    finally:
        await connection.close()
