"""Statements on the figures of each day.

Triggers write what every statement changes into `figure_changes`, in its own transaction: so a figure is right as soon
as its cause is there to be seen, however late that is. The sum of both tables is what counts.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from tessera.loyalty.store.statements import run
from tessera.platform.db import Session

COLUMNS = ("members", "points", "enrolments", "earned", "burned", "expired")
LIST = ", ".join(COLUMNS)
SUMS = ", ".join(f"sum({column})::bigint AS {column}" for column in COLUMNS)

# Sorted, so that two workers who add to the same days do not wait for each other in a ring.
FOLD = f"""
WITH gone AS (
  DELETE FROM figure_changes
   WHERE id = ANY (ARRAY(SELECT id FROM figure_changes ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED))
  RETURNING *
), added AS (
  INSERT INTO daily_figures AS kept (chain_id, program_id, day, {LIST})
  SELECT chain_id, program_id, day, {SUMS} FROM gone GROUP BY chain_id, program_id, day
   ORDER BY chain_id, program_id, day
  ON CONFLICT (chain_id, program_id, day)
  DO UPDATE SET {", ".join(f"{column} = kept.{column} + excluded.{column}" for column in COLUMNS)}
)
SELECT count(*) FROM gone
"""  # noqa: S608 - constants

# What happened before the first day counts for what there is at its end, and for nothing else.
DAYS = f"""
WITH lines AS (
  SELECT program_id, day, {LIST} FROM daily_figures WHERE chain_id = %(chain_id)s
   UNION ALL
  SELECT program_id, day, {LIST} FROM figure_changes WHERE chain_id = %(chain_id)s
)
SELECT CASE WHEN day >= %(since)s::date THEN day END AS at, {SUMS} FROM lines
 WHERE day <= %(until)s::date AND (%(program_id)s::uuid IS NULL OR program_id = %(program_id)s::uuid)
 GROUP BY at ORDER BY at NULLS FIRST
"""  # noqa: S608 - constants

UNCOUNTED = "SELECT 1 FROM uncounted_chains WHERE chain_id = %(chain_id)s"

# One look at all tables at the same moment, which keeps nobody waiting.
SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
WITHOUT_LIMIT = "SET LOCAL statement_timeout = 0"
NEXT = "SELECT chain_id FROM uncounted_chains ORDER BY chain_id LIMIT 1"
# A worker that finds it gone at the end counted in vain: the database refuses that, and all of it is undone.
DONE = "DELETE FROM uncounted_chains WHERE chain_id = %(chain_id)s RETURNING chain_id"

# What should be counted, less what is counted in the same snapshot: what is written meanwhile brings its own change.
# Members that changed programs count in the one they are in.
RECOUNT = f"""
INSERT INTO figure_changes (chain_id, program_id, day, {LIST})
SELECT %(chain_id)s, program_id, day, {SUMS} FROM (
  SELECT program_id, (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS members, 0 AS points,
         count(*) AS enrolments, 0 AS earned, 0 AS burned, 0 AS expired
    FROM memberships WHERE chain_id = %(chain_id)s GROUP BY 1, 2
   UNION ALL
  SELECT program_id, (deleted_at AT TIME ZONE 'UTC')::date, -count(*), -sum(coalesce(balance, 0)), 0, 0, 0, 0
    FROM memberships WHERE chain_id = %(chain_id)s AND deleted_at IS NOT NULL GROUP BY 1, 2
   UNION ALL
  SELECT m.program_id, (p.created_at AT TIME ZONE 'UTC')::date, 0, sum(p.points), 0,
         coalesce(sum(p.points) FILTER (WHERE p.figure = 'earned'), 0),
         coalesce(-sum(p.points) FILTER (WHERE p.figure = 'burned'), 0),
         coalesce(-sum(p.points) FILTER (WHERE p.figure = 'expired'), 0)
    FROM (SELECT p.membership_id, p.points, p.created_at,
                 CASE WHEN p.reverses IS NULL
                   THEN tessera.figure_of_movement(p.kind, p.points, p.sequence, p.transfer_id)
                   ELSE (SELECT tessera.figure_of_movement(o.kind, o.points, o.sequence, o.transfer_id)
                           FROM points_movements o
                          WHERE o.chain_id = p.chain_id AND o.membership_id = p.membership_id
                            AND o.sequence = p.reverses) END AS figure
            FROM points_movements p WHERE p.chain_id = %(chain_id)s) AS p
    JOIN memberships m ON m.chain_id = %(chain_id)s AND m.id = p.membership_id
   GROUP BY 1, 2
   UNION ALL
  SELECT program_id, day, {", ".join(f"-{column}" for column in COLUMNS)}
    FROM daily_figures WHERE chain_id = %(chain_id)s
   UNION ALL
  SELECT program_id, day, {", ".join(f"-{column}" for column in COLUMNS)}
    FROM figure_changes WHERE chain_id = %(chain_id)s
) AS counted
GROUP BY program_id, day HAVING {" OR ".join(f"sum({column}) <> 0" for column in COLUMNS)}
"""  # noqa: S608 - constants


async def fold_changes(session: Session, *, most: int) -> int:
    """Add the oldest changes to the days they belong to; return how many they were."""
    rows: Sequence[Any] = await run(session, FOLD, {"most": most})
    return int(rows[0][0])


async def find_uncounted(session: Session) -> UUID | None:
    """Return a chain whose past is not counted, and look at everything from this moment on."""
    await run(session, SNAPSHOT, {})
    await run(session, WITHOUT_LIMIT, {})
    rows = await run(session, NEXT, {})
    return rows[0][0] if rows else None


async def recount(session: Session, chain_id: UUID) -> None:
    """Write what brings a chain's figures to what its members and points say."""
    await run(session, RECOUNT, {"chain_id": chain_id})


async def mark_counted(session: Session, chain_id: UUID) -> bool:
    """Note that a chain's past is counted; False where another worker did so."""
    return bool(await run(session, DONE, {"chain_id": chain_id}))


async def is_counted(session: Session, chain_id: UUID) -> bool:
    """Say whether the chain's figures are whole."""
    return not await run(session, UNCOUNTED, {"chain_id": chain_id})


async def select_days(
    session: Session, chain_id: UUID, *, program_id: UUID | None, since: date, until: date
) -> dict[date | None, tuple[int, ...]]:
    """Return what changed by day, in the order of `COLUMNS`; under None what changed before."""
    values = {"chain_id": chain_id, "program_id": program_id, "since": since, "until": until}
    return {row[0]: tuple(row[1:]) for row in await run(session, DAYS, values)}
