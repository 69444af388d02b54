"""Statements on the files of runs: their names, fixed when a run first comes to them, and what became of them.

What changes a file is written in a transaction that has locked its shard, so that a worker whose lease was taken over
changes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Row, Session, change_rows, fetch_row

FIND = text("SELECT * FROM run_files WHERE run_id = :run_id")

NEXT_NUMBER = text("""
UPDATE export_definitions SET file_sequence = file_sequence + 1 WHERE id = :definition_id RETURNING file_sequence
""")

INSERT = text("""
INSERT INTO run_files (run_id, name, inner_name, control_name) VALUES (:run_id, :name, :inner_name, :control_name)
RETURNING *
""")

BEGIN = text("""
UPDATE run_files SET state = CASE state WHEN 'writing' THEN 'uploading' ELSE state END, attempts = attempts + 1
 WHERE run_id = :run_id
""")

COUNT_ATTEMPT = text("UPDATE run_shards SET attempts = attempts + 1 WHERE run_id = :run_id AND shard = :shard")

UPLOADED = text("""
UPDATE run_files SET state = 'uploaded', size = :size, checksum = :checksum, rows = :rows, uploaded_at = now(),
       error_code = NULL, error = NULL
 WHERE run_id = :run_id
""")

LOST = text("UPDATE run_files SET state = 'uploading' WHERE run_id = :run_id AND state = 'uploaded'")

SENT = text("""
UPDATE run_files SET state = 'sent', published_at = now(), error_code = NULL, error = NULL WHERE run_id = :run_id
""")

COUNT_SENT = text("""
UPDATE run_shards s SET sent = f.rows, bytes = f.size, planned_row = s.last_row
  FROM run_files f WHERE s.run_id = :run_id AND s.shard = :shard AND f.run_id = s.run_id
""")

CONTROLLED = text("""
UPDATE run_files SET control_at = now(), error_code = NULL, error = NULL WHERE run_id = :run_id
""")

NOTE_FAULT = text("UPDATE run_files SET error_code = :code, error = :message WHERE run_id = :run_id")

END = text("""
UPDATE run_files SET state = :state, error_code = coalesce(:code, error_code), error = coalesce(:message, error)
 WHERE run_id = :run_id AND state IN ('writing', 'uploading', 'uploaded')
""")

STILL_KEPT = text("""
SELECT f.run_id FROM run_files f JOIN runs r ON r.id = f.run_id
 WHERE f.run_id = ANY (:run_ids)
   AND (r.finished_at IS NULL OR r.finished_at > now() - make_interval(days => :days)
        AND f.state NOT IN ('failed', 'skipped'))
""")


async def find_file(session: Session, run_id: UUID) -> Row | None:
    """Return the file of a run, if the run has come to it."""
    return await fetch_row(session, FIND, {"run_id": run_id})


async def next_number(session: Session, definition_id: UUID) -> int:
    """Return the number of the definition's next file; it is taken when the transaction commits."""
    return int((await session.execute(NEXT_NUMBER, {"definition_id": definition_id})).scalar_one())


async def insert_file(session: Session, run_id: UUID, names: Mapping[str, str | None]) -> Row:
    """Write down the names of a run's file."""
    row = await fetch_row(session, INSERT, {"run_id": run_id, **names})
    assert row is not None
    return row


async def begin_attempt(session: Session, run_id: UUID, shard: int) -> None:
    """Note that a transfer begins."""
    await change_rows(session, BEGIN, {"run_id": run_id})
    await change_rows(session, COUNT_ATTEMPT, {"run_id": run_id, "shard": shard})


async def set_uploaded(session: Session, run_id: UUID, facts: Mapping[str, Any]) -> None:
    """Note that the file lies whole where it goes to: its size, checksum and rows."""
    await change_rows(session, UPLOADED, {"run_id": run_id, **facts})


async def set_lost(session: Session, run_id: UUID) -> None:
    """Note that an upload is not there any more."""
    await change_rows(session, LOST, {"run_id": run_id})


async def set_sent(session: Session, run_id: UUID, shard: int) -> None:
    """Note that the file has its name, and count its rows as sent."""
    await change_rows(session, SENT, {"run_id": run_id})
    await change_rows(session, COUNT_SENT, {"run_id": run_id, "shard": shard})


async def set_controlled(session: Session, run_id: UUID) -> None:
    """Note that the control file was written."""
    await change_rows(session, CONTROLLED, {"run_id": run_id})


async def note_fault(session: Session, run_id: UUID, *, code: str, message: str) -> None:
    """Note what went wrong last."""
    await change_rows(session, NOTE_FAULT, {"run_id": run_id, "code": code, "message": message})


async def end_file(session: Session, run_id: UUID, state: str, *, code: str | None, message: str | None) -> None:
    """End a file that is not sent."""
    await change_rows(session, END, {"run_id": run_id, "state": state, "code": code, "message": message})


async def list_kept(session: Session, run_ids: Sequence[UUID], days: int) -> set[UUID]:
    """Return those of the runs whose files are kept: runs that go on, or ended less than so many days ago."""
    rows = await session.execute(STILL_KEPT, {"run_ids": list(run_ids), "days": days})
    return set(rows.scalars())
