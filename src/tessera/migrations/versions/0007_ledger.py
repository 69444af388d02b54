"""The ledger keeps its own books: running balances, lots, and triggers that refuse a balance without a movement.

A program may let balances go below zero; an access token may be strict. An active membership needs an active program,
kept by a foreign key on columns that are null for deleted rows.
"""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PROGRAMS = """
ALTER TABLE programs ADD COLUMN allows_overdraft boolean NOT NULL DEFAULT false;
ALTER TABLE access_tokens ADD COLUMN strict boolean;
COMMENT ON COLUMN access_tokens.strict IS 'null follows the deployment';
"""

# A foreign key with a null in it is not checked: only active memberships need an active program.
STANDING = """
ALTER TABLE programs ADD COLUMN active boolean GENERATED ALWAYS AS (CASE WHEN deleted_at IS NULL THEN true END) STORED;
ALTER TABLE programs ADD CONSTRAINT uq_programs_chain_id_id_active UNIQUE (chain_id, id, active);
ALTER TABLE memberships
  ADD COLUMN active boolean GENERATED ALWAYS AS (CASE WHEN deleted_at IS NULL THEN true END) STORED;
ALTER TABLE memberships DROP CONSTRAINT fk_memberships_chain_id_program_id;
ALTER TABLE memberships ADD CONSTRAINT fk_memberships_chain_id_program_id_active
  FOREIGN KEY (chain_id, program_id, active) REFERENCES programs (chain_id, id, active);
"""

MOVEMENTS = """
ALTER TABLE points_movements
  ADD COLUMN balance integer,
  ADD COLUMN actor_id uuid,
  ADD COLUMN transfer_id uuid,
  ADD COLUMN reverses bigint;
ALTER TABLE points_movements NO FORCE ROW LEVEL SECURITY;
UPDATE points_movements SET balance = counted.balance
  FROM (SELECT sequence, sum(points) OVER (PARTITION BY membership_id ORDER BY sequence) AS balance
          FROM points_movements) AS counted
 WHERE counted.sequence = points_movements.sequence;
ALTER TABLE points_movements FORCE ROW LEVEL SECURITY;
ALTER TABLE points_movements ALTER COLUMN balance SET NOT NULL;
DROP INDEX ix_points_movements_expires_at;
CREATE UNIQUE INDEX uq_points_movements_membership_id_reverses ON points_movements (membership_id, reverses)
  WHERE reverses IS NOT NULL;
CREATE INDEX ix_points_movements_transfer_id ON points_movements (transfer_id) WHERE transfer_id IS NOT NULL;
"""

# What is left of an earning that begins or ends at a moment. Movements never change; this is what is spent from. A
# transfer brings points of several moments in one movement: each has a part of its own.
LOTS = """
CREATE TABLE points_lots (
  membership_id uuid NOT NULL,
  sequence bigint NOT NULL,
  part smallint NOT NULL DEFAULT 0,
  chain_id uuid NOT NULL,
  remaining integer NOT NULL,
  active_at timestamptz,
  expires_at timestamptz,
  CONSTRAINT pk_points_lots PRIMARY KEY (membership_id, sequence, part),
  CONSTRAINT fk_points_lots_membership_id_sequence FOREIGN KEY (membership_id, sequence)
    REFERENCES points_movements (membership_id, sequence),
  CONSTRAINT ck_points_lots_remaining CHECK (remaining >= 0)
);
CREATE INDEX ix_points_lots_expires_at ON points_lots (expires_at) WHERE remaining > 0;
"""

# Queries see what the ledger keeps beside a movement; columns are added at the end, where existing queries do not mind.
VIEW = """
CREATE OR REPLACE VIEW datasets.points_movements WITH (security_barrier) AS
SELECT membership_id, sequence, kind, points, source, reason, created_at, active_at, expires_at, balance, transfer_id
  FROM tessera.points_movements;
"""

