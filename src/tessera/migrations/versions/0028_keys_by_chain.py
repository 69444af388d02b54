"""Unique indexes of memberships, and the keys of the ledger and its lots, begin with the chain.

A table is distributed or partitioned by chain only where every unique index holds the chain. What was unique
still is: a program is of one chain, and so is a membership. Names of indexes stay, for they say what was refused.
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

PRIMARY = """
DROP INDEX uq_memberships_account_id_primary;
CREATE UNIQUE INDEX uq_memberships_account_id_primary ON memberships (chain_id, account_id)
  WHERE is_primary AND deleted_at IS NULL;
"""

# Each of these rules may be switched off; a plain index of the same columns is in its place then.
RULES = {
    "account_id_program_id": ("account_id, program_id", "deleted_at IS NULL"),
    "membership_number_program_id": (
        "membership_number text_pattern_ops, program_id",
        "deleted_at IS NULL AND membership_number IS NOT NULL",
    ),
    "provider_membership_id_program_id": (
        "provider_membership_id, program_id",
        "deleted_at IS NULL AND provider_membership_id IS NOT NULL",
    ),
}
RULE = """
DO $$
BEGIN
  IF to_regclass('uq_memberships_{name}') IS NOT NULL THEN
    DROP INDEX uq_memberships_{name};
    CREATE UNIQUE INDEX uq_memberships_{name} ON memberships (chain_id, {columns}) WHERE {predicate};
  ELSE
    DROP INDEX ix_memberships_{name};
    CREATE INDEX ix_memberships_{name} ON memberships (chain_id, {columns}) WHERE {predicate};
  END IF;
END
$$;
"""

MOVEMENTS = """
ALTER TABLE points_lots DROP CONSTRAINT fk_points_lots_membership_id_sequence;
ALTER TABLE points_movements
  DROP CONSTRAINT pk_points_movements,
  ADD CONSTRAINT pk_points_movements PRIMARY KEY (chain_id, membership_id, sequence);
DROP INDEX uq_points_movements_membership_id_idempotency_key;
CREATE UNIQUE INDEX uq_points_movements_membership_id_idempotency_key
  ON points_movements (chain_id, membership_id, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
DROP INDEX uq_points_movements_membership_id_reverses;
CREATE UNIQUE INDEX uq_points_movements_membership_id_reverses ON points_movements (chain_id, membership_id, reverses)
  WHERE reverses IS NOT NULL;
"""

# The owner is confined by row security as well, and the foreign key would look at nothing.
LOTS = """
ALTER TABLE points_lots NO FORCE ROW LEVEL SECURITY;
ALTER TABLE points_movements NO FORCE ROW LEVEL SECURITY;
ALTER TABLE points_lots
  DROP CONSTRAINT pk_points_lots,
  ADD CONSTRAINT pk_points_lots PRIMARY KEY (chain_id, membership_id, sequence, part),
  ADD CONSTRAINT fk_points_lots_chain_id_membership_id_sequence FOREIGN KEY (chain_id, membership_id, sequence)
    REFERENCES points_movements (chain_id, membership_id, sequence);
ALTER TABLE points_movements FORCE ROW LEVEL SECURITY;
ALTER TABLE points_lots FORCE ROW LEVEL SECURITY;
"""

# As before, but they find a movement by the whole of its key.
TRIGGERS = """
CREATE OR REPLACE FUNCTION check_movements() RETURNS trigger LANGUAGE plpgsql
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
             WHERE p.chain_id = added.chain_id AND p.membership_id = added.membership_id
               AND p.sequence < added.sequence
             ORDER BY p.sequence DESC LIMIT 1), 0)
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the movements of membership % do not add up to its balance', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_memberships_balance';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION check_new_balances() RETURNS trigger LANGUAGE plpgsql
SET search_path = tessera, pg_catalog SET enable_seqscan = off AS $$
DECLARE broken uuid;
BEGIN
  SELECT added.id INTO broken FROM added
   WHERE added.balance IS NOT NULL AND added.balance IS DISTINCT FROM
         (SELECT p.balance FROM points_movements p
           WHERE p.chain_id = added.chain_id AND p.membership_id = added.id
           ORDER BY p.sequence DESC LIMIT 1)
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'membership % has a balance without a movement', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_memberships_balance';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION check_changed_balances() RETURNS trigger LANGUAGE plpgsql
SET search_path = tessera, pg_catalog SET enable_seqscan = off AS $$
DECLARE broken uuid;
BEGIN
  SELECT after.id INTO broken FROM after JOIN before ON before.chain_id = after.chain_id AND before.id = after.id
   WHERE before.balance IS DISTINCT FROM after.balance
     AND coalesce(after.balance, 0) <> coalesce(
           (SELECT p.balance FROM points_movements p
             WHERE p.chain_id = after.chain_id AND p.membership_id = after.id
             ORDER BY p.sequence DESC LIMIT 1), 0)
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the balance of membership % was changed without a movement', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_memberships_balance';
  END IF;
  RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.execute(PRIMARY)
    for name, (columns, predicate) in RULES.items():
        op.execute(RULE.format(name=name, columns=columns, predicate=predicate))
    for script in (MOVEMENTS, LOTS, TRIGGERS):
        op.execute(script)
