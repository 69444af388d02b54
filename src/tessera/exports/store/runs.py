"""Statements on runs: creating, finding, holding and ending them.

Leases are read and written by the database's own clock: workers run on many machines, and clocks differ.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from tessera.platform.actors import Actor
from tessera.platform.db import Row, Session, change_rows, fetch_row, fetch_rows
from tessera.platform.paging import COUNT_LIMIT

# While a run is active, the counts of its shards come on top of its own.
SELECT = """
SELECT r.*, d.internal_name AS definition_name, d.label AS definition_label,
       r.sent + coalesce(s.sent, 0) AS sent, r.failed + coalesce(s.failed, 0) AS failed,
       r.requests + coalesce(s.requests, 0) AS requests, r.attempts + coalesce(s.attempts, 0) AS attempts,
       r.bytes + coalesce(s.bytes, 0) AS bytes,
       n.document ->> 'kind' AS kind, n.document ->> 'profile' AS profile,
       cast(n.document ->> 'personal' AS boolean) AS personal,
       ARRAY(SELECT value ->> 'name' FROM jsonb_array_elements(n.document -> 'query' -> 'columns')) AS columns
  FROM runs r JOIN export_definitions d ON d.id = r.definition_id JOIN run_snapshots n ON n.id = r.snapshot_id
  LEFT JOIN LATERAL (
    SELECT cast(sum(sent) AS bigint) AS sent, cast(sum(failed) AS bigint) AS failed,
           cast(sum(requests) AS integer) AS requests, cast(sum(attempts) AS integer) AS attempts,
           cast(sum(bytes) AS bigint) AS bytes
      FROM run_shards WHERE run_id = r.id AND r.finished_at IS NULL) AS s ON true
 WHERE (cast(:chains AS uuid[]) IS NULL OR r.chain_id = ANY (:chains))
"""

FIND = text(SELECT + " AND r.id = :run_id")

NEWEST = "SELECT id FROM runs WHERE definition_id = wanted ORDER BY created_at DESC, id DESC LIMIT 1"
LAST = text(f"{SELECT} AND r.id IN (SELECT ({NEWEST}) FROM unnest(cast(:definitions AS uuid[])) AS wanted)")  # noqa: S608 - our own constants

LIST = text(
    SELECT
    + """
   AND (cast(:definition_id AS uuid) IS NULL OR r.definition_id = :definition_id)
   AND (cast(:state AS text) IS NULL OR r.state = :state)
   AND (cast(:trigger AS text) IS NULL OR r.trigger = :trigger)
   AND (cast(:parent_id AS uuid) IS NULL OR r.parent_id = :parent_id)
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
     AND (cast(:trigger AS text) IS NULL OR r.trigger = :trigger)
     AND (cast(:parent_id AS uuid) IS NULL OR r.parent_id = :parent_id)
     AND (:search = '' OR r.definition_id IN (
            SELECT id FROM export_definitions
             WHERE strpos(lower(label), lower(:search)) > 0 OR strpos(lower(internal_name), lower(:search)) > 0))
   LIMIT :most) AS counted
""")

# Of several runs of one definition, or for one moment, the first counts.
INSERT = text("""
INSERT INTO runs (id, chain_id, definition_id, snapshot_id, parent_id, trigger, queue, scheduled_for, period_from,
                  period_to, resent, full_refresh, started_by, started_by_kind, started_by_id)
SELECT id, chain_id, definition_id, snapshot_id, parent_id, trigger, queue, scheduled_for, period_from, period_to,
       resent, coalesce(full_refresh, false), actor, actor_kind, actor_id
  FROM jsonb_to_recordset(cast(:runs AS jsonb)) AS new (
       id uuid, chain_id uuid, definition_id uuid, snapshot_id uuid, parent_id uuid, trigger text, queue text,
       scheduled_for timestamptz, period_from timestamptz, period_to timestamptz, resent jsonb, full_refresh boolean,
       actor text, actor_kind text, actor_id uuid)