# Triggers run once a statement and look at all of its rows together: a change of a balance happens in the one
# statement that also writes the movement, at most one a membership. They keep their plans, so that one made while the
# tables were empty must not scan them ever after.
TRIGGERS = """
CREATE FUNCTION check_movements() RETURNS trigger LANGUAGE plpgsql
SET search_path = tessera, pg_catalog SET enable_seqscan = off AS $$
DECLARE broken uuid;
BEGIN
  SELECT added.membership_id INTO broken
    FROM added
   WHERE added.balance <> coalesce(
           (SELECT m.balance FROM memberships m
             WHERE m.chain_id = added.chain_id AND m.id = added.membership_id), 0)
      OR added.balance <> added.points + coalesce(
           (SELECT p.balance FROM points_movements p
             WHERE p.membership_id = added.membership_id AND p.sequence < added.sequence
             ORDER BY p.sequence DESC LIMIT 1), 0)
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the movements of membership % do not add up to its balance', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_memberships_balance';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION check_new_balances() RETURNS trigger LANGUAGE plpgsql
SET search_path = tessera, pg_catalog SET enable_seqscan = off AS $$
DECLARE broken uuid;
BEGIN
  SELECT added.id INTO broken FROM added
   WHERE added.balance IS NOT NULL AND added.balance IS DISTINCT FROM
         (SELECT p.balance FROM points_movements p WHERE p.membership_id = added.id ORDER BY p.sequence DESC LIMIT 1)
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'membership % has a balance without a movement', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_memberships_balance';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION check_changed_balances() RETURNS trigger LANGUAGE plpgsql
SET search_path = tessera, pg_catalog SET enable_seqscan = off AS $$
DECLARE broken uuid;
BEGIN
  SELECT after.id INTO broken FROM after JOIN before ON before.id = after.id
   WHERE before.balance IS DISTINCT FROM after.balance
     AND coalesce(after.balance, 0) <> coalesce(
           (SELECT p.balance FROM points_movements p WHERE p.membership_id = after.id
             ORDER BY p.sequence DESC LIMIT 1), 0)
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the balance of membership % was changed without a movement', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_memberships_balance';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER check_movements AFTER INSERT ON points_movements
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_movements();
CREATE TRIGGER check_new_balances AFTER INSERT ON memberships
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_new_balances();
CREATE TRIGGER check_changed_balances AFTER UPDATE ON memberships
  REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION check_changed_balances();
"""

# The feed reads one chain by transaction and sequence; nothing reads by sequence alone.
EVENTS = """
DROP INDEX ix_events_transaction_id_sequence;
DROP INDEX ix_events_chain_id_sequence;
CREATE INDEX ix_events_chain_id_transaction_id_sequence ON events (chain_id, transaction_id, sequence);
CREATE INDEX ix_events_created_at ON events USING brin (created_at);
"""

# Companies share the accounts' table. A search by name compares beginnings in lower case, whatever the collation.
ACCOUNTS = """
ALTER TABLE accounts
  ADD COLUMN mother_company_id uuid,
  ADD COLUMN invoicing_email text,
  ADD COLUMN website_url text,
  ADD COLUMN invoice_due_interval text,
  ADD COLUMN department text,
  ADD COLUMN duns_number text,
  ADD COLUMN reference_identifier text,
  ADD COLUMN additional_tax_identifier text,
  ADD COLUMN electronic_invoice_identifier text,
  ADD COLUMN contact text,
  ADD COLUMN contact_person text,
  ADD COLUMN identifier text,
  ADD COLUMN iata text,
  ADD COLUMN credit_rating text,
  ADD CONSTRAINT fk_accounts_chain_id_mother_company_id FOREIGN KEY (chain_id, mother_company_id)
    REFERENCES accounts (chain_id, id),
  ADD CONSTRAINT ck_accounts_credit_rating
    CHECK (credit_rating IN ('CreditOk', 'PaymentRequiredUpfront', 'LocalDecisionRequired'));
CREATE INDEX ix_accounts_chain_id_name ON accounts (chain_id, name) WHERE kind = 'company';
CREATE INDEX ix_accounts_chain_id_mother_company_id ON accounts (chain_id, mother_company_id)
  WHERE mother_company_id IS NOT NULL;
CREATE INDEX ix_accounts_chain_id_external_id_deleted ON accounts (chain_id, external_id)
  WHERE deleted_at IS NOT NULL AND external_id IS NOT NULL;
CREATE INDEX ix_accounts_chain_id_lower_last_name
  ON accounts (chain_id, lower(last_name) text_pattern_ops)
  WHERE kind = 'customer' AND deleted_at IS NULL;
CREATE INDEX ix_accounts_chain_id_lower_first_name
  ON accounts (chain_id, lower(first_name) text_pattern_ops, lower(last_name) text_pattern_ops)
  WHERE kind = 'customer' AND deleted_at IS NULL;
"""


def upgrade() -> None:
    for script in (PROGRAMS, STANDING, MOVEMENTS, LOTS, VIEW, TRIGGERS, EVENTS, ACCOUNTS):
        op.execute(script)
    protect("points_lots")
