"""Encryption keys."""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEYS = """
CREATE TABLE encryption_keys (
    id uuid NOT NULL CONSTRAINT pk_encryption_keys PRIMARY KEY,
    chain_id uuid NOT NULL CONSTRAINT fk_encryption_keys_chain_id REFERENCES chains (id),
    type text NOT NULL,
    label text NOT NULL,
    internal_name text NOT NULL,
    algorithm text NOT NULL,
    fingerprint text NOT NULL,
    expires_at timestamptz,
    sealed_material text NOT NULL,
    sealed_passphrase text,
    material_set_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by text NOT NULL,
    CONSTRAINT ck_encryption_keys_type CHECK (type IN ('rsa_private_key', 'pgp_public_key', 'pgp_private_key'))
);
CREATE UNIQUE INDEX uq_encryption_keys_chain_id_internal_name ON encryption_keys (chain_id, lower(internal_name));
"""


def upgrade() -> None:
    op.execute(KEYS)
    protect("encryption_keys", chain=None)
