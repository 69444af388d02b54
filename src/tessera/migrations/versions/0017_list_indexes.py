"""Indexes by which long lists are paged."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# A connector's profiles in the order in which its list first shows them, of one chain.
PROFILES = """
CREATE INDEX ix_connection_profiles_list ON connection_profiles (chain_id, type, lower(label), id);
"""


def upgrade() -> None:
    op.execute(PROFILES)
