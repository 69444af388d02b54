"""References between assets, filled from what refers to what now."""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE asset_references (
    chain_id uuid NOT NULL CONSTRAINT fk_asset_references_chain_id REFERENCES chains (id),
    from_kind text NOT NULL,
    from_id uuid NOT NULL,
    from_label text NOT NULL,
    to_kind text NOT NULL,
    to_id uuid NOT NULL,
    carries_secrets boolean NOT NULL DEFAULT false,
    CONSTRAINT pk_asset_references PRIMARY KEY (from_kind, from_id, to_kind, to_id)
);
CREATE INDEX ix_asset_references_to_kind_to_id ON asset_references (to_kind, to_id);
COMMENT ON COLUMN asset_references.from_label IS 'written whenever the referrer is saved';
COMMENT ON COLUMN asset_references.carries_secrets IS 'whether secrets of the referrer go where the target leads';
"""

FILL = """
INSERT INTO asset_references (chain_id, from_kind, from_id, from_label, to_kind, to_id, carries_secrets)
SELECT chain_id, 'http_template', id, label, 'query', query_id, false
  FROM http_templates WHERE query_id IS NOT NULL
 UNION ALL
SELECT chain_id, 'http_template', id, label, 'connection_profile', profile_id,
       shape @> '{"headers": [{"secret": true}]}'
  FROM http_templates WHERE profile_id IS NOT NULL
 UNION ALL
SELECT chain_id, 'export_definition', id, label, 'query', query_id, false FROM export_definitions
 UNION ALL
SELECT chain_id, 'export_definition', id, label, 'http_template', template_id, false FROM export_definitions
 UNION ALL
SELECT DISTINCT p.chain_id, 'connection_profile', p.id, p.label, 'encryption_key', k.id, false
  FROM connection_profiles p
 CROSS JOIN LATERAL jsonb_each_text(p.settings) AS setting
  JOIN encryption_keys k ON k.chain_id = p.chain_id AND k.id::text = setting.value
"""

READ = ("http_templates", "export_definitions", "connection_profiles", "encryption_keys")


def upgrade() -> None:
    op.execute(TABLE)
    for table in READ:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(FILL)
    for table in READ:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    protect("asset_references", chain=None)
