"""Templates that are still being written: a draft may lack its query and its profile."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

DRAFTS = """
ALTER TABLE http_templates
    ADD COLUMN state text NOT NULL DEFAULT 'ready',
    ALTER COLUMN query_id DROP NOT NULL,
    ALTER COLUMN profile_id DROP NOT NULL,
    ADD CONSTRAINT ck_http_templates_state CHECK (state IN ('incomplete', 'ready')),
    ADD CONSTRAINT ck_http_templates_whole
      CHECK (state = 'incomplete' OR (query_id IS NOT NULL AND profile_id IS NOT NULL));
"""


def upgrade() -> None:
    op.execute(DRAFTS)
