"""Statements on runs: creating, claiming, keeping and ending them.

Leases are read and written by the database's own clock: workers run on many machines, and clocks differ.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from tessera.exports.values import Definition
from tessera.platform.actors import Actor
from tessera.platform.db import Row, Session, change_rows, fetch_row, fetch_rows
from tessera.platform.paging import COUNT_LIMIT

SELECT = """
SELECT r.*, d.internal_name AS definition_name, d.label AS definition_label
  FROM runs r JOIN export_definitions d ON d.id = r.definition_id
 WHERE (cast(:chains AS uuid[]) IS NULL OR r.chain_id = ANY (:chains))
"""

FIND = text(SELECT + " AND r.id = :run_id")

LIST = text(
    SELECT
    + """
   AND (cast(:definition_id AS uuid) IS NULL OR r.definition_id = :definition_id)
   AND (cast(:state AS text) IS NULL OR r.state = :state)
   AND (:search = '' OR strpos(lower(d.label), lower(:search)) > 0
        OR strpos(lower(d.internal_name), lower(:search)) > 0)
 ORDER BY r.created_at DESC, r.id DESC OFFSET :offset LIMIT :limit
"""
)

COUNT = text("""
SELECT count(*) FROM (
  SELECT 1 FROM runs r
   WHERE (cast(:chains AS uuid[]) IS NULL OR r.chain_id = ANY (:chains))
     AND (cast(:definition_id AS uuid) IS NULL OR r.definition_id = :definition_id)
     AND (cast(:state AS text) IS NULL OR r.state = :state)
     AND (:search = '' OR r.definition_id IN (
            SELECT id FROM export_definitions
             WHERE strpos(lower(label), lower(:search)) > 0 OR strpos(lower(internal_name), lower(:search)) > 0))
   LIMIT :most) AS counted
""")

INSERT = text("""
INSERT INTO runs (id, chain_id, definition_id, trigger, started_by, started_by_kind, started_by_id, snapshot)
VALUES (:id, :chain_id, :definition_id, :trigger, :actor, :actor_kind, :actor_id, cast(:snapshot AS jsonb))
ON CONFLICT (definition_id) WHERE state IN ('pending', 'running') DO NOTHING
""")

REQUEST_CANCEL = text("""
UPDATE runs SET cancel_requested = true WHERE id = :run_id AND state IN ('pending', 'running')
""")

CLAIM = text("""
UPDATE runs
   SET state = 'running', worker = :worker, epoch = epoch + 1, started_at = coalesce(started_at, now()),
       lease_until = now() + make_interval(secs => :lease)
 WHERE id = :run_id AND state IN ('pending', 'running') AND (lease_until IS NULL OR lease_until < now())
RETURNING *, now() AS claimed_at
""")

LEASE = text("""
SELECT extract(epoch FROM lease_until - now()) FROM runs WHERE id = :run_id AND state IN ('pending', 'running')
""")

RENEW = text("""
UPDATE runs SET lease_until = now() + make_interval(secs => :lease)
 WHERE id = :run_id AND epoch = :epoch AND state = 'running'
RETURNING cancel_requested
""")

RELEASE = text("""
UPDATE runs SET lease_until = now() WHERE id = :run_id AND epoch = :epoch AND state = 'running'
""")

SET_SELECTED = text("""
UPDATE runs SET selected = :selected WHERE id = :run_id AND epoch = :epoch AND state = 'running' AND selected IS NULL
""")

LOCK = text("SELECT 1 FROM runs WHERE id = :run_id AND epoch = :epoch AND state = 'running' FOR UPDATE")

FINISH = text("""
UPDATE runs
   SET state = CASE WHEN :state = 'completed' AND failed + :unsure > 0 THEN 'completed_with_errors' ELSE :state END,
       finished_at = now(), lease_until = NULL, error_code = :code, error = :message,
       selected = coalesce(selected, 0), failed = failed + :unsure,
       skipped = coalesce(selected, 0) - sent - unchanged - failed - :unsure
 WHERE id = :run_id AND epoch = :epoch AND state = 'running'
RETURNING *
""")

ADD_MOMENT = text("INSERT INTO run_moments (run_id, at, kind, message) VALUES (:run_id, now(), :kind, :message)")

STALLED = text("""
SELECT id FROM runs
 WHERE state IN ('pending', 'running')
   AND coalesce(lease_until, created_at) < now() - make_interval(secs => :seconds)
 ORDER BY created_at LIMIT 100
""")

WITH_OLD_LOG = text("""
SELECT id FROM runs r
 WHERE finished_at < now() - make_interval(days => :days) AND EXISTS (SELECT 1 FROM run_rows WHERE run_id = r.id)
 ORDER BY finished_at LIMIT :most
""")

LAST_SUCCESS = text("""
SELECT max(started_at) FROM runs WHERE definition_id = :definition_id AND state = 'completed'
""")

# A definition's last good run stays: its queries may ask when that was.
OLD = text("""
SELECT id FROM runs r
 WHERE finished_at < now() - make_interval(days => :days)
   AND (state <> 'completed' OR EXISTS (
     SELECT 1 FROM runs AS later
      WHERE later.definition_id = r.definition_id AND later.state = 'completed' AND later.started_at > r.started_at))
 ORDER BY finished_at LIMIT :most
