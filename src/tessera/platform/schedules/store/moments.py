"""Statements on the moments that came."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Reader, Row, Session, change_rows, fetch_rows, run_statement
from tessera.platform.schedules.store.schedules import as_json

HAS_DUE = """
SELECT EXISTS (SELECT 1 FROM schedules WHERE owner_kind = %(kind)s AND next_at <= %(now)s)
    OR EXISTS (SELECT 1 FROM schedule_moments
                WHERE owner_kind = %(kind)s AND outcome = 'queued' AND starts_at <= %(now)s)
"""

# The unique key decides: a moment that is there already is nobody's to start.
INSERT = text("""
INSERT INTO schedule_moments (owner_kind, owner_id, due_at, chain_id, outcome, reason, late, recorded_at, starts_at,
       start_by, finish_by)
SELECT :kind, owner_id, due_at, chain_id, outcome, reason, late, :now, starts_at, start_by, finish_by
  FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS given (owner_id uuid, due_at timestamptz, chain_id uuid,
       outcome text, reason text, late boolean, starts_at timestamptz, start_by timestamptz, finish_by timestamptz)
    ON CONFLICT DO NOTHING
RETURNING owner_id, chain_id, due_at, outcome, late
""")

# Its schedule is locked too, so that the end of a run that takes what is queued and this one do not pass each other.
CLAIM_READY = text("""
WITH ready AS (
  SELECT m.owner_kind, m.owner_id, m.due_at FROM schedule_moments m JOIN schedules s USING (owner_kind, owner_id)
   WHERE m.owner_kind = :kind AND m.outcome = 'queued' AND m.starts_at <= :now
   ORDER BY m.starts_at, m.owner_id, m.due_at LIMIT :most FOR UPDATE OF m, s SKIP LOCKED
)
UPDATE schedule_moments m SET outcome = 'claimed', starts_at = NULL, recorded_at = :now FROM ready
 WHERE m.owner_kind = ready.owner_kind AND m.owner_id = ready.owner_id AND m.due_at = ready.due_at
RETURNING m.owner_id, m.chain_id, m.due_at, m.late
""")

TAKE_QUEUED = text("""
WITH first AS (
  SELECT DISTINCT ON (owner_id) owner_id, due_at FROM schedule_moments
   WHERE owner_kind = :kind AND owner_id = ANY (:ids) AND outcome = 'queued' AND starts_at IS NULL
   ORDER BY owner_id, due_at
)
UPDATE schedule_moments m SET outcome = 'claimed', recorded_at = :now FROM first
 WHERE m.owner_kind = :kind AND m.owner_id = first.owner_id AND m.due_at = first.due_at
RETURNING m.owner_id, m.chain_id, m.due_at, m.late
""")

RECORD = text("""
WITH given AS (
  SELECT * FROM jsonb_to_recordset(cast(:rows AS jsonb))
             AS g (owner_id uuid, due_at timestamptz, run_id uuid, reason text, may_wait boolean)
), judged AS (
  SELECT g.owner_id, g.due_at, g.run_id, g.reason,
         CASE WHEN g.run_id IS NOT NULL THEN 'started'
              WHEN g.may_wait AND s.overlap = 'after'
               AND row_number() OVER (PARTITION BY g.owner_id, g.run_id IS NULL AND g.may_wait ORDER BY g.due_at) = 1
               AND NOT EXISTS (SELECT 1 FROM schedule_moments q
                                WHERE q.owner_kind = :kind AND q.owner_id = g.owner_id AND q.outcome = 'queued'
                                  AND q.starts_at IS NULL) THEN 'queued'
              ELSE 'skipped' END AS outcome
    FROM given g JOIN schedules s ON s.owner_kind = :kind AND s.owner_id = g.owner_id
)
UPDATE schedule_moments m
   SET outcome = j.outcome, reason = CASE WHEN j.run_id IS NULL THEN j.reason END, run_id = j.run_id,
       recorded_at = :now,
       start_by = CASE WHEN j.outcome <> 'skipped' THEN m.start_by END,
       finish_by = CASE WHEN j.outcome <> 'skipped' THEN m.finish_by END
  FROM judged j
 WHERE m.owner_kind = :kind AND m.owner_id = j.owner_id AND m.due_at = j.due_at AND m.outcome = 'claimed'
RETURNING m.owner_id, m.due_at, m.outcome
""")

SKIP_QUEUED = text("""
UPDATE schedule_moments
   SET outcome = 'skipped', reason = :reason, recorded_at = :now, starts_at = NULL, start_by = NULL, finish_by = NULL
 WHERE owner_kind = :kind AND owner_id = ANY (:ids) AND outcome = 'queued'
""")

WAITING = text("""
SELECT DISTINCT owner_id FROM schedule_moments
 WHERE owner_kind = :kind AND outcome = 'queued' AND starts_at IS NULL ORDER BY owner_id LIMIT :count
""")

START = text("""
UPDATE schedule_moments SET started_at = :now, start_by = CASE WHEN start_by < :now THEN start_by END
 WHERE run_id = ANY (:ids) AND started_at IS NULL
