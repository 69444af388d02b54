"""Loyalty: chains, enterprises, accounts, programs, tiers, memberships, points movements, Connector API tokens.

Keys of chain-owned tables begin with the chain, so that a foreign key can never reach into another chain. Active and
deleted rows have partial indexes of their own: pages of the few deleted records stay fast beside a million active ones.
"""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CHAINS = """
CREATE TABLE chains (
  id uuid NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT pk_chains PRIMARY KEY (id)
);

CREATE TABLE enterprises (
  chain_id uuid NOT NULL,
  id uuid NOT NULL,
  sequence bigint GENERATED ALWAYS AS IDENTITY,
  name text NOT NULL,
  short_name text,
  external_id text,
  enabled boolean NOT NULL DEFAULT true,
  time_zone text NOT NULL DEFAULT 'Etc/UTC',
  legal_environment_code text NOT NULL,
  accommodation_environment_code text NOT NULL,
  accounting_environment_code text NOT NULL,
  tax_environment_code text NOT NULL,
  default_language_code text NOT NULL DEFAULT 'en-US',
  currency_code text NOT NULL,
  pricing text NOT NULL,
  tax_identifier text,
  website_url text,
  email text,
  phone text,
  address_id uuid NOT NULL,
  address_line1 text,
  address_line2 text,
  city text,
  postal_code text,
  country_code text,
  country_subdivision_code text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT pk_enterprises PRIMARY KEY (chain_id, id),
  CONSTRAINT fk_enterprises_chain_id FOREIGN KEY (chain_id) REFERENCES chains (id),
  CONSTRAINT ck_enterprises_pricing CHECK (pricing IN ('Gross', 'Net'))
);
CREATE UNIQUE INDEX uq_enterprises_id ON enterprises (id);
"""

ACCOUNTS = """
CREATE TABLE accounts (
  chain_id uuid NOT NULL,
  id uuid NOT NULL,
  sequence bigint GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL,
  external_id text,
  name text,
  title text,
  sex text,
  first_name text,
  last_name text,
  second_last_name text,
  email text,
  phone text,
  birth_date date,
  birth_country_code text,
  birth_country_subdivision_code text,
  birth_place text,
  occupation text,
  nationality_code text,
  preferred_language_code text,
  loyalty_code text,
  tax_identification_number text,
  accounting_code text,
  billing_code text,
  notes text,
  car_registration_number text,
  dietary_requirements text,
  italian_destination_code text,
  italian_fiscal_code text,
  italian_lottery_code text,
  classifications text[] NOT NULL DEFAULT '{}',
  options text[] NOT NULL DEFAULT '{}',
  company_id uuid,
  merge_target_id uuid,
  address_id uuid,
  address_line1 text,
  address_line2 text,
  city text,
  postal_code text,
  country_code text,
  country_subdivision_code text,
  latitude double precision,
  longitude double precision,
  creator_id uuid NOT NULL,
  updater_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz,
  CONSTRAINT pk_accounts PRIMARY KEY (chain_id, id),
  CONSTRAINT fk_accounts_chain_id FOREIGN KEY (chain_id) REFERENCES chains (id),
  CONSTRAINT fk_accounts_chain_id_company_id FOREIGN KEY (chain_id, company_id) REFERENCES accounts (chain_id, id),
  CONSTRAINT fk_accounts_chain_id_merge_target_id FOREIGN KEY (chain_id, merge_target_id)
    REFERENCES accounts (chain_id, id),
  CONSTRAINT ck_accounts_kind CHECK (kind IN ('customer', 'company')),
  CONSTRAINT ck_accounts_names CHECK (CASE kind WHEN 'customer' THEN last_name IS NOT NULL ELSE name IS NOT NULL END),
  CONSTRAINT ck_accounts_title CHECK (title IN ('Mister', 'Miss', 'Misses')),
  CONSTRAINT ck_accounts_sex CHECK (sex IN ('Male', 'Female'))
);
CREATE UNIQUE INDEX uq_accounts_chain_id_external_id ON accounts (chain_id, external_id)
  WHERE deleted_at IS NULL AND external_id IS NOT NULL;
CREATE UNIQUE INDEX uq_accounts_chain_id_email ON accounts (chain_id, lower(email))
  WHERE deleted_at IS NULL AND kind = 'customer' AND email IS NOT NULL;
CREATE INDEX ix_accounts_chain_id_created_at ON accounts (chain_id, kind, created_at, sequence)
  WHERE deleted_at IS NULL;
CREATE INDEX ix_accounts_chain_id_created_at_deleted ON accounts (chain_id, kind, created_at, sequence)
  WHERE deleted_at IS NOT NULL;
CREATE INDEX ix_accounts_chain_id_updated_at ON accounts (chain_id, updated_at);
CREATE INDEX ix_accounts_chain_id_deleted_at ON accounts (chain_id, deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX ix_accounts_chain_id_last_name ON accounts (chain_id, last_name);
CREATE INDEX ix_accounts_chain_id_first_name ON accounts (chain_id, first_name);
CREATE INDEX ix_accounts_chain_id_loyalty_code ON accounts (chain_id, loyalty_code) WHERE loyalty_code IS NOT NULL;
CREATE INDEX ix_accounts_chain_id_company_id ON accounts (chain_id, company_id) WHERE company_id IS NOT NULL;
"""

