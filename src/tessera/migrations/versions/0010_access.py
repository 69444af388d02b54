"""Roles, and who holds them; versions of users; and indexes for every filter of the audit log."""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROLES = """
CREATE TABLE roles (
    id uuid NOT NULL CONSTRAINT pk_roles PRIMARY KEY,
    label text NOT NULL,
    internal_name text NOT NULL,
    description text NOT NULL DEFAULT '',
    permissions text[],
    built_in boolean NOT NULL DEFAULT false,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by text NOT NULL
);
COMMENT ON COLUMN roles.permissions IS 'resource:level; null is everything';
CREATE UNIQUE INDEX uq_roles_label ON roles (lower(label));
CREATE UNIQUE INDEX uq_roles_internal_name ON roles (lower(internal_name));
CREATE TABLE user_roles (
    user_id uuid NOT NULL CONSTRAINT fk_user_roles_user_id REFERENCES users (id) ON DELETE CASCADE,
    role_id uuid NOT NULL CONSTRAINT fk_user_roles_role_id REFERENCES roles (id),
    CONSTRAINT pk_user_roles PRIMARY KEY (user_id, role_id)
);
CREATE INDEX ix_user_roles_role_id ON user_roles (role_id);
CREATE TABLE api_key_roles (
    api_key_id uuid NOT NULL CONSTRAINT fk_api_key_roles_api_key_id REFERENCES api_keys (id) ON DELETE CASCADE,
    role_id uuid NOT NULL CONSTRAINT fk_api_key_roles_role_id REFERENCES roles (id),
    CONSTRAINT pk_api_key_roles PRIMARY KEY (api_key_id, role_id)
);
CREATE INDEX ix_api_key_roles_role_id ON api_key_roles (role_id);
"""

BUILT_IN = """
INSERT INTO roles (id, label, internal_name, description, permissions, built_in, created_by, updated_by) VALUES
  ('00000000-0000-7000-8000-00000000000a', 'Admin', 'admin', 'May do everything.', NULL, true, 'Tessera', 'Tessera'),
  ('00000000-0000-7000-8000-00000000000b', 'CSR', 'csr', 'Customer service: looks members up and changes nothing.',
   ARRAY['members:read'], true, 'Tessera', 'Tessera'),
  ('00000000-0000-7000-8000-00000000000c', 'Author', 'author',
   'Writes queries, templates and exports; members themselves stay hidden.',
   ARRAY['connection-profiles:read', 'exports:write', 'http-templates:write', 'programs:read', 'queries:write'], true,
   'Tessera', 'Tessera');
"""

# A user without a list of permissions could do everything: that is the role Admin now, and nothing else is.
HOLDERS = """
INSERT INTO user_roles (user_id, role_id)
  SELECT id, '00000000-0000-7000-8000-00000000000a' FROM users WHERE permissions IS NULL;
UPDATE users SET permissions = '{}' WHERE permissions IS NULL;
INSERT INTO api_key_roles (api_key_id, role_id)
  SELECT id, '00000000-0000-7000-8000-00000000000a' FROM api_keys WHERE permissions IS NULL;
UPDATE api_keys SET permissions = '{}' WHERE permissions IS NULL;
"""

OWN = """
ALTER TABLE users ALTER COLUMN permissions SET DEFAULT '{}', ALTER COLUMN permissions SET NOT NULL,
  ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE api_keys ALTER COLUMN permissions SET DEFAULT '{}', ALTER COLUMN permissions SET NOT NULL;
COMMENT ON COLUMN users.permissions IS 'resource:level, beside those of the roles';
COMMENT ON COLUMN api_keys.permissions IS 'resource:level, beside those of the roles';
"""

# Every filter of the audit log reads the newest entries from the end of an index of its own. Those of many entries
# hold what further filters ask for: entries that do not fit are passed over without being read.
TRAIL = """
DROP INDEX ix_audit_entries_chain_id_id;
DROP INDEX ix_audit_entries_object_id_id;
CREATE INDEX ix_audit_entries_created_at_id ON audit_entries (created_at, id);
CREATE INDEX ix_audit_entries_chain_id_created_at_id ON audit_entries (chain_id, created_at, id)
  INCLUDE (actor_name, actor_id, object_kind, action);
CREATE INDEX ix_audit_entries_object_id_created_at_id ON audit_entries (object_id, created_at, id);
CREATE INDEX ix_audit_entries_object_kind_created_at_id ON audit_entries (object_kind, created_at, id);
CREATE INDEX ix_audit_entries_action_created_at_id ON audit_entries (action, created_at, id);
CREATE INDEX ix_audit_entries_object_kind_action_created_at_id ON audit_entries (object_kind, action, created_at, id);
CREATE INDEX ix_audit_entries_actor ON audit_entries (lower(actor_name), created_at, id)
  INCLUDE (actor_name, actor_id, object_kind, action, chain_id);
CREATE INDEX ix_audit_entries_actor_id_created_at_id ON audit_entries (actor_id, created_at, id)
  INCLUDE (actor_name, object_kind, action, chain_id);
"""


def upgrade() -> None:
    op.execute(ROLES)
    op.execute(BUILT_IN)
    for table in ("users", "api_keys"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(HOLDERS)
    op.execute(OWN)
    for table in ("users", "api_keys"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for table in ("roles", "user_roles", "api_key_roles"):
        protect(table, chain=None)
    op.execute(TRAIL)
