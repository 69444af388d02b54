"""Statements on shards: making, claiming, keeping and ending them.

Leases are read and written by the database's own clock: workers run on many machines, and clocks differ.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Row, Session, change_rows, fetch_row, fetch_rows

INSERT = text("INSERT INTO run_shards (run_id, shard) SELECT unnest(cast(:run_ids AS uuid[])), 0")

SPREAD = text("""
INSERT INTO run_shards (run_id, shard, first_row, last_row, planned_row)
SELECT :run_id, shard, first_row, last_row, first_row - 1
  FROM unnest(cast(:shards AS integer[]), cast(:first_rows AS integer[]), cast(:last_rows AS integer[]))
    AS spread (shard, first_row, last_row)
ON CONFLICT (run_id, shard) DO UPDATE
   SET first_row = excluded.first_row, last_row = excluded.last_row, planned_row = excluded.planned_row
""")

SET_PLANNED = text("UPDATE run_shards SET planned_row = :row WHERE run_id = :run_id AND shard = :shard")

# The run is locked first, as by those who end it and then its shards: in another order they could wait for each other.
CLAIM = text("""
UPDATE run_shards s
   SET worker = :worker, epoch = s.epoch + 1, lease_until = now() + make_interval(secs => :lease)
  FROM run_shards before
 WHERE s.run_id = :run_id AND s.shard = :shard AND s.finished_at IS NULL
   AND (s.lease_until IS NULL OR s.lease_until < now())
   AND before.run_id = s.run_id AND before.shard = s.shard
RETURNING s.*, before.worker IS NOT NULL AS taken_over
""")

LEASE = text("""
SELECT extract(epoch FROM s.lease_until - now())
  FROM run_shards s JOIN runs r ON r.id = s.run_id
 WHERE s.run_id = :run_id AND s.shard = :shard AND s.finished_at IS NULL AND r.state IN ('pending', 'running')
""")

RENEW = text("""
UPDATE run_shards s SET lease_until = now() + make_interval(secs => :lease)
  FROM runs r
 WHERE s.run_id = :run_id AND s.shard = :shard AND s.epoch = :epoch AND s.finished_at IS NULL
   AND r.id = s.run_id AND r.state = 'running'
RETURNING r.cancel_requested, r.ending, r.error_code, r.error
""")

RELEASE = text("""
UPDATE run_shards SET lease_until = now() WHERE run_id = :run_id AND shard = :shard AND epoch = :epoch
""")

VACATE = text("""
UPDATE run_shards SET lease_until = NULL, worker = NULL WHERE run_id = :run_id AND shard = :shard AND epoch = :epoch
""")

LOCK = text("""
SELECT 1 FROM run_shards WHERE run_id = :run_id AND shard = :shard AND epoch = :epoch AND finished_at IS NULL FOR UPDATE
""")

FINISH = text("""
UPDATE run_shards SET finished_at = now(), lease_until = NULL WHERE run_id = :run_id AND shard = :shard
""")

FINISH_ALL = text("""
UPDATE run_shards SET finished_at = now(), lease_until = NULL WHERE run_id = :run_id AND finished_at IS NULL
""")

ROWS = text("""
SELECT s.shard, s.first_row, s.last_row, s.planned_row, r.selected
  FROM run_shards s JOIN runs r ON r.id = s.run_id WHERE s.run_id = :run_id ORDER BY s.shard
""")

LAST_ROW = text("SELECT coalesce(max(last_row), 0) FROM run_shards WHERE run_id = :run_id")

OPEN = text("SELECT shard FROM run_shards WHERE run_id = :run_id AND finished_at IS NULL ORDER BY shard")

# Those that a worker had come first: of the others, a thousand may wait for their turn.
STALLED = text("""
SELECT s.run_id, s.shard, r.queue FROM run_shards s JOIN runs r ON r.id = s.run_id
 WHERE s.finished_at IS NULL AND r.state IN ('pending', 'running')
   AND coalesce(s.lease_until, s.created_at) < now() - make_interval(secs => :seconds)
   AND (s.shard = 0 OR r.selected IS NOT NULL)
 ORDER BY s.lease_until IS NULL, s.created_at LIMIT 100
