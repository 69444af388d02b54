"""Saved queries, and the views that queries may read.

The views belong to `tessera_owner`, whose policy on every table lets it see the bound chain only; a reader of a view
reads through that policy. `security_barrier` keeps the conditions of a query from running on rows of other chains.
"""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

QUERIES = """
CREATE TABLE queries (
  id uuid NOT NULL,
  chain_id uuid NOT NULL,
  label text NOT NULL,
  internal_name text NOT NULL,
  description text NOT NULL DEFAULT '',
  engine text NOT NULL DEFAULT 'sql',
  text text NOT NULL,
  parameters jsonb NOT NULL DEFAULT '[]',
  key_columns text[] NOT NULL DEFAULT '{}',
  columns jsonb NOT NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  updated_by text NOT NULL,
  CONSTRAINT pk_queries PRIMARY KEY (id),
  CONSTRAINT fk_queries_chain_id FOREIGN KEY (chain_id) REFERENCES chains (id),
  CONSTRAINT ck_queries_engine CHECK (engine IN ('sql'))
);
CREATE UNIQUE INDEX uq_queries_chain_id_internal_name ON queries (chain_id, lower(internal_name));
"""

ACCOUNTS = """
CREATE VIEW datasets.accounts WITH (security_barrier) AS
SELECT id, kind, external_id, name, title, sex, first_name, last_name, second_last_name, email, phone, birth_date,
       nationality_code, preferred_language_code, loyalty_code, company_id, city, postal_code, country_code,
       created_at, updated_at
  FROM tessera.accounts
 WHERE deleted_at IS NULL;
"""

PROGRAMS = """
CREATE VIEW datasets.programs WITH (security_barrier) AS
SELECT id, number, code, name, type, subscription, created_at, updated_at
  FROM tessera.programs
 WHERE deleted_at IS NULL;

CREATE VIEW datasets.tiers WITH (security_barrier) AS
SELECT id, program_id, code, name, ordering, created_at, updated_at
  FROM tessera.tiers
 WHERE deleted_at IS NULL;
"""

MEMBERSHIPS = """
CREATE VIEW datasets.memberships WITH (security_barrier) AS
SELECT id, account_id, program_id, tier_id, state, is_primary, membership_number, provider_membership_id, balance,
       expires_at, url, created_at, updated_at
  FROM tessera.memberships
 WHERE deleted_at IS NULL;

CREATE VIEW datasets.points_movements WITH (security_barrier) AS
SELECT membership_id, sequence, kind, points, source, reason, created_at, active_at, expires_at
  FROM tessera.points_movements;
"""

MEMBERS = """
CREATE VIEW datasets.members WITH (security_barrier) AS
SELECT m.id AS membership_id, m.membership_number, m.provider_membership_id, m.state, m.is_primary, m.balance,
       m.expires_at, m.created_at AS joined_at, m.updated_at,
       a.id AS account_id, a.kind AS account_kind, a.external_id, a.name, a.title, a.first_name, a.last_name,
       a.email, a.phone, a.birth_date, a.preferred_language_code, a.city, a.postal_code, a.country_code,
       p.id AS program_id, p.number AS program_number, p.code AS program_code, p.name AS program_name,
       t.id AS tier_id, t.code AS tier_code, t.name AS tier_name, t.ordering AS tier_ordering
  FROM tessera.memberships m
  JOIN tessera.accounts a ON a.chain_id = m.chain_id AND a.id = m.account_id
  JOIN tessera.programs p ON p.chain_id = m.chain_id AND p.id = m.program_id
  LEFT JOIN tessera.tiers t ON t.chain_id = m.chain_id AND t.id = m.tier_id
 WHERE m.deleted_at IS NULL AND a.deleted_at IS NULL;
"""

GRANTS = """
GRANT USAGE ON SCHEMA datasets TO tessera_query, tessera_app;
GRANT SELECT ON datasets.accounts, datasets.programs, datasets.tiers, datasets.memberships, datasets.members,
  datasets.points_movements TO tessera_query, tessera_app;
"""

# Right after a bulk load the planner knows nothing of the rows and joins them one by one: 20,000 members took 20 s.
# Autovacuum looks within a minute; a query asks for it when a table outgrew what was last counted.
STATISTICS = """
CREATE FUNCTION tessera.refresh_statistics() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '100ms' AS $$
DECLARE grown regclass;
BEGIN
  IF NOT pg_try_advisory_xact_lock(7301994) THEN RETURN; END IF;
  FOR grown IN
    SELECT oid FROM pg_class
     WHERE relnamespace = 'tessera'::regnamespace
       AND relname IN ('accounts', 'programs', 'tiers', 'memberships', 'points_movements')
       AND pg_relation_size(oid) / current_setting('block_size')::integer > relpages * 1.5 + 8
  LOOP
    EXECUTE format('ANALYZE %s', grown);
  END LOOP;
EXCEPTION WHEN lock_not_available THEN NULL;  -- another session analyses the table just now
END $$;
REVOKE EXECUTE ON FUNCTION tessera.refresh_statistics() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tessera.refresh_statistics() TO tessera_app;
"""


def upgrade() -> None:
    op.execute(QUERIES)
    protect("queries")
    for script in (ACCOUNTS, PROGRAMS, MEMBERSHIPS, MEMBERS, GRANTS, STATISTICS):
        op.execute(script)
