"""Connection profiles and the HTTP templates that use them."""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PROFILES = """
CREATE TABLE connection_profiles (
    id uuid NOT NULL CONSTRAINT pk_connection_profiles PRIMARY KEY,
    chain_id uuid NOT NULL CONSTRAINT fk_connection_profiles_chain_id REFERENCES chains (id),
    type text NOT NULL,
    variant text NOT NULL,
    label text NOT NULL,
    internal_name text NOT NULL,
    settings jsonb NOT NULL DEFAULT '{}',
    secrets jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by text NOT NULL,
    CONSTRAINT ck_connection_profiles_state CHECK (state IN ('incomplete', 'ready'))
);
CREATE UNIQUE INDEX uq_connection_profiles_chain_id_internal_name
    ON connection_profiles (chain_id, lower(internal_name));
COMMENT ON COLUMN connection_profiles.secrets IS 'property -> {"sealed": …, "set_at": …}; never plain text';
"""

TEMPLATES = """
CREATE TABLE http_templates (
    id uuid NOT NULL CONSTRAINT pk_http_templates PRIMARY KEY,
    chain_id uuid NOT NULL CONSTRAINT fk_http_templates_chain_id REFERENCES chains (id),
    template_type text NOT NULL DEFAULT 'outbound_api',
    label text NOT NULL,
    internal_name text NOT NULL,
    query_id uuid NOT NULL CONSTRAINT fk_http_templates_query_id REFERENCES queries (id),
    profile_id uuid NOT NULL CONSTRAINT fk_http_templates_profile_id REFERENCES connection_profiles (id),
    shape jsonb NOT NULL,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by text NOT NULL,
    CONSTRAINT ck_http_templates_template_type CHECK (template_type IN ('outbound_api'))
);
CREATE UNIQUE INDEX uq_http_templates_chain_id_internal_name ON http_templates (chain_id, lower(internal_name));
CREATE INDEX ix_http_templates_query_id ON http_templates (query_id);
CREATE INDEX ix_http_templates_profile_id ON http_templates (profile_id);
COMMENT ON COLUMN http_templates.shape IS 'method, path, headers, body and limits, as a run snapshots them';
"""


def upgrade() -> None:
    op.execute(PROFILES)
    op.execute(TEMPLATES)
    # No view shows these tables, so no query need see a row of them.
    protect("connection_profiles", chain=None)
    protect("http_templates", chain=None)
