"""A database with two chains whose members can be told apart, to see that queries never mix them."""

from dataclasses import dataclass
from uuid import UUID

from tessera.platform.db import Database
from tessera.queries.engines.sql import SqlEngine

MEMBERS = 40

SEED = """
INSERT INTO chains (id, name, created_at, updated_at) VALUES (%(chain)s, %(word)s, now(), now());
INSERT INTO programs (chain_id, id, number, name, code, type, subscription, created_at, updated_at)
VALUES (%(chain)s, %(program)s, 1, %(word)s || ' club', 'CLUB', 'Hotel', 'Free', now(), now());
INSERT INTO tiers (chain_id, id, program_id, name, code, ordering, created_at, updated_at)
VALUES (%(chain)s, %(tier)s, %(program)s, 'Gold', 'GOLD', 1, now(), now());
INSERT INTO accounts (chain_id, id, kind, first_name, last_name, email, creator_id, updater_id, created_at, updated_at)
SELECT %(chain)s, md5(%(word)s || n)::uuid, 'customer', 'Ann', %(word)s || n, %(word)s || n || '@example.org',
       %(chain)s, %(chain)s, '2025-01-01Z'::timestamptz + n * interval '1 day', now()
  FROM generate_series(1, %(members)s) AS n;
WITH made AS (
  INSERT INTO memberships (chain_id, id, account_id, program_id, tier_id, state, is_primary, membership_number, balance,
                           creator_kind, updater_kind, created_at, updated_at)
  SELECT %(chain)s, md5('m' || %(word)s || n)::uuid, md5(%(word)s || n)::uuid, %(program)s,
         CASE WHEN n %% 4 <> 0 THEN %(tier)s::uuid END, 'Enrolled', true, lpad(n::text, 5, '0'), n * 10, 'Static',
         'Static', '2025-01-01Z'::timestamptz + n * interval '1 day', now()
    FROM generate_series(1, %(members)s) AS n
  RETURNING id, balance
)
INSERT INTO points_movements (membership_id, sequence, chain_id, kind, points, balance, source, created_at)
SELECT id, 1, %(chain)s, 'set', balance, balance, 'test', now() FROM made;
"""


@dataclass(frozen=True)
class Limits:
    """Limits short enough for tests."""

    query_timeout_seconds: float = 30
    query_preview_seconds: float = 30
    query_row_limit: int = 100_000


@dataclass(frozen=True)
class Town:
    """A database with the chains North and South; every name of North's people begins with `north`."""

    database: Database
    query_address: str
    admin_address: str
    north: UUID
    south: UUID

    def engine(self, *, checking: bool = True, seconds: float = 30, rows: int = 100_000) -> SqlEngine:
        """Return an engine with such limits."""
        limits = Limits(query_timeout_seconds=seconds, query_preview_seconds=seconds, query_row_limit=rows)
        return SqlEngine(self.database, self.query_address, limits, checking=checking)
