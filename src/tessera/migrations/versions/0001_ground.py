"""The first tables: events, the audit log, users and their sessions, and the chain a query is bound to."""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# `transaction_id` lets a reader of events leave out those whose transaction, begun earlier, has not ended yet.
EVENTS = """
CREATE TABLE events (
    sequence bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_events PRIMARY KEY,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    chain_id uuid NOT NULL,
    name text NOT NULL,
    subject_id uuid NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_events_transaction_id_sequence ON events (transaction_id, sequence);
CREATE INDEX ix_events_chain_id_sequence ON events (chain_id, sequence);
"""

AUDIT = """
CREATE TABLE audit_entries (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_audit_entries PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    chain_id uuid,
    actor_kind text NOT NULL,
    actor_id uuid,
    actor_name text NOT NULL,
    origin text,
    request_id text,
    action text NOT NULL,
    object_kind text NOT NULL,
    object_id uuid,
    object_name text NOT NULL,
    before jsonb,
    after jsonb
);
CREATE INDEX ix_audit_entries_chain_id_id ON audit_entries (chain_id, id);
CREATE INDEX ix_audit_entries_object_id_id ON audit_entries (object_id, id);
"""

USERS = """
CREATE TABLE users (
    id uuid NOT NULL CONSTRAINT pk_users PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    password_hash text NOT NULL,
    chain_ids uuid[],
    permissions text[],
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz
);
COMMENT ON COLUMN users.chain_ids IS 'chains the user may see; null is every chain';
COMMENT ON COLUMN users.permissions IS 'resource:level; null is everything';
CREATE UNIQUE INDEX uq_users_email ON users (lower(email));
CREATE TABLE user_sessions (
    id uuid NOT NULL CONSTRAINT pk_user_sessions PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT fk_user_sessions_user_id REFERENCES users (id) ON DELETE CASCADE,
    token_digest bytea NOT NULL CONSTRAINT uq_user_sessions_token_digest UNIQUE,
    csrf_token text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    origin text,
    user_agent text
);
CREATE INDEX ix_user_sessions_user_id ON user_sessions (user_id);
CREATE INDEX ix_user_sessions_expires_at ON user_sessions (expires_at);
CREATE TABLE sign_in_failures (
    key text NOT NULL CONSTRAINT pk_sign_in_failures PRIMARY KEY,
    failures integer NOT NULL DEFAULT 0,
    last_at timestamptz NOT NULL,
    locked_until timestamptz
);
"""

# A setting could be changed by the query itself. A row that only the application can write cannot.
BINDINGS = """
CREATE TABLE query_bindings (
    backend_pid integer NOT NULL CONSTRAINT pk_query_bindings PRIMARY KEY,
    chain_id uuid NOT NULL,
    bound_at timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION bound_chain() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog
    AS 'SELECT chain_id FROM tessera.query_bindings WHERE backend_pid = pg_backend_pid()';
REVOKE EXECUTE ON FUNCTION bound_chain() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bound_chain() TO tessera_app, tessera_query;
CREATE POLICY own_backend ON query_bindings FOR SELECT TO tessera_owner USING (backend_pid = pg_backend_pid());
"""

# Alembic's own table: the owner writes it, and the processes read whether the schema is theirs.
VERSION = """
ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE alembic_version FORCE ROW LEVEL SECURITY;
CREATE POLICY migration ON alembic_version TO tessera_owner USING (true) WITH CHECK (true);
CREATE POLICY application ON alembic_version FOR SELECT TO tessera_app USING (true);
GRANT SELECT ON alembic_version TO tessera_app;
"""


def upgrade() -> None:
    for script in (EVENTS, AUDIT, USERS, BINDINGS, VERSION):
        op.execute(script)
    protect("events")
    protect("audit_entries", grants="SELECT, INSERT")
    protect("query_bindings", chain=None)
    for table in ("users", "user_sessions", "sign_in_failures"):
        protect(table, chain=None)
