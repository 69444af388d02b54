"""Statements on lots: what is left of points that begin or end at a moment.

A change of lots holds their memberships. A lot with nothing left is deleted: its movement keeps what it was.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.loyalty.store.statements import run
from tessera.loyalty.values.ledger import Lot
from tessera.platform.db import Session, as_array


def ended_points(memberships: str) -> str:
    """Return SQL for the expired points that are still in the balance, for rows of `memberships`, a table or its alias.

    Usually there are none. The earliest expiry is looked up once a statement, and the lots of each row only where that
    one has passed.
    """
    return f"""CASE WHEN (
  SELECT expires_at FROM points_lots WHERE remaining > 0 ORDER BY expires_at LIMIT 1) <= %(now)s THEN coalesce((
  SELECT sum(lot.remaining)::int FROM points_lots lot
   WHERE lot.chain_id = {memberships}.chain_id AND lot.membership_id = {memberships}.id AND lot.expires_at <= %(now)s
  ), 0) ELSE 0 END"""  # noqa: S608 - the alias is a constant


# The lateral select goes by the key even where the table has no statistics yet.
SELECT = """
SELECT l.membership_id, l.remaining, l.active_at, l.expires_at, l.sequence, l.part, l.remaining
  FROM unnest(%(ids)s::uuid[]) AS given (id)
 CROSS JOIN LATERAL (
   SELECT * FROM points_lots WHERE chain_id = %(chain_id)s AND membership_id = given.id OFFSET 0) AS l
 ORDER BY l.membership_id, l.sequence, l.part
"""

# One statement, so that balance and lots are of one moment.
STANDING = """
SELECT m.balance, l.remaining, l.active_at, l.expires_at
  FROM memberships m
  LEFT JOIN points_lots l ON l.chain_id = m.chain_id AND l.membership_id = m.id
 WHERE m.chain_id = %(chain_id)s AND m.id = %(id)s AND m.deleted_at IS NULL
"""

ENDED = """
SELECT l.membership_id, sum(l.remaining)::int
  FROM unnest(%(ids)s::uuid[]) AS given (id)
 CROSS JOIN LATERAL (
   SELECT membership_id, remaining FROM points_lots
    WHERE chain_id = %(chain_id)s AND membership_id = given.id AND expires_at <= %(now)s OFFSET 0) AS l
 GROUP BY l.membership_id
