"""Statements that look for what must never be. Each reads its tables once, whole, and names a few of what it found."""

from collections.abc import Sequence
from uuid import UUID

from tessera.loyalty.store.statements import run
from tessera.platform.db import Session

REACH = "(%(chains)s::uuid[] IS NULL OR chain_id = ANY (%(chains)s::uuid[]))"

BALANCES = f"""
SELECT m.chain_id, m.id
  FROM (SELECT chain_id, id, balance FROM memberships WHERE {REACH}) AS m
  FULL JOIN (SELECT chain_id, membership_id AS id, sum(points) AS points
               FROM points_movements WHERE {REACH} GROUP BY chain_id, membership_id) AS counted USING (chain_id, id)
 WHERE coalesce(m.balance, 0) <> coalesce(counted.points, 0) OR (m.balance IS NOT NULL AND counted.points IS NULL)
"""  # noqa: S608 - constants

RUNNING = f"""
SELECT DISTINCT chain_id, id
  FROM (SELECT chain_id, membership_id AS id, balance,
               points + coalesce(lag(balance) OVER earlier, 0) AS counted
          FROM points_movements WHERE {REACH}
        WINDOW earlier AS (PARTITION BY chain_id, membership_id ORDER BY sequence)) AS lines
 WHERE balance <> counted
"""  # noqa: S608 - constants

LOTS = f"""
SELECT l.chain_id, l.id
  FROM (SELECT chain_id, membership_id AS id, sum(remaining) AS remaining
          FROM points_lots WHERE {REACH} GROUP BY chain_id, membership_id) AS l
  LEFT JOIN memberships m ON m.chain_id = l.chain_id AND m.id = l.id
 WHERE l.remaining > greatest(m.balance, 0)
"""  # noqa: S608 - constants

TIERS = f"""
SELECT m.chain_id, m.id
  FROM (SELECT chain_id, id, program_id, tier_id FROM memberships
         WHERE {REACH} AND tier_id IS NOT NULL AND deleted_at IS NULL) AS m
  LEFT JOIN tiers t ON t.chain_id = m.chain_id AND t.program_id = m.program_id AND t.id = m.tier_id
 WHERE t.id IS NULL OR t.deleted_at IS NOT NULL
"""  # noqa: S608 - constants

# The index of primaries cannot hold two of one account; looking past it finds what a broken index hides.
PRIMARIES = f"""
SELECT chain_id, account_id AS id
  FROM memberships WHERE {REACH} AND is_primary AND deleted_at IS NULL
 GROUP BY chain_id, account_id HAVING count(*) > 1
"""  # noqa: S608 - constants

GROUPED = """
SELECT chain_id, count(*), (array_agg(id ORDER BY id))[1:%(most)s]
  FROM ({found}) AS found GROUP BY chain_id ORDER BY chain_id
"""

STATEMENTS = {
    "balances": BALANCES,
    "running_balances": RUNNING,
    "lots": LOTS,
    "tiers": TIERS,
    "primaries": PRIMARIES,
}


async def find_faults(
    session: Session, check: str, chain_ids: Sequence[UUID] | None, *, most: int
) -> list[tuple[UUID, int, list[UUID]]]:
    """Return chain, count and the first ids of what the check finds, for the given chains or for all."""
    chains = None if chain_ids is None else list(chain_ids)
    rows = await run(session, GROUPED.format(found=STATEMENTS[check]), {"chains": chains, "most": most})
    return [(row[0], row[1], row[2]) for row in rows]