PROGRAMS = """
CREATE TABLE programs (
  chain_id uuid NOT NULL,
  id uuid NOT NULL,
  sequence bigint GENERATED ALWAYS AS IDENTITY,
  number integer NOT NULL,
  name text NOT NULL,
  code text NOT NULL,
  type text NOT NULL,
  subscription text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz,
  CONSTRAINT pk_programs PRIMARY KEY (chain_id, id),
  CONSTRAINT fk_programs_chain_id FOREIGN KEY (chain_id) REFERENCES chains (id),
  CONSTRAINT uq_programs_chain_id_number UNIQUE (chain_id, number),
  CONSTRAINT ck_programs_number CHECK (number > 0),
  CONSTRAINT ck_programs_type CHECK (type IN ('Hotel', 'ExternalPartner', 'SoftBrand', 'Unknown')),
  CONSTRAINT ck_programs_subscription CHECK (subscription IN ('Free', 'Paid'))
);
CREATE UNIQUE INDEX uq_programs_chain_id_code ON programs (chain_id, code) WHERE deleted_at IS NULL;
CREATE INDEX ix_programs_chain_id_created_at ON programs (chain_id, created_at, sequence);
CREATE INDEX ix_programs_chain_id_updated_at ON programs (chain_id, updated_at);

CREATE TABLE tiers (
  chain_id uuid NOT NULL,
  id uuid NOT NULL,
  sequence bigint GENERATED ALWAYS AS IDENTITY,
  program_id uuid NOT NULL,
  name text NOT NULL,
  code text NOT NULL,
  ordering integer NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz,
  CONSTRAINT pk_tiers PRIMARY KEY (chain_id, id),
  CONSTRAINT fk_tiers_chain_id_program_id FOREIGN KEY (chain_id, program_id) REFERENCES programs (chain_id, id),
  CONSTRAINT uq_tiers_chain_id_program_id_id UNIQUE (chain_id, program_id, id)
);
CREATE UNIQUE INDEX uq_tiers_program_id_code ON tiers (program_id, code) WHERE deleted_at IS NULL;
CREATE INDEX ix_tiers_chain_id_created_at ON tiers (chain_id, created_at, sequence);
CREATE INDEX ix_tiers_chain_id_updated_at ON tiers (chain_id, updated_at);
"""

# Texts that are looked up have COLLATE "C": compared as bytes, which is faster and lets a prefix use the index too.
MEMBERSHIPS = """
CREATE TABLE memberships (
  chain_id uuid NOT NULL,
  id uuid NOT NULL,
  sequence bigint GENERATED ALWAYS AS IDENTITY,
  account_id uuid NOT NULL,
  program_id uuid NOT NULL,
  tier_id uuid,
  state text COLLATE "C" NOT NULL,
  is_primary boolean NOT NULL,
  membership_number text COLLATE "C",
  provider_membership_id text COLLATE "C",
  balance integer,
  expires_at timestamptz,
  url text,
  creator_kind text NOT NULL,
  creator_id uuid,
  updater_kind text NOT NULL,
  updater_id uuid,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz,
  CONSTRAINT pk_memberships PRIMARY KEY (chain_id, id),
  CONSTRAINT fk_memberships_chain_id_account_id FOREIGN KEY (chain_id, account_id) REFERENCES accounts (chain_id, id),
  CONSTRAINT fk_memberships_chain_id_program_id FOREIGN KEY (chain_id, program_id) REFERENCES programs (chain_id, id),
  CONSTRAINT fk_memberships_chain_id_program_id_tier_id FOREIGN KEY (chain_id, program_id, tier_id)
    REFERENCES tiers (chain_id, program_id, id),
  CONSTRAINT ck_memberships_state CHECK (state IN ('New', 'Pending', 'Enrolled', 'Canceled', 'Declined')),
  CONSTRAINT ck_memberships_creator_kind
    CHECK (creator_kind IN ('Personal', 'Enterprise', 'Platform', 'Static', 'Integration')),
  CONSTRAINT ck_memberships_updater_kind
    CHECK (updater_kind IN ('Personal', 'Enterprise', 'Platform', 'Static', 'Integration'))
);
CREATE UNIQUE INDEX uq_memberships_account_id_program_id ON memberships (account_id, program_id)
  WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX uq_memberships_account_id_primary ON memberships (account_id)
  WHERE is_primary AND deleted_at IS NULL;
CREATE UNIQUE INDEX uq_memberships_membership_number_program_id ON memberships (membership_number, program_id)
  WHERE deleted_at IS NULL AND membership_number IS NOT NULL;
CREATE UNIQUE INDEX uq_memberships_provider_membership_id_program_id ON memberships (provider_membership_id, program_id)
  WHERE deleted_at IS NULL AND provider_membership_id IS NOT NULL;
CREATE INDEX ix_memberships_chain_id_created_at ON memberships (chain_id, created_at, sequence)
  WHERE deleted_at IS NULL;
CREATE INDEX ix_memberships_chain_id_updated_at ON memberships (chain_id, updated_at) WHERE deleted_at IS NULL;
CREATE INDEX ix_memberships_program_id_state ON memberships (program_id, state, created_at, sequence)
  WHERE deleted_at IS NULL;
CREATE INDEX ix_memberships_chain_id_created_at_deleted ON memberships (chain_id, created_at, sequence)
  WHERE deleted_at IS NOT NULL;
CREATE INDEX ix_memberships_chain_id_updated_at_deleted ON memberships (chain_id, updated_at)
  WHERE deleted_at IS NOT NULL;
CREATE INDEX ix_memberships_account_id_deleted ON memberships (account_id) WHERE deleted_at IS NOT NULL;
CREATE INDEX ix_memberships_membership_number_deleted ON memberships (membership_number) WHERE deleted_at IS NOT NULL;
CREATE INDEX ix_memberships_provider_membership_id_deleted ON memberships (provider_membership_id)
  WHERE deleted_at IS NOT NULL;
"""

