"""Statements on schedules."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from tessera.platform.db import Row, Session, change_rows, fetch_rows

COLUMNS = """owner_id, chain_id, document, normal_form, overlap, catch_up_seconds, catch_up_number, stagger_seconds,
       pause_after, started_within_seconds, finished_within_seconds, next_at, armed_at, zone_data, start_by,
       executed_at, failures, paused_at, pause_reason"""

OWNED = f"SELECT {COLUMNS} FROM schedules WHERE owner_kind = :kind AND owner_id = ANY (:ids)"  # noqa: S608 - constants
FIND, LOCK = text(OWNED), text(f"{OWNED} ORDER BY owner_id FOR UPDATE")
LOCK_DUE = text(f"""
SELECT {COLUMNS} FROM schedules WHERE owner_kind = :kind AND next_at <= :now
 ORDER BY next_at LIMIT :most FOR UPDATE SKIP LOCKED
""")  # noqa: S608
# What is due already is claimed first, and then found by the new rules.
LOCK_OUTDATED = text(f"""
SELECT owner_kind, {COLUMNS} FROM schedules
 WHERE next_at > :now AND zone_data < cast(:version AS text) COLLATE "C" LIMIT :most FOR UPDATE SKIP LOCKED
""")  # noqa: S608
# By it, statements on an owner's own table sort: its kind, and the column with its id.
NEXT_OF = "(SELECT s.next_at FROM schedules s WHERE s.owner_kind = '{kind}' AND s.owner_id = {column})"
UPCOMING = text("""
SELECT owner_id, next_at FROM schedules
 WHERE owner_kind = :kind AND next_at IS NOT NULL
   AND (cast(:chains AS uuid[]) IS NULL OR chain_id = ANY (cast(:chains AS uuid[])))
 ORDER BY next_at, owner_id LIMIT :count
""")

PAUSED = text("""
SELECT owner_id, chain_id, failures, paused_at, pause_reason FROM schedules
 WHERE owner_kind = :kind AND paused_at IS NOT NULL
   AND (cast(:chains AS uuid[]) IS NULL OR chain_id = ANY (cast(:chains AS uuid[])))
 ORDER BY paused_at DESC, owner_id LIMIT :count
""")

SAVE = text("""
INSERT INTO schedules AS kept (owner_kind, owner_id, chain_id, document, normal_form, overlap, catch_up_seconds,
       catch_up_number, stagger_seconds, pause_after, started_within_seconds, finished_within_seconds, next_at,
       armed_at, zone_data, start_by, executed_at)
SELECT :kind, owner_id, chain_id, document, normal_form, overlap, catch_up_seconds, catch_up_number, stagger_seconds,
       pause_after, started_within_seconds, finished_within_seconds, next_at, armed_at, zone_data,
       next_at + make_interval(secs => started_within_seconds), executed_at
  FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS given (owner_id uuid, chain_id uuid, document jsonb,
       normal_form text, overlap text, catch_up_seconds integer, catch_up_number integer, stagger_seconds integer,
       pause_after integer, started_within_seconds integer, finished_within_seconds integer, next_at timestamptz,
       armed_at timestamptz, zone_data text, executed_at timestamptz)
    ON CONFLICT (owner_kind, owner_id) DO UPDATE SET document = excluded.document,
       normal_form = excluded.normal_form, overlap = excluded.overlap,
       catch_up_seconds = excluded.catch_up_seconds, catch_up_number = excluded.catch_up_number,
       stagger_seconds = excluded.stagger_seconds, pause_after = excluded.pause_after,
       started_within_seconds = excluded.started_within_seconds,
       finished_within_seconds = excluded.finished_within_seconds, next_at = excluded.next_at,
       armed_at = excluded.armed_at, zone_data = excluded.zone_data, start_by = excluded.start_by,
       executed_at = excluded.executed_at
""")

ADVANCE = text("""
UPDATE schedules s SET next_at = given.next_at, armed_at = given.armed_at, zone_data = :version,
       executed_at = coalesce(given.executed_at, s.executed_at),
       start_by = given.next_at + make_interval(secs => s.started_within_seconds)
  FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS given (owner_kind text, owner_id uuid, next_at timestamptz,
       armed_at timestamptz, executed_at timestamptz)
 WHERE s.owner_kind = given.owner_kind AND s.owner_id = given.owner_id
""")

COUNT = text("""
UPDATE schedules s SET failures = given.failures, paused_at = given.paused_at, pause_reason = given.pause_reason,
       next_at = CASE WHEN given.paused_at IS NULL THEN s.next_at END,
       start_by = CASE WHEN given.paused_at IS NULL THEN s.start_by END
  FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS given (owner_id uuid, failures integer, paused_at timestamptz,
       pause_reason text)
 WHERE s.owner_kind = :kind AND s.owner_id = given.owner_id
""")

DELETE = text("DELETE FROM schedules WHERE owner_kind = :kind AND owner_id = ANY (:ids)")


async def find(session: Session, kind: str, ids: Sequence[UUID]) -> list[Row]:
    """Return the schedules of these owners."""
    return await fetch_rows(session, FIND, {"kind": kind, "ids": list(ids)})


async def lock(session: Session, kind: str, ids: Sequence[UUID]) -> list[Row]:
    """Return the schedules of these owners, locked."""
    return await fetch_rows(session, LOCK, {"kind": kind, "ids": list(ids)})


async def lock_due(session: Session, kind: str, now: datetime, *, most: int) -> list[Row]:
    """Return schedules whose moment has come and that no other worker holds, locked."""
    return await fetch_rows(session, LOCK_DUE, {"kind": kind, "now": now, "most": most})


async def lock_outdated(session: Session, version: str, now: datetime, *, most: int) -> list[Row]:
    """Return schedules whose next moment was found by older zone data, locked."""
    return await fetch_rows(session, LOCK_OUTDATED, {"version": version, "now": now, "most": most})


async def list_upcoming(session: Session, kind: str, chains: Sequence[UUID] | None, *, count: int) -> list[Row]:
    """Return the owners that come next."""
    chosen = None if chains is None else list(chains)
    return await fetch_rows(session, UPCOMING, {"kind": kind, "chains": chosen, "count": count})


async def list_paused(session: Session, kind: str, chains: Sequence[UUID] | None, *, count: int) -> list[Row]:
    """Return the schedules that are paused."""
    chosen = None if chains is None else list(chains)
    return await fetch_rows(session, PAUSED, {"kind": kind, "chains": chosen, "count": count})


async def save(session: Session, kind: str, rows: Sequence[dict[str, Any]]) -> None:
    """Insert or replace schedules; failures and pauses stay."""
    await session.execute(SAVE, {"kind": kind, "rows": as_json(rows)})


async def advance(session: Session, rows: Sequence[dict[str, Any]], *, version: str) -> None:
    """Write the next moments."""
    await session.execute(ADVANCE, {"rows": as_json(rows), "version": version})


async def count_failures(session: Session, kind: str, rows: Sequence[dict[str, Any]]) -> None:
    """Write failures and pauses."""
    await session.execute(COUNT, {"kind": kind, "rows": as_json(rows)})


async def delete(session: Session, kind: str, ids: Sequence[UUID]) -> int:
    """Delete schedules, and their moments with them."""
    return await change_rows(session, DELETE, {"kind": kind, "ids": list(ids)})


def as_json(rows: Sequence[dict[str, Any]]) -> str:
    """Return rows in the form that one statement takes."""
    return msgspec.json.encode(rows).decode()