ON CONFLICT DO NOTHING
RETURNING id
""")

ACTIVE_OF = text("""
SELECT definition_id FROM runs
 WHERE definition_id = ANY (:ids) AND state IN ('pending', 'running', 'held')
""")

REQUEST_CANCEL = text("""
UPDATE runs SET cancel_requested = true WHERE id = :run_id AND state IN ('pending', 'running', 'held')
RETURNING state
""")

START = text("""
UPDATE runs
   SET state = 'running', worker = :worker, started_at = coalesce(started_at, now()),
       take_overs = take_overs + :taken_over
 WHERE id = :run_id AND state IN ('pending', 'running')
RETURNING *, now() AS claimed_at, (SELECT document FROM run_snapshots WHERE id = snapshot_id) AS snapshot
""")

HOLD = text("UPDATE runs SET state = 'held', held_at = now() WHERE id = :run_id AND state = 'running' RETURNING *")

KEEP_FINDINGS = text("UPDATE runs SET findings = cast(:findings AS jsonb) WHERE id = :run_id")

RELEASE = text("""
UPDATE runs SET state = 'pending', released_at = now(), released_by = :actor, held_at = NULL
 WHERE id = :run_id AND state = 'held'
""")

SET_SELECTED = text("""
UPDATE runs SET selected = :selected, removed = :removed, unchanged = :unchanged
 WHERE id = :run_id AND state = 'running'
""")

WISH_END = text("""
UPDATE runs SET ending = :state, error_code = :code, error = :message
 WHERE id = :run_id AND state = 'running' AND ending IS NULL
""")

LOCK = text("""
SELECT *, (SELECT document FROM run_snapshots WHERE id = snapshot_id) AS snapshot
  FROM runs WHERE id = :run_id AND state IN ('pending', 'running', 'held') FOR UPDATE
""")

# A run that was to send something, and of which nothing arrived, has failed.
FINISH = text("""
UPDATE runs r
   SET state = CASE
         WHEN :state <> 'completed' OR r.failed + s.failed = 0 THEN :state
         WHEN r.sent + s.sent = 0 THEN 'failed'
         ELSE 'completed_with_errors' END,
       finished_at = now(), ending = NULL, held_at = NULL, error_code = :code, error = :message,
       selected = coalesce(selected, 0), sent = r.sent + s.sent, failed = r.failed + s.failed,
       requests = r.requests + s.requests, attempts = r.attempts + s.attempts, bytes = r.bytes + s.bytes,
       skipped = coalesce(selected, 0) + removed - r.sent - s.sent - r.unchanged - r.failed - s.failed
  FROM (SELECT coalesce(sum(sent), 0) AS sent, coalesce(sum(failed), 0) AS failed,
               coalesce(sum(requests), 0) AS requests, coalesce(sum(attempts), 0) AS attempts,
               coalesce(sum(bytes), 0) AS bytes
          FROM run_shards WHERE run_id = :run_id) AS s
 WHERE r.id = :run_id AND r.state IN ('pending', 'running', 'held')
RETURNING r.*
""")

NAME_FAILURE = text("""
UPDATE runs SET error_code = 'nothing_arrived', error = :message
 WHERE id = :run_id AND state = 'failed' AND error_code IS NULL
RETURNING *
""")

ADD_MOMENT = text("INSERT INTO run_moments (run_id, at, kind, message) VALUES (:run_id, now(), :kind, :message)")

HELD_TOO_LONG = text("""
SELECT id FROM runs WHERE state = 'held' AND held_at < now() - make_interval(days => :days) LIMIT 100
""")

EARLIER = text("""
SELECT selected FROM runs
 WHERE definition_id = :definition_id AND state IN ('completed', 'completed_with_errors')
   AND parent_id IS NULL AND trigger <> 'test'
 ORDER BY created_at DESC LIMIT :most