# `points` is wider than a balance: the step from the lowest balance to the highest does not fit the balance's own type.
POINTS = """
CREATE TABLE points_movements (
  membership_id uuid NOT NULL,
  sequence bigint GENERATED ALWAYS AS IDENTITY,
  chain_id uuid NOT NULL,
  kind text NOT NULL,
  points bigint NOT NULL,
  source text NOT NULL,
  reason text,
  idempotency_key text,
  created_at timestamptz NOT NULL,
  active_at timestamptz,
  expires_at timestamptz,
  CONSTRAINT pk_points_movements PRIMARY KEY (membership_id, sequence),
  CONSTRAINT fk_points_movements_chain_id_membership_id FOREIGN KEY (chain_id, membership_id)
    REFERENCES memberships (chain_id, id),
  CONSTRAINT ck_points_movements_kind CHECK (kind IN ('set', 'earn', 'burn', 'adjust', 'expire', 'reverse'))
);
CREATE UNIQUE INDEX uq_points_movements_membership_id_idempotency_key
  ON points_movements (membership_id, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
CREATE INDEX ix_points_movements_expires_at ON points_movements (expires_at) WHERE expires_at IS NOT NULL;
"""

TOKENS = """
CREATE TABLE client_tokens (
  id uuid NOT NULL,
  digest bytea NOT NULL,
  label text NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL,
  revoked_at timestamptz,
  CONSTRAINT pk_client_tokens PRIMARY KEY (id),
  CONSTRAINT uq_client_tokens_digest UNIQUE (digest)
);

CREATE TABLE access_tokens (
  id uuid NOT NULL,
  client_token_id uuid NOT NULL,
  digest bytea NOT NULL,
  label text NOT NULL,
  portfolio boolean NOT NULL,
  permissions text[] NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  CONSTRAINT pk_access_tokens PRIMARY KEY (id),
  CONSTRAINT uq_access_tokens_digest UNIQUE (digest),
  CONSTRAINT fk_access_tokens_client_token_id FOREIGN KEY (client_token_id) REFERENCES client_tokens (id)
);
CREATE INDEX ix_access_tokens_client_token_id ON access_tokens (client_token_id);

CREATE TABLE access_token_enterprises (
  access_token_id uuid NOT NULL,
  chain_id uuid NOT NULL,
  enterprise_id uuid NOT NULL,
  linked_at timestamptz NOT NULL,
  CONSTRAINT pk_access_token_enterprises PRIMARY KEY (access_token_id, chain_id, enterprise_id),
  CONSTRAINT fk_access_token_enterprises_access_token_id FOREIGN KEY (access_token_id) REFERENCES access_tokens (id),
  CONSTRAINT fk_access_token_enterprises_chain_id_enterprise_id FOREIGN KEY (chain_id, enterprise_id)
    REFERENCES enterprises (chain_id, id)
);
CREATE INDEX ix_access_token_enterprises_chain_id_enterprise_id ON access_token_enterprises (chain_id, enterprise_id);

-- Moments of each access token's latest requests. Unlogged: after a crash a caller merely starts with an empty window.
CREATE UNLOGGED TABLE request_windows (
  access_token_id uuid NOT NULL,
  moments timestamptz[] NOT NULL,
  CONSTRAINT pk_request_windows PRIMARY KEY (access_token_id)
) WITH (fillfactor = 50);
"""

TABLES = (CHAINS, ACCOUNTS, PROGRAMS, MEMBERSHIPS, POINTS, TOKENS)
OF_CHAINS = ("enterprises", "accounts", "programs", "tiers", "memberships")
OF_NOBODY = ("client_tokens", "access_tokens", "access_token_enterprises", "request_windows")


def upgrade() -> None:
    for statements in TABLES:
        op.execute(statements)
    protect("chains", chain="id")
    for table in OF_CHAINS:
        protect(table)
    # The ledger only ever grows, even where the application itself has a fault.
    protect("points_movements", grants="SELECT, INSERT")
    for table in OF_NOBODY:
        protect(table, chain=None)
