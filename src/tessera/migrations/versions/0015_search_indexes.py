"""Indexes by which members are found: numbers, e-mail addresses and names by their beginnings."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# An index with this operator class serves beginnings in every collation, and equality as before.
NUMBERS = """
DO $$
BEGIN
  IF to_regclass('uq_memberships_membership_number_program_id') IS NOT NULL THEN
    DROP INDEX uq_memberships_membership_number_program_id;
    CREATE UNIQUE INDEX uq_memberships_membership_number_program_id
      ON memberships (membership_number text_pattern_ops, program_id)
      WHERE deleted_at IS NULL AND membership_number IS NOT NULL;
  ELSE
    DROP INDEX ix_memberships_membership_number_program_id;
    CREATE INDEX ix_memberships_membership_number_program_id
      ON memberships (membership_number text_pattern_ops, program_id)
      WHERE deleted_at IS NULL AND membership_number IS NOT NULL;
  END IF;
END
$$;
"""

EMAILS = """
DROP INDEX uq_accounts_chain_id_email;
CREATE UNIQUE INDEX uq_accounts_chain_id_email ON accounts (chain_id, lower(email) text_pattern_ops)
  WHERE deleted_at IS NULL AND kind = 'customer' AND email IS NOT NULL;
"""

COMPANIES = """
CREATE INDEX ix_accounts_chain_id_lower_name ON accounts (chain_id, lower(name) text_pattern_ops)
  WHERE kind = 'company' AND deleted_at IS NULL;
"""


def upgrade() -> None:
    for script in (NUMBERS, EMAILS, COMPANIES):
        op.execute(script)