""")

FIND_ORIGIN = text("SELECT id, created_at, started_at FROM runs WHERE id = :run_id")
LIST_ORIGINS = text("""
WITH RECURSIVE origins AS (
  SELECT id, started_at, parent_id, 1 AS distance FROM runs WHERE id = :run_id
  UNION ALL
  SELECT r.id, r.started_at, r.parent_id, distance + 1 FROM runs r JOIN origins o ON o.parent_id = r.id
)
SELECT id, started_at FROM origins ORDER BY distance
""")
FIND_SNAPSHOT = text("""
SELECT n.document FROM runs r JOIN run_snapshots n ON n.id = r.snapshot_id WHERE r.id = :run_id
""")
FIND_QUEUE = text("SELECT queue FROM runs WHERE id = :run_id")

LAST_SUCCESS = text("""
SELECT max(coalesce(scheduled_for, started_at)) FROM runs
 WHERE definition_id = :definition_id AND state = 'completed' AND parent_id IS NULL AND trigger <> 'test'
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

FORGET = text("DELETE FROM runs WHERE id = ANY (:run_ids)")
FORGET_SNAPSHOTS = text("""
DELETE FROM run_snapshots n
 WHERE created_at < now() - make_interval(days => :days) AND NOT EXISTS (SELECT 1 FROM runs WHERE snapshot_id = n.id)
""")
DROP_LOG = text("SELECT drop_run_log(now() - make_interval(days => :days))")


