"""Statements that let points leave when their time is over, in every chain at once."""

from datetime import datetime
from uuid import UUID

from tessera.loyalty.store.movements import write_movements
from tessera.loyalty.store.statements import run
from tessera.loyalty.values.marks import Mark
from tessera.platform.db import Session, as_array

# Everybody holds memberships before lots, so what is skipped here is a membership that is being changed just now;
# that call lets its points leave by itself, or the next look does.
HOLD_DUE = """
SELECT m.chain_id, m.id
  FROM points_lots l
  JOIN memberships m ON m.chain_id = l.chain_id AND m.id = l.membership_id
 WHERE l.expires_at <= %(now)s AND l.remaining > 0
 LIMIT %(limit)s FOR NO KEY UPDATE OF m SKIP LOCKED
"""

# The lateral selects go by the key even where the tables have no statistics yet.
EXPIRE = f"""
WITH gone AS (
  DELETE FROM points_lots l
   USING unnest(%(chains)s::uuid[], %(ids)s::uuid[]) AS given (chain_id, id)
   CROSS JOIN LATERAL (
     SELECT ctid AS place FROM points_lots
      WHERE chain_id = given.chain_id AND membership_id = given.id AND expires_at <= %(now)s OFFSET 0) AS ended
   WHERE l.ctid = ended.place
  RETURNING l.chain_id, l.membership_id, l.remaining
), due AS (
  SELECT chain_id, membership_id, sum(remaining) AS points FROM gone GROUP BY chain_id, membership_id
), changed AS (
  UPDATE memberships m
     SET balance = m.balance - due.points, updated_at = %(now)s, updater_kind = %(kind)s, updater_id = %(actor_id)s
    FROM due
   CROSS JOIN LATERAL (
     SELECT ctid AS place FROM memberships WHERE chain_id = due.chain_id AND id = due.membership_id OFFSET 0) AS held
   WHERE m.ctid = held.place
  RETURNING m.chain_id, m.id, due.points, m.balance
)
{write_movements(chain_id="changed.chain_id", kind="'expire'", points="-points", balance="balance")}
RETURNING chain_id, membership_id, points, balance, sequence
"""  # noqa: S608 - constants


async def hold_due_memberships(session: Session, *, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """Hold memberships with points that are over, except those another transaction holds; return chains and ids."""
    rows = await run(session, HOLD_DUE, {"now": now, "limit": limit})
    return sorted({(row[0], row[1]) for row in rows})


async def expire_lots(
    session: Session, places: list[tuple[UUID, UUID]], *, source: str, mark: Mark
) -> list[tuple[UUID, UUID, int, int, int]]:
    """Let points that are over leave the memberships of these chains and ids.

    Returns chain, membership, points, balance and sequence of each movement.
    """
    values = {
        "chains": as_array([chain_id for chain_id, _ in places]),
        "ids": as_array([membership_id for _, membership_id in places]),
        "source": source,
        "kind": mark.kind,
        "actor_id": mark.actor_id,
        "now": mark.now,
    }
    return [(row[0], row[1], row[2], row[3], row[4]) for row in await run(session, EXPIRE, values)]