""")

FORGET_LOG = [
    # A run can have ten million rows: some at a time, found by the place where they lie.
    text(
        f"DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE run_id = :run_id LIMIT :most))"  # noqa: S608 - names from the line below
    )
    for table in ("run_requests", "run_attempts", "run_excerpts", "run_row_errors", "run_rows")
]

FORGET = text("DELETE FROM runs WHERE id = :run_id")


async def insert_run(
    session: Session,
    *,
    run_id: UUID,
    definition: Definition,
    trigger: str,
    actor: Actor,
    snapshot: Mapping[str, Any],
) -> bool:
    """Write a pending run; False means that the definition has an active one."""
    parameters = {
        "id": run_id,
        "chain_id": definition.chain_id,
        "definition_id": definition.id,
        "trigger": trigger,
        **actor.signature,
        "snapshot": msgspec.json.encode(snapshot).decode(),
    }
    return await change_rows(session, INSERT, parameters) == 1


async def find_run(session: Session, run_id: UUID, *, chains: Sequence[UUID] | None) -> Row | None:
    """Return the run, if one of the chains has it."""
    return await fetch_row(session, FIND, {"run_id": run_id, "chains": chains})


async def list_runs(
    session: Session,
    *,
    chains: Sequence[UUID] | None,
    definition_id: UUID | None,
    state: str | None,
    search: str,
    offset: int,
    limit: int,
) -> tuple[list[Row], int]:
    """Return one page, newest first, and the count up to its limit."""
    scope = {"chains": chains, "definition_id": definition_id, "state": state, "search": search}
    rows = await fetch_rows(session, LIST, scope | {"offset": offset, "limit": limit})
    total = (await session.execute(COUNT, scope | {"most": COUNT_LIMIT + 1})).scalar_one()
    return rows, total


async def request_cancel(session: Session, run_id: UUID) -> bool:
    """Mark an active run for cancelling; False means that it has ended."""
    return await change_rows(session, REQUEST_CANCEL, {"run_id": run_id}) == 1


async def claim_run(session: Session, run_id: UUID, *, worker: str, lease: float) -> Row | None:
    """Take the run for `lease` seconds if it is free; None means that it has ended or is held."""
    parameters = {"run_id": run_id, "worker": worker, "lease": lease}
    return await fetch_row(session, CLAIM, parameters)


async def find_lease(session: Session, run_id: UUID) -> float | None:
    """Return for how many seconds the active run is still held; None when it has ended or is free."""
    seconds = (await session.execute(LEASE, {"run_id": run_id})).scalar()
    return None if seconds is None else float(seconds)


async def renew_lease(session: Session, run_id: UUID, epoch: int, lease: float) -> bool | None:
    """Hold the run for `lease` more seconds; return whether its end was asked for, None when the lease is lost."""
    parameters = {"run_id": run_id, "epoch": epoch, "lease": lease}
    return (await session.execute(RENEW, parameters)).scalar()


async def release_lease(session: Session, run_id: UUID, epoch: int) -> None:
    """Let another worker take the run at once."""
    await session.execute(RELEASE, {"run_id": run_id, "epoch": epoch})


async def set_selected(session: Session, run_id: UUID, epoch: int, selected: int) -> bool:
    """Write down how many rows the spool holds; False means that the lease is lost."""
    parameters = {"run_id": run_id, "epoch": epoch, "selected": selected}
    return await change_rows(session, SET_SELECTED, parameters) == 1


async def find_last_success(session: Session, definition_id: UUID) -> datetime | None:
    """Return when the definition's last run that completed without errors started; None before the first."""
    return (await session.execute(LAST_SUCCESS, {"definition_id": definition_id})).scalar()


async def lock_run(session: Session, run_id: UUID, epoch: int) -> bool:
    """Keep others from changing the run until the transaction ends; False means that the lease is lost."""
    return (await session.execute(LOCK, {"run_id": run_id, "epoch": epoch})).scalar() is not None


async def finish_run(
    session: Session, run_id: UUID, epoch: int, *, state: str, code: str | None, message: str | None, unsure: int
) -> Row:
    """End the locked run: `unsure` more rows have failed, and those without an outcome are skipped."""
    parameters = {"run_id": run_id, "epoch": epoch, "state": state, "code": code, "message": message, "unsure": unsure}
    ended = await fetch_row(session, FINISH, parameters)
    assert ended is not None
    return ended


async def add_moment(session: Session, run_id: UUID, kind: str, message: str) -> None:
    """Add a line to the run's time line."""
    await session.execute(ADD_MOMENT, {"run_id": run_id, "kind": kind, "message": message})


async def list_stalled_runs(session: Session, seconds: float) -> list[UUID]:
    """Return active runs that no worker has held for that long, oldest first, at most 100."""
    return list((await session.execute(STALLED, {"seconds": seconds})).scalars())


async def list_runs_with_old_log(session: Session, days: int, *, most: int) -> list[UUID]:
    """Return ended runs whose log is older than that, oldest first."""
    return list((await session.execute(WITH_OLD_LOG, {"days": days, "most": most})).scalars())


async def list_old_runs(session: Session, days: int, *, most: int) -> list[UUID]:
    """Return runs that ended longer ago than that, oldest first, without the last good one of each definition."""
    return list((await session.execute(OLD, {"days": days, "most": most})).scalars())


async def forget_log(session: Session, run_id: UUID, *, most: int) -> bool:
    """Delete some of the run's rows, requests, attempts, excerpts and row errors; False when none are left.

    Its counts and time line stay.
    """
    for statement in FORGET_LOG:
        if await change_rows(session, statement, {"run_id": run_id, "most": most}):
            return True
    return False


async def forget_run(session: Session, run_id: UUID) -> None:
    """Delete the run and its time line."""
    await session.execute(FORGET, {"run_id": run_id})
