"""Names that were given twice before they were taken once: the migration tells them apart."""

from importlib import import_module

import psycopg

NEW_CHAINS = """
INSERT INTO tessera.chains (id, name, created_at, updated_at)
SELECT ('0190b3c4-5d6e-7f80-9123-00000000000' || n)::uuid, name, now(), now()
  FROM (VALUES
        (1, 'My Hotels'), (2, 'MY HOTELS'), (3, 'Summit'),
        (4, repeat('x', 255)), (5, repeat('x', 255))) AS new (n, name)
"""


def test_the_later_of_two_chains_of_one_name_gets_the_end_of_its_id(admin_address: str) -> None:
    migration = import_module("tessera.migrations.versions.0022_chain_names")
    with psycopg.connect(admin_address, options="-c search_path=tessera") as connection:
        connection.execute("DROP INDEX uq_chains_name; DROP INDEX uq_enterprises_chain_id_name")
        connection.execute(NEW_CHAINS)

        connection.execute(migration.RENAME_DOUBLES.format(table="chains", owner=""))
        connection.execute(migration.INDEXES)

        names = [name for (name,) in connection.execute("SELECT name FROM chains ORDER BY id")]
    assert names[:3] == ["My Hotels", "MY HOTELS (000002)", "Summit"]
    assert names[4] == f"{'x' * 240} (000005)"
