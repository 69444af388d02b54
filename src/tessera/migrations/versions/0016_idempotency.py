"""Answers kept under their idempotency keys."""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ANSWERS = """
CREATE TABLE kept_answers (
    actor_id uuid NOT NULL,
    key text NOT NULL,
    request_digest bytea NOT NULL,
    status integer,
    headers jsonb,
    sealed_body text,
    created_at timestamptz NOT NULL,
    claimed_until timestamptz NOT NULL,
    CONSTRAINT pk_kept_answers PRIMARY KEY (actor_id, key)
);
CREATE INDEX ix_kept_answers_created_at ON kept_answers (created_at);
COMMENT ON COLUMN kept_answers.sealed_body IS 'an answer may hold a secret that is shown once';
"""


def upgrade() -> None:
    op.execute(ANSWERS)
    protect("kept_answers", chain=None)