""")

FINISH = text("""
UPDATE schedule_moments m
   SET finished_at = :now, succeeded = given.succeeded, finish_by = CASE WHEN m.finish_by < :now THEN m.finish_by END
  FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS given (run_id uuid, succeeded boolean)
 WHERE m.run_id = given.run_id AND m.finished_at IS NULL
""")

LIST = text("""
SELECT owner_id, due_at, outcome, reason, late, run_id, recorded_at, started_at, finished_at, succeeded
  FROM schedule_moments
 WHERE owner_kind = :kind AND owner_id = :id AND due_at < coalesce(cast(:before AS timestamptz), 'infinity')
   AND (NOT :without_run OR run_id IS NULL)
 ORDER BY due_at DESC LIMIT :count
""")

# What has run since at a moment of its own needs nobody any more.
MISSED = text("""
SELECT m.owner_id, m.chain_id, count(*) AS number, max(m.due_at) AS due_at,
       (array_agg(m.reason ORDER BY m.due_at DESC))[1] AS reason
  FROM schedule_moments m
 WHERE m.owner_kind = :kind AND m.outcome = 'missed' AND m.due_at > :since
   AND (cast(:chains AS uuid[]) IS NULL OR m.chain_id = ANY (cast(:chains AS uuid[])))
   AND NOT EXISTS (SELECT 1 FROM schedule_moments later
                    WHERE later.owner_kind = m.owner_kind AND later.owner_id = m.owner_id
                      AND later.due_at > m.due_at AND later.outcome = 'started')
 GROUP BY m.owner_id, m.chain_id ORDER BY due_at DESC, m.owner_id LIMIT :count
""")

PURGE = text("""
DELETE FROM schedule_moments WHERE (owner_kind, owner_id, due_at) IN (
  SELECT owner_kind, owner_id, due_at FROM schedule_moments WHERE due_at < :before LIMIT :most FOR UPDATE SKIP LOCKED)
""")


async def has_due(reader: Session | Reader, kind: str, now: datetime) -> bool:
    """Say whether a moment of any owner has come."""
    ((found,),) = await run_statement(reader, HAS_DUE, {"kind": kind, "now": now})
    return bool(found)


async def insert(session: Session, kind: str, rows: Sequence[dict[str, Any]], *, now: datetime) -> list[Row]:
    """Insert moments; return those that were not there yet."""
    return await fetch_rows(session, INSERT, {"kind": kind, "rows": as_json(rows), "now": now}) if rows else []


async def claim_ready(session: Session, kind: str, now: datetime, *, most: int) -> list[Row]:
    """Claim queued moments whose start has come."""
    return await fetch_rows(session, CLAIM_READY, {"kind": kind, "now": now, "most": most})


async def take_queued(session: Session, kind: str, ids: Sequence[UUID], now: datetime) -> list[Row]:
    """Claim the first moment of each owner that waits for the end of a run; the schedules are locked."""
    return await fetch_rows(session, TAKE_QUEUED, {"kind": kind, "ids": list(ids), "now": now})


async def list_waiting(session: Session, kind: str, *, count: int) -> list[Row]:
    """Return owners with a moment that waits for the end of a run."""
    return await fetch_rows(session, WAITING, {"kind": kind, "count": count})


async def record(session: Session, kind: str, rows: Sequence[dict[str, Any]], now: datetime) -> list[Row]:
    """Write what became of claimed moments."""
    return await fetch_rows(session, RECORD, {"kind": kind, "rows": as_json(rows), "now": now})


async def skip_queued(session: Session, kind: str, ids: Sequence[UUID], *, now: datetime, reason: str) -> None:
    """Give up what is queued."""
    await session.execute(SKIP_QUEUED, {"kind": kind, "ids": list(ids), "now": now, "reason": reason})


async def start(session: Session, run_ids: Sequence[UUID], now: datetime) -> None:
    """Write that runs began."""
    await session.execute(START, {"ids": list(run_ids), "now": now})


async def finish(session: Session, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """Write how runs ended."""
    await session.execute(FINISH, {"rows": as_json(rows), "now": now})


async def list_moments(
    session: Session, kind: str, owner_id: UUID, *, count: int, before: datetime | None, without_run: bool
) -> list[Row]:
    """Return an owner's latest moments before then."""
    scope = {"kind": kind, "id": owner_id, "count": count, "before": before, "without_run": without_run}
    return await fetch_rows(session, LIST, scope)


async def list_missed(
    session: Session, kind: str, chains: Sequence[UUID] | None, *, since: datetime, count: int
) -> list[Row]:
    """Return owners that missed moments since then, with how many and the latest."""
    chosen = None if chains is None else list(chains)
    return await fetch_rows(session, MISSED, {"kind": kind, "chains": chosen, "since": since, "count": count})


async def purge(session: Session, before: datetime, *, most: int) -> int:
    """Delete some of the moments before then; return how many."""
    return await change_rows(session, PURGE, {"before": before, "most": most})