"""

INSERT = """
INSERT INTO points_lots (chain_id, membership_id, sequence, part, remaining, active_at, expires_at)
SELECT %(chain_id)s, * FROM unnest(%(ids)s::uuid[], %(sequences)s::bigint[], %(parts)s::smallint[],
                                   %(remaining)s::int[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
"""

CHANGE = """
WITH given AS (
  SELECT * FROM unnest(%(ids)s::uuid[], %(sequences)s::bigint[], %(parts)s::smallint[], %(remaining)s::int[])
           AS given (membership_id, sequence, part, remaining)
), gone AS (
  DELETE FROM points_lots l USING given g
   WHERE l.chain_id = %(chain_id)s AND l.membership_id = g.membership_id AND l.sequence = g.sequence
     AND l.part = g.part AND g.remaining = 0
)
UPDATE points_lots l SET remaining = g.remaining
  FROM given g
 WHERE l.chain_id = %(chain_id)s AND l.membership_id = g.membership_id AND l.sequence = g.sequence
   AND l.part = g.part AND g.remaining > 0
"""

# The order of spending as sums: a lot gives what the lots before it did not, and pending lots come after the points
# without a lot. Lots that are over go whole: the new balance was said without them. The lateral select goes by the key,
# and the caller holds the memberships, so that rows stay where they are found.
TAKE = """
WITH held AS (
  SELECT l.place, l.remaining, l.ended, l.pending, given.after,
         given.before - sum(l.remaining) OVER whole AS loose,
         given.before - coalesce(sum(l.remaining) FILTER (WHERE l.ended) OVER whole, 0) AS before,
         coalesce(sum(l.remaining) FILTER (WHERE NOT l.ended) OVER (
           PARTITION BY given.id
           ORDER BY l.pending, l.expires_at NULLS LAST, l.active_at NULLS FIRST, l.sequence, l.part
           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS earlier
    FROM unnest(%(ids)s::uuid[], %(before)s::int[], %(after)s::int[]) AS given (id, before, after)
   CROSS JOIN LATERAL (
     SELECT ctid AS place, sequence, part, remaining, active_at, expires_at,
            coalesce(expires_at <= %(now)s, false) AS ended, coalesce(active_at > %(now)s, false) AS pending
       FROM points_lots WHERE chain_id = %(chain_id)s AND membership_id = given.id
     OFFSET 0) AS l
  WINDOW whole AS (PARTITION BY given.id)
), left_over AS (
  SELECT place, remaining AS held,
         CASE WHEN ended THEN 0
              ELSE remaining - least(remaining, greatest(
                before - after - earlier - CASE WHEN pending THEN loose ELSE 0 END, 0)) END AS remaining
    FROM held
), gone AS (
  DELETE FROM points_lots USING left_over WHERE points_lots.ctid = left_over.place AND left_over.remaining = 0
)
UPDATE points_lots SET remaining = left_over.remaining
  FROM left_over
 WHERE points_lots.ctid = left_over.place AND left_over.remaining > 0 AND left_over.remaining < left_over.held
"""


async def select_lots(session: Session, chain_id: UUID, ids: Sequence[UUID]) -> list[tuple[UUID, Lot]]:
    """Return the lots of the memberships, oldest first."""
    rows = await run(session, SELECT, {"chain_id": chain_id, "ids": as_array(ids)})
    return [(row[0], Lot(*row[1:])) for row in rows]


async def read_standing(session: Session, chain_id: UUID, membership_id: UUID) -> tuple[int | None, list[Lot]] | None:
    """Return balance and lots of an active membership, None where there is no such one."""
    rows = await run(session, STANDING, {"chain_id": chain_id, "id": membership_id})
    return (rows[0][0], [Lot(*row[1:]) for row in rows if row[1] is not None]) if rows else None


async def sum_ended(session: Session, chain_id: UUID, ids: Sequence[UUID], *, now: datetime) -> list[tuple[UUID, int]]:
    """Return the memberships that still hold points which are over by now, and how many."""
    rows = await run(session, ENDED, {"chain_id": chain_id, "ids": as_array(ids), "now": now})
    return [(row[0], row[1]) for row in rows]


async def insert_lots(session: Session, chain_id: UUID, lots: Sequence[tuple[UUID, Lot]]) -> None:
    """Write new lots of memberships, whose movements are written."""
    values = {
        "chain_id": chain_id,
        "ids": as_array([membership_id for membership_id, _ in lots]),
        "sequences": as_array([lot.sequence for _, lot in lots]),
        "parts": as_array([lot.part for _, lot in lots]),
        "remaining": as_array([lot.remaining for _, lot in lots]),
        "starts": as_array([lot.active_at for _, lot in lots]),
        "ends": as_array([lot.expires_at for _, lot in lots]),
    }
    await run(session, INSERT, values)


async def change_lots(session: Session, chain_id: UUID, lots: Sequence[tuple[UUID, Lot]]) -> None:
    """Write what is left of lots of memberships."""
    values = {
        "chain_id": chain_id,
        "ids": as_array([membership_id for membership_id, _ in lots]),
        "sequences": as_array([lot.sequence for _, lot in lots]),
        "parts": as_array([lot.part for _, lot in lots]),
        "remaining": as_array([lot.remaining for _, lot in lots]),
    }
    await run(session, CHANGE, values)


async def take_from_lots(
    session: Session, chain_id: UUID, steps: Sequence[tuple[UUID, int | None, int | None]], *, now: datetime
) -> None:
    """Shrink the lots of memberships, held by the caller, whose balance is set: (membership, before, after).

    To be called for every balance that is set, to less or to more: lots that are over by now go with it.
    """
    values = {
        "chain_id": chain_id,
        "now": now,
        "ids": as_array([step[0] for step in steps]),
        "before": as_array([max(step[1] or 0, 0) for step in steps]),
        "after": as_array([max(step[2] or 0, 0) for step in steps]),
    }
    await run(session, TAKE, values)
