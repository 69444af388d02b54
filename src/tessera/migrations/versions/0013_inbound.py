"""Messages that arrive from mParticle: tokens, the messages themselves, and how new each member's values are."""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Two who create at the same moment both find none; the second one's insert finds the first one's row.
ONE_A_CHAIN = """
CREATE UNIQUE INDEX uq_connection_profiles_chain_id_inbound ON connection_profiles (chain_id)
 WHERE type = 'mparticle_inbound';
"""

TOKENS = """
CREATE TABLE inbound_tokens (
    id uuid NOT NULL CONSTRAINT pk_inbound_tokens PRIMARY KEY,
    chain_id uuid NOT NULL,
    profile_id uuid NOT NULL CONSTRAINT fk_inbound_tokens_profile_id
      REFERENCES connection_profiles (id) ON DELETE CASCADE,
    digest bytea NOT NULL CONSTRAINT uq_inbound_tokens_digest UNIQUE,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz
);
COMMENT ON COLUMN inbound_tokens.digest IS 'keyed; the token itself is known to its holder only';
COMMENT ON COLUMN inbound_tokens.expires_at IS 'null for the token in force; a rotated one ends a day later';
CREATE INDEX ix_inbound_tokens_profile_id ON inbound_tokens (profile_id);
"""

# Every index has one reader: the door, the worker, the list, what was rejected, the counts, and the chore that forgets.
MESSAGES = """
CREATE TABLE inbound_messages (
    id uuid NOT NULL CONSTRAINT pk_inbound_messages PRIMARY KEY,
    chain_id uuid NOT NULL,
    profile_id uuid NOT NULL CONSTRAINT fk_inbound_messages_profile_id
      REFERENCES connection_profiles (id) ON DELETE CASCADE,
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    dedupe_key bytea NOT NULL,
    type text NOT NULL,
    name text,
    sealed_body text,
    size integer NOT NULL,
    state text NOT NULL CONSTRAINT ck_inbound_messages_state
      CHECK (state IN ('waiting', 'registered', 'updated', 'unchanged', 'ignored', 'rejected')),
    reason text,
    detail text,
    account_id uuid,
    duplicates integer NOT NULL DEFAULT 0,
    sent_at timestamptz,
    received_at timestamptz NOT NULL,
    settled_at timestamptz
);
COMMENT ON COLUMN inbound_messages.dedupe_key IS 'hash of the sender''s id of the message, or of its body';
COMMENT ON COLUMN inbound_messages.name IS 'the sender''s own id, as it is shown';
COMMENT ON COLUMN inbound_messages.sealed_body IS 'null once it was forgotten';
CREATE UNIQUE INDEX uq_inbound_messages_profile_id_dedupe_key ON inbound_messages (profile_id, dedupe_key);
CREATE INDEX ix_inbound_messages_waiting ON inbound_messages (profile_id, sequence) WHERE state = 'waiting';
CREATE INDEX ix_inbound_messages_profile_id_sequence ON inbound_messages (profile_id, sequence);
CREATE INDEX ix_inbound_messages_rejected ON inbound_messages (profile_id, sequence) WHERE state = 'rejected';
CREATE INDEX ix_inbound_messages_profile_id_received_at ON inbound_messages (profile_id, received_at);
CREATE INDEX ix_inbound_messages_received_at ON inbound_messages USING brin (received_at);
"""

CLOCKS = """
CREATE TABLE inbound_clocks (
    profile_id uuid NOT NULL CONSTRAINT fk_inbound_clocks_profile_id
      REFERENCES connection_profiles (id) ON DELETE CASCADE,
    account_id uuid NOT NULL,
    chain_id uuid NOT NULL,
    moments jsonb NOT NULL,
    CONSTRAINT pk_inbound_clocks PRIMARY KEY (profile_id, account_id),
    CONSTRAINT fk_inbound_clocks_chain_id_account_id FOREIGN KEY (chain_id, account_id)
      REFERENCES accounts (chain_id, id) ON DELETE CASCADE
);
COMMENT ON COLUMN inbound_clocks.moments IS 'attribute -> milliseconds since 1970 of the message that set it last';
CREATE INDEX ix_inbound_clocks_chain_id_account_id ON inbound_clocks (chain_id, account_id);
"""


def upgrade() -> None:
    for script in (ONE_A_CHAIN, TOKENS, MESSAGES, CLOCKS):
        op.execute(script)
    for table in ("inbound_tokens", "inbound_messages", "inbound_clocks"):
        protect(table)
