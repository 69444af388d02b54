"""Movements of the points ledger say what they came from: a record, the row within it, and the version of the rule."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

ORIGINS = """
ALTER TABLE points_movements
  ADD COLUMN origin_kind text,
  ADD COLUMN origin_id uuid,
  ADD COLUMN origin_row bigint,
  ADD COLUMN rule_version integer,
  ADD CONSTRAINT ck_points_movements_origin CHECK ((origin_kind IS NULL) = (origin_id IS NULL));
"""


def upgrade() -> None:
    op.execute(ORIGINS)
