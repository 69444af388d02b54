"""Statements on deadlines: each is reported by the statement that clears it."""

from datetime import datetime

from sqlalchemy import text

from tessera.platform.db import Row, Session, fetch_rows

# Reported before a worker has claimed the moment: its row does not exist yet.
UNCLAIMED = text("""
UPDATE schedules s SET start_by = NULL
  FROM (SELECT owner_kind, owner_id, start_by FROM schedules WHERE owner_kind = :kind AND start_by <= :now
         ORDER BY start_by LIMIT :most FOR UPDATE SKIP LOCKED) AS late
 WHERE s.owner_kind = late.owner_kind AND s.owner_id = late.owner_id
RETURNING s.owner_id, s.chain_id, s.next_at AS due_at, 'start' AS deadline, late.start_by AS by, NULL AS outcome,
          cast(NULL AS uuid) AS run_id
""")
STARTS = text("""
UPDATE schedule_moments m SET start_by = NULL
  FROM (SELECT owner_kind, owner_id, due_at, start_by FROM schedule_moments
         WHERE owner_kind = :kind AND start_by <= :now ORDER BY start_by LIMIT :most FOR UPDATE SKIP LOCKED) AS late
 WHERE m.owner_kind = late.owner_kind AND m.owner_id = late.owner_id AND m.due_at = late.due_at
RETURNING m.owner_id, m.chain_id, m.due_at, 'start' AS deadline, late.start_by AS by, m.outcome, m.run_id
""")
FINISHES = text("""
UPDATE schedule_moments m SET finish_by = NULL
  FROM (SELECT owner_kind, owner_id, due_at, finish_by FROM schedule_moments
         WHERE owner_kind = :kind AND finish_by <= :now ORDER BY finish_by LIMIT :most FOR UPDATE SKIP LOCKED) AS late
 WHERE m.owner_kind = late.owner_kind AND m.owner_id = late.owner_id AND m.due_at = late.due_at
RETURNING m.owner_id, m.chain_id, m.due_at, 'finish' AS deadline, late.finish_by AS by, m.outcome, m.run_id
""")


async def report(session: Session, kind: str, now: datetime, *, most: int) -> list[Row]:
    """Return deadlines that passed unmet, and clear them."""
    parameters = {"kind": kind, "now": now, "most": most}
    found = [
        row for statement in (UNCLAIMED, STARTS, FINISHES) for row in await fetch_rows(session, statement, parameters)
    ]
    return sorted(found, key=lambda row: (row["by"], row["owner_id"]))
