"""Second factors, password resets and sign-in through an identity provider."""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SESSIONS = """
ALTER TABLE users ALTER COLUMN password_hash DROP NOT NULL;
COMMENT ON COLUMN users.password_hash IS 'null: signs in through the identity provider only';
ALTER TABLE user_sessions ADD COLUMN authenticated_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE user_sessions ADD COLUMN way text NOT NULL DEFAULT 'password';
COMMENT ON COLUMN user_sessions.authenticated_at IS 'when this browser last proved who uses it';
COMMENT ON COLUMN user_sessions.way IS 'password or provider';
ALTER TABLE sign_in_failures ADD COLUMN lockouts integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN sign_in_failures.lockouts IS 'how often these failures locked the account, each time for longer';
"""
FACTORS = """
CREATE TABLE second_factors (
    user_id uuid NOT NULL CONSTRAINT pk_second_factors PRIMARY KEY
        CONSTRAINT fk_second_factors_user_id REFERENCES users (id) ON DELETE CASCADE,
    sealed_secret text NOT NULL,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_step bigint NOT NULL DEFAULT 0
);
COMMENT ON COLUMN second_factors.confirmed_at IS 'null: shown to the user, who has not given a code yet';
COMMENT ON COLUMN second_factors.last_step IS 'the latest 30 seconds whose code was used';
CREATE TABLE recovery_codes (
    digest bytea NOT NULL CONSTRAINT pk_recovery_codes PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT fk_recovery_codes_user_id REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL
);
CREATE INDEX ix_recovery_codes_user_id ON recovery_codes (user_id);
CREATE TABLE sign_in_steps (
    token_digest bytea NOT NULL CONSTRAINT pk_sign_in_steps PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT fk_sign_in_steps_user_id REFERENCES users (id) ON DELETE CASCADE,
    way text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ix_sign_in_steps_user_id ON sign_in_steps (user_id);
CREATE INDEX ix_sign_in_steps_expires_at ON sign_in_steps (expires_at);
"""
RESETS = """
CREATE TABLE password_resets (
    user_id uuid NOT NULL CONSTRAINT pk_password_resets PRIMARY KEY
        CONSTRAINT fk_password_resets_user_id REFERENCES users (id) ON DELETE CASCADE,
    token_digest bytea NOT NULL CONSTRAINT uq_password_resets_token_digest UNIQUE,
    expires_at timestamptz NOT NULL
);
"""
IDENTITIES = """
CREATE TABLE identities (
    issuer text NOT NULL,
    subject text NOT NULL,
    user_id uuid NOT NULL CONSTRAINT fk_identities_user_id REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT pk_identities PRIMARY KEY (issuer, subject)
);
COMMENT ON COLUMN identities.subject IS 'the identity provider''s permanent id of the user';
CREATE INDEX ix_identities_user_id ON identities (user_id);
"""


def upgrade() -> None:
    for statements in (SESSIONS, FACTORS, RESETS, IDENTITIES):
        op.execute(statements)
    for table in ("second_factors", "recovery_codes", "sign_in_steps", "password_resets", "identities"):
        protect(table, chain=None)
