"""Webhooks: who is told of events, how far each has come, and every delivery."""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# A subscription's position is the last event for which it has deliveries, or which it did not want.
WEBHOOKS = """
CREATE TABLE webhook_subscriptions (
    id uuid NOT NULL CONSTRAINT pk_webhook_subscriptions PRIMARY KEY,
    chain_id uuid NOT NULL CONSTRAINT fk_webhook_subscriptions_chain_id REFERENCES chains (id),
    label text NOT NULL,
    url text NOT NULL,
    event_names text[],
    sealed_secret bytea NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    disabled_reason text,
    failing_since timestamptz,
    position_transaction_id xid8 NOT NULL,
    position_sequence bigint NOT NULL,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
COMMENT ON COLUMN webhook_subscriptions.event_names IS 'null is every event of the chain';
CREATE INDEX ix_webhook_subscriptions_chain_id ON webhook_subscriptions (chain_id);

CREATE TABLE webhook_deliveries (
    id uuid NOT NULL CONSTRAINT pk_webhook_deliveries PRIMARY KEY,
    subscription_id uuid NOT NULL CONSTRAINT fk_webhook_deliveries_subscription_id
      REFERENCES webhook_subscriptions (id) ON DELETE CASCADE,
    chain_id uuid NOT NULL,
    event_sequence bigint NOT NULL,
    event_name text NOT NULL,
    body text NOT NULL,
    state text NOT NULL CONSTRAINT ck_webhook_deliveries_state CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz,
    claimed_until timestamptz,
    last_status integer,
    last_error text,
    created_at timestamptz NOT NULL,
    settled_at timestamptz
);
CREATE INDEX ix_webhook_deliveries_due_at ON webhook_deliveries (due_at) WHERE state = 'pending';
CREATE INDEX ix_webhook_deliveries_subscription_id_id ON webhook_deliveries (subscription_id, id);
"""


def upgrade() -> None:
    op.execute(WEBHOOKS)
    protect("webhook_subscriptions")
    protect("webhook_deliveries")
