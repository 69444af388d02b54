"""API keys: what opens the management API."""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEYS = """
CREATE TABLE api_keys (
    id uuid NOT NULL CONSTRAINT pk_api_keys PRIMARY KEY,
    digest bytea NOT NULL CONSTRAINT uq_api_keys_digest UNIQUE,
    label text NOT NULL,
    hint text NOT NULL,
    chain_ids uuid[],
    permissions text[],
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    used_at timestamptz
);
COMMENT ON COLUMN api_keys.hint IS 'the first characters, by which people tell keys apart';
COMMENT ON COLUMN api_keys.chain_ids IS 'chains the key may see; null is every chain';
COMMENT ON COLUMN api_keys.permissions IS 'resource:level; null is everything';
"""


def upgrade() -> None:
    op.execute(KEYS)
    protect("api_keys", chain=None)
