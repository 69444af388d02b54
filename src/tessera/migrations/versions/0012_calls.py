"""Tokens of outside systems, and the last calls of a profile."""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

CALLS = """
CREATE TABLE profile_calls (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_profile_calls PRIMARY KEY,
    profile_id uuid NOT NULL CONSTRAINT fk_profile_calls_profile_id
      REFERENCES connection_profiles (id) ON DELETE CASCADE,
    chain_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL CONSTRAINT ck_profile_calls_kind CHECK (kind IN ('test', 'send_test', 'run')),
    passed boolean NOT NULL,
    code text,
    status integer,
    latency_ms double precision,
    message text NOT NULL
);
CREATE INDEX ix_profile_calls_profile_id_id ON profile_calls (profile_id, id);
"""

# One row is both the token and the right to fetch the next one, so that many processes ask for one token at a time.
TOKENS = """
CREATE TABLE oauth_tokens (
    profile_id uuid NOT NULL CONSTRAINT fk_oauth_tokens_profile_id
      REFERENCES connection_profiles (id) ON DELETE CASCADE,
    fingerprint bytea NOT NULL,
    chain_id uuid NOT NULL,
    generation bigint NOT NULL DEFAULT 0,
    sealed_token text,
    usable_until timestamptz,
    claim uuid,
    claimed_until timestamptz,
    CONSTRAINT pk_oauth_tokens PRIMARY KEY (profile_id, fingerprint)
);
COMMENT ON COLUMN oauth_tokens.fingerprint IS 'keyed digest of what the token was asked with';
COMMENT ON COLUMN oauth_tokens.generation IS 'counts the tokens';
COMMENT ON COLUMN oauth_tokens.usable_until IS 'the expiry, less a margin';
COMMENT ON COLUMN oauth_tokens.claim IS 'who fetches the next token';
COMMENT ON COLUMN oauth_tokens.claimed_until IS 'until then nobody else may fetch';
"""


def upgrade() -> None:
    op.execute(CALLS)
    op.execute(TOKENS)
    protect("profile_calls")
    protect("oauth_tokens")