""")


async def insert_shards(session: Session, run_ids: Collection[UUID]) -> None:
    """Write the first shard of each run, which selects for all."""
    await session.execute(INSERT, {"run_ids": list(run_ids)})


async def spread_rows(session: Session, run_id: UUID, ranges: Sequence[tuple[int, int]]) -> None:
    """Give each shard its rows, from the first to the last; new shards are made as needed."""
    parameters = {
        "run_id": run_id,
        "shards": list(range(len(ranges))),
        "first_rows": [first for first, _ in ranges],
        "last_rows": [last for _, last in ranges],
    }
    await session.execute(SPREAD, parameters)


async def set_planned(session: Session, run_id: UUID, shard: int, row: int) -> None:
    """Note that the rows up to this one are in requests already."""
    await session.execute(SET_PLANNED, {"run_id": run_id, "shard": shard, "row": row})


async def claim_shard(session: Session, run_id: UUID, shard: int, *, worker: str, lease: float) -> Row | None:
    """Take the shard for `lease` seconds if it is free; None means that it has ended or is held, or its run is."""
    parameters = {"run_id": run_id, "shard": shard, "worker": worker, "lease": lease}
    return await fetch_row(session, CLAIM, parameters)


async def find_lease(session: Session, run_id: UUID, shard: int) -> float | None:
    """Return for how many seconds the shard of an active run is still held; None when it has ended or is free."""
    seconds = (await session.execute(LEASE, {"run_id": run_id, "shard": shard})).scalar()
    return None if seconds is None else float(seconds)


async def renew_lease(session: Session, run_id: UUID, shard: int, epoch: int, *, lease: float) -> Row | None:
    """Hold the shard for `lease` more seconds; return whether and how the run should end, None when it is lost."""
    parameters = {"run_id": run_id, "shard": shard, "epoch": epoch, "lease": lease}
    return await fetch_row(session, RENEW, parameters)


async def release_lease(session: Session, run_id: UUID, shard: int, epoch: int) -> None:
    """Let another worker take the shard at once."""
    await session.execute(RELEASE, {"run_id": run_id, "shard": shard, "epoch": epoch})


async def vacate_shard(session: Session, run_id: UUID, shard: int, epoch: int) -> None:
    """Leave the shard of a held run without a worker, so that nothing is taken over when the run is released."""
    await session.execute(VACATE, {"run_id": run_id, "shard": shard, "epoch": epoch})


async def lock_shard(session: Session, run_id: UUID, shard: int, epoch: int) -> bool:
    """Keep others from changing the shard until the transaction ends; False means that the lease is lost."""
    parameters = {"run_id": run_id, "shard": shard, "epoch": epoch}
    return (await session.execute(LOCK, parameters)).scalar() is not None


async def finish_shard(session: Session, run_id: UUID, shard: int) -> bool:
    """End the locked shard; return whether it was the last one of its run, which the caller has locked."""
    await change_rows(session, FINISH, {"run_id": run_id, "shard": shard})
    return not list((await session.execute(OPEN, {"run_id": run_id})).scalars())


async def finish_all(session: Session, run_id: UUID) -> None:
    """End every shard of a run that selected nothing."""
    await session.execute(FINISH_ALL, {"run_id": run_id})


async def find_rows(session: Session, run_id: UUID) -> list[Row]:
    """Return which rows each shard has, and how many the run selected."""
    return await fetch_rows(session, ROWS, {"run_id": run_id})


async def find_last_row(session: Session, run_id: UUID) -> int:
    """Return the last row that any shard has."""
    return int((await session.execute(LAST_ROW, {"run_id": run_id})).scalar_one())


async def list_open_shards(session: Session, run_id: UUID) -> list[int]:
    """Return the shards of the run that have not ended."""
    return list((await session.execute(OPEN, {"run_id": run_id})).scalars())


async def list_stalled_shards(session: Session, seconds: float) -> list[Row]:
    """Return run, shard and queue of what no worker has held for that long, oldest first, at most 100."""
    return await fetch_rows(session, STALLED, {"seconds": seconds})
