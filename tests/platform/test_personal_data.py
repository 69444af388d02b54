"""The register of personal data knows every column that could hold some."""

import psycopg

from tessera.platform import personal_data

SENSITIVE = """
SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables
  USING (table_schema, table_name)
 WHERE table_schema = 'tessera' AND table_type = 'BASE TABLE'
   AND NOT (SELECT relispartition FROM pg_class WHERE oid = ('tessera.' || table_name)::regclass)
   AND data_type NOT IN ('uuid', 'bigint', 'integer', 'smallint', 'boolean', 'timestamp with time zone', 'xid8')
"""


def test_every_column_is_classified_once(admin_address: str) -> None:
    with psycopg.connect(admin_address) as connection:
        found = set(connection.execute(SENSITIVE).fetchall())
    registers = (personal_data.MEMBERS, personal_data.COPIES, personal_data.STAFF, personal_data.OTHERS)
    listed = [(table, column) for register in registers for table, columns in register.items() for column in columns]
    assert len(listed) == len(set(listed))
    # The queue's tables belong to its library.
    assert {(table, column) for table, column in listed if table != "procrastinate_jobs"} == found
