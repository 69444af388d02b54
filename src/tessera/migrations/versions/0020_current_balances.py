"""Queries count no points that are over, as everything else that reads a balance; movements number per membership."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# Few points are over and still there, so they are added up once and joined, by their own index.
ENDED = """
  LEFT JOIN (SELECT membership_id, sum(remaining)::integer AS points FROM tessera.points_lots
              WHERE expires_at <= now() AND remaining > 0 GROUP BY membership_id) AS ended ON ended.membership_id = m.id
"""

MEMBERSHIPS = f"""
CREATE OR REPLACE VIEW datasets.memberships WITH (security_barrier) AS
SELECT m.id, m.account_id, m.program_id, m.tier_id, m.state, m.is_primary, m.membership_number,
       m.provider_membership_id, m.balance - coalesce(ended.points, 0) AS balance, m.expires_at, m.url, m.created_at,
       m.updated_at
  FROM tessera.memberships m {ENDED}
 WHERE m.deleted_at IS NULL;
"""

MEMBERS = f"""
CREATE OR REPLACE VIEW datasets.members WITH (security_barrier) AS
SELECT m.id AS membership_id, m.membership_number, m.provider_membership_id, m.state, m.is_primary,
       m.balance - coalesce(ended.points, 0) AS balance,
       m.expires_at, m.created_at AS joined_at, m.updated_at,
       a.id AS account_id, a.kind AS account_kind, a.external_id, a.name, a.title, a.first_name, a.last_name,
       a.email, a.phone, a.birth_date, a.preferred_language_code, a.city, a.postal_code, a.country_code,
       p.id AS program_id, p.number AS program_number, p.code AS program_code, p.name AS program_name,
       t.id AS tier_id, t.code AS tier_code, t.name AS tier_name, t.ordering AS tier_ordering
  FROM tessera.memberships m
  JOIN tessera.accounts a ON a.chain_id = m.chain_id AND a.id = m.account_id
  JOIN tessera.programs p ON p.chain_id = m.chain_id AND p.id = m.program_id
  LEFT JOIN tessera.tiers t ON t.chain_id = m.chain_id AND t.id = m.tier_id {ENDED}
 WHERE m.deleted_at IS NULL AND a.deleted_at IS NULL;
"""

# A counter of all chains would tell each how much the others move. Writers hold the membership, so that nobody else
# takes its next number; numbers given before stay, and the next ones follow them.
NUMBERS = "ALTER TABLE points_movements ALTER COLUMN sequence DROP IDENTITY;"


def upgrade() -> None:
    op.execute(MEMBERSHIPS)
    op.execute(MEMBERS)
    op.execute(NUMBERS)
