"""Webhooks: subscriptions, how far each has come, and every delivery; and how far events are gone."""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# A reader whose position lies before the horizon may have missed events.
HORIZON = """
CREATE TABLE event_horizon (
    only_row boolean NOT NULL DEFAULT true CONSTRAINT pk_event_horizon PRIMARY KEY
      CONSTRAINT ck_event_horizon_only_row CHECK (only_row),
    transaction_id xid8 NOT NULL,
    sequence bigint NOT NULL
);
"""

# A subscription's position is the last event for which it has deliveries, or which it did not want.
SUBSCRIPTIONS = """
CREATE TABLE webhook_subscriptions (
    id uuid NOT NULL CONSTRAINT pk_webhook_subscriptions PRIMARY KEY,
    chain_id uuid NOT NULL CONSTRAINT fk_webhook_subscriptions_chain_id REFERENCES chains (id),
    label text NOT NULL,
    url text NOT NULL,
    event_names text[],
    sealed_secret text NOT NULL,
    sealed_former_secret text,
    former_secret_until timestamptz,
    enabled boolean NOT NULL DEFAULT true,
    disabled_reason text,
    failing_since timestamptz,
    position_transaction_id xid8 NOT NULL,
    position_sequence bigint NOT NULL,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
COMMENT ON COLUMN webhook_subscriptions.event_names IS 'null is every event of the loyalty room';
COMMENT ON COLUMN webhook_subscriptions.sealed_former_secret IS 'signs too, until former_secret_until';
CREATE INDEX ix_webhook_subscriptions_chain_id ON webhook_subscriptions (chain_id);
"""

# Every index has one reader: the sender, a list, a list of failures, and the chore that forgets.
DELIVERIES = """
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
    due_at timestamptz NOT NULL,
    claimed_until timestamptz,
    last_status integer,
    last_error text,
    created_at timestamptz NOT NULL,
    settled_at timestamptz
);
COMMENT ON COLUMN webhook_deliveries.claimed_until IS 'until then one worker alone may send it';
CREATE INDEX ix_webhook_deliveries_pending ON webhook_deliveries (subscription_id, due_at, id) WHERE state = 'pending';
CREATE INDEX ix_webhook_deliveries_failed ON webhook_deliveries (subscription_id, id) WHERE state = 'failed';
CREATE INDEX ix_webhook_deliveries_subscription_id_id ON webhook_deliveries (subscription_id, id);
CREATE INDEX ix_webhook_deliveries_created_at ON webhook_deliveries USING brin (created_at);
"""


def upgrade() -> None:
    for script in (HORIZON, SUBSCRIPTIONS, DELIVERIES):
        op.execute(script)
    protect("event_horizon", chain=None)
    protect("webhook_subscriptions")
    protect("webhook_deliveries")
