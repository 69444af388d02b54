"""Names of chains, and of enterprises in their chain, are taken once; chains can be archived.

Where a name was given twice, the later ones get the end of their id behind it.
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ARCHIVE = "ALTER TABLE chains ADD COLUMN archived_at timestamptz"
# A name may be 255 characters long, and keeps that limit.
RENAME_DOUBLES = """
UPDATE {table} SET name = left({table}.name, 240) || ' (' || right({table}.id::text, 6) || ')'
  FROM (SELECT id, row_number() OVER (PARTITION BY {owner} lower(name) ORDER BY created_at, id) AS place
          FROM {table}) AS doubled
 WHERE doubled.id = {table}.id AND doubled.place > 1
"""
INDEXES = """
CREATE UNIQUE INDEX uq_chains_name ON chains (lower(name)) WHERE archived_at IS NULL;
CREATE UNIQUE INDEX uq_enterprises_chain_id_name ON enterprises (chain_id, lower(name));
"""


def upgrade() -> None:
    op.execute(ARCHIVE)
    for table, owner in (("chains", ""), ("enterprises", "chain_id,")):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(RENAME_DOUBLES.format(table=table, owner=owner))
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(INDEXES)