async def insert_runs(session: Session, runs: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Write pending runs and return the ids of those that are new.

    A definition has one active run at most, and one for each scheduled moment.
    """
    if not runs:
        return set()
    parameters = {"runs": msgspec.json.encode(runs).decode()}
    return set((await session.execute(INSERT, parameters)).scalars())


async def list_active_definitions(session: Session, definition_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of the definitions that have an active run."""
    return set((await session.execute(ACTIVE_OF, {"ids": list(definition_ids)})).scalars())


async def find_run(session: Session, run_id: UUID, *, chains: Sequence[UUID] | None) -> Row | None:
    """Return the run, if one of the chains has it."""
    return await fetch_row(session, FIND, {"run_id": run_id, "chains": chains})


async def list_runs(session: Session, scope: Mapping[str, Any], *, offset: int, limit: int) -> tuple[list[Row], int]:
    """Return one page, newest first, and the count up to its limit."""
    rows = await fetch_rows(session, LIST, {**scope, "offset": offset, "limit": limit})
    total = (await session.execute(COUNT, {**scope, "most": COUNT_LIMIT + 1})).scalar_one()
    return rows, total


async def list_last_runs(session: Session, definitions: Sequence[UUID], *, chains: Sequence[UUID] | None) -> list[Row]:
    """Return the newest run of each of the definitions that has one."""
    return await fetch_rows(session, LAST, {"chains": chains, "definitions": list(definitions)})


async def request_cancel(session: Session, run_id: UUID) -> str | None:
    """Mark an active run for cancelling and return its state; None means that it has ended."""
    return (await session.execute(REQUEST_CANCEL, {"run_id": run_id})).scalar()


async def start_run(session: Session, run_id: UUID, *, worker: str, taken_over: bool) -> Row | None:
    """Note that a worker has one of the run's shards; return the run, None if it is not active."""
    parameters = {"run_id": run_id, "worker": worker, "taken_over": int(taken_over)}
    return await fetch_row(session, START, parameters)


async def hold_run(session: Session, run_id: UUID) -> Row | None:
    """Let a running run wait for a person and return it; None means that it is not running any more."""
    return await fetch_row(session, HOLD, {"run_id": run_id})


async def keep_findings(session: Session, run_id: UUID, findings: str) -> None:
    """Note what the gates found, as JSON."""
    await session.execute(KEEP_FINDINGS, {"run_id": run_id, "findings": findings})


async def release_run(session: Session, run_id: UUID, actor: Actor) -> bool:
    """Let a held run go on; False means that it is not held any more."""
    return await change_rows(session, RELEASE, {"run_id": run_id, "actor": actor.name}) == 1


async def set_selected(session: Session, run_id: UUID, *, selected: int, removed: int, unchanged: int) -> bool:
    """Write down what was selected, and how much of it needs no sending; False means that the run is not running."""
    parameters = {
        "run_id": run_id,
        "selected": selected,
        "removed": removed,
        "unchanged": unchanged,
    }
    return await change_rows(session, SET_SELECTED, parameters) == 1


async def wish_end(session: Session, run_id: UUID, *, state: str, code: str | None, message: str | None) -> None:
    """Ask every shard to end early; the first wish counts."""
    await session.execute(WISH_END, {"run_id": run_id, "state": state, "code": code, "message": message})


async def find_last_success(session: Session, definition_id: UUID) -> datetime | None:
    """Return when the definition's last run that completed without errors started; None before the first."""
    return (await session.execute(LAST_SUCCESS, {"definition_id": definition_id})).scalar()


async def list_earlier_selections(session: Session, definition_id: UUID, *, most: int) -> list[int]:
    """Return how many rows the definition's last completed runs selected, newest first."""
    return list((await session.execute(EARLIER, {"definition_id": definition_id, "most": most})).scalars())


async def lock_run(session: Session, run_id: UUID) -> Row | None:
    """Keep others from changing the active run until the transaction ends; return it with its snapshot."""
    return await fetch_row(session, LOCK, {"run_id": run_id})


async def finish_run(session: Session, run_id: UUID, *, state: str, code: str | None, message: str | None) -> Row:
    """End the locked run; its rows without an outcome are skipped."""
    parameters = {"run_id": run_id, "state": state, "code": code, "message": message}
    ended = await fetch_row(session, FINISH, parameters)
    assert ended is not None
    return ended


async def name_failure(session: Session, run_id: UUID, message: str) -> Row:
    """Say why a run failed of which nothing arrived, although it reached its last row; return it."""
    row = await fetch_row(session, NAME_FAILURE, {"run_id": run_id, "message": message})
    assert row is not None
    return row


async def find_origin(session: Session, run_id: UUID) -> Row | None:
    """Return id and moments of the run whose rows another one sends again."""
    return await fetch_row(session, FIND_ORIGIN, {"run_id": run_id})


async def list_origins(session: Session, run_id: UUID) -> list[Row]:
    """Return id and start of the run, of the run whose rows it sent again, and so on."""
    return await fetch_rows(session, LIST_ORIGINS, {"run_id": run_id})


async def find_snapshot(session: Session, run_id: UUID) -> Mapping[str, Any]:
    """Return what the run works from."""
    document: Mapping[str, Any] = (await session.execute(FIND_SNAPSHOT, {"run_id": run_id})).scalar_one()
    return document


async def find_queue(session: Session, run_id: UUID) -> str:
    """Return the queue of the run's jobs."""
    queue: str = (await session.execute(FIND_QUEUE, {"run_id": run_id})).scalar_one()
    return queue


async def add_moment(session: Session, run_id: UUID, kind: str, message: str) -> None:
    """Add a line to the run's time line."""
    await session.execute(ADD_MOMENT, {"run_id": run_id, "kind": kind, "message": message})


async def list_held_too_long(session: Session, days: int) -> list[UUID]:
    """Return runs that have been held for longer than that, at most 100."""
    return list((await session.execute(HELD_TOO_LONG, {"days": days})).scalars())


async def drop_log(session: Session, days: int) -> list[str]:
    """Drop the weeks of the log whose runs are all older than that, and make those ahead; return what went."""
    return list((await session.execute(DROP_LOG, {"days": days})).scalars())


async def list_old_runs(session: Session, days: int, *, most: int) -> list[UUID]:
    """Return runs that ended longer ago than that, oldest first, without the last good one of each definition."""
    return list((await session.execute(OLD, {"days": days, "most": most})).scalars())


async def forget_runs(session: Session, run_ids: Sequence[UUID], *, days: int) -> None:
    """Delete the runs and their time lines, and snapshots that old of which no run is left."""
    await session.execute(FORGET, {"run_ids": list(run_ids)})
    await session.execute(FORGET_SNAPSHOTS, {"days": days})
