"""Statements on the paces of profiles: one row a profile that all workers share, one a worker for its places.

Times are the database's own: workers run on many machines, and clocks differ. A change of a pace locks its row first,
for the few milliseconds of one decision.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.connectors.paces.shares import PaceState, Slice
from tessera.platform.db import Row, Session, change_rows, fetch_row

CHANNEL = "profile_paces"
MAKE = text("""
INSERT INTO profile_paces (profile_id, chain_id) SELECT id, chain_id FROM connection_profiles WHERE id = :profile_id
ON CONFLICT (profile_id) DO NOTHING
""")

LOCK = text("""
SELECT coalesce(extract(epoch FROM next_start), 0)::float8 AS next_start,
       coalesce(extract(epoch FROM held_until), 0)::float8 AS held_until, hold_reason,
       extract(epoch FROM probe_at)::float8 AS probe_at, failed_probes,
       extract(epoch FROM clock_timestamp())::float8 AS now
  FROM profile_paces WHERE profile_id = :profile_id FOR UPDATE
""")

# Taken after the lock, in a statement of its own: what others wrote before it is seen.
SLICES = text("""
SELECT coalesce(jsonb_agg(jsonb_build_array(worker, places, wanted, definitions)), '[]') AS slices,
       extract(epoch FROM clock_timestamp())::float8 AS now
  FROM profile_slices WHERE profile_id = :profile_id AND expires_at > clock_timestamp()
""")

WRITE = text("""
WITH moved AS (
  UPDATE profile_paces SET next_start = to_timestamp(:next_start)
   WHERE profile_id = :profile_id AND next_start IS DISTINCT FROM to_timestamp(:next_start)
), expired AS (
  DELETE FROM profile_slices
   WHERE profile_id = :profile_id AND expires_at <= clock_timestamp() AND worker <> :worker
)
INSERT INTO profile_slices AS held (profile_id, worker, chain_id, places, wanted, definitions, expires_at)
SELECT profile_id, :worker, chain_id, :places, :wanted, :definitions,
       clock_timestamp() + make_interval(secs => :lease)
  FROM profile_paces WHERE profile_id = :profile_id
ON CONFLICT (profile_id, worker) DO UPDATE
   SET places = excluded.places, wanted = excluded.wanted, definitions = excluded.definitions,
       expires_at = excluded.expires_at
""")

LEAVE = text("DELETE FROM profile_slices WHERE profile_id = :profile_id AND worker = :worker")
MOVE = text("""
UPDATE profile_paces SET next_start = to_timestamp(:next_start) WHERE profile_id = :profile_id
""")

HOLD = text("""
UPDATE profile_paces
   SET held_until = clock_timestamp() + make_interval(secs => :seconds), hold_reason = :reason
 WHERE profile_id = :profile_id
   AND coalesce(held_until < clock_timestamp() + make_interval(secs => :seconds), true)
""")

BREAK = text("""
UPDATE profile_paces
   SET probe_at = clock_timestamp() + make_interval(secs => :pause), failed_probes = :failed_probes
 WHERE profile_id = :profile_id
""")

CLOSE = text("UPDATE profile_paces SET probe_at = NULL, failed_probes = 0 WHERE profile_id = :profile_id")

# Won by one worker: the others see a moment to come.
CLAIM_PROBE = text("""
UPDATE profile_paces SET probe_at = clock_timestamp() + make_interval(secs => :seconds)
 WHERE profile_id = :profile_id AND probe_at <= clock_timestamp()
""")

NOTIFY = text("SELECT pg_notify(:channel, :payload)")
# The connection that hears of changes has no transaction.
LISTEN = b"LISTEN " + CHANNEL.encode()

FIND_HOLD = text("""
SELECT date_trunc('second', held_until + interval '1 second') AS until, hold_reason AS reason,
       extract(epoch FROM held_until - clock_timestamp())::float8 AS seconds
  FROM profile_paces
 WHERE profile_id = :profile_id AND held_until > clock_timestamp()
""")


@dataclass(frozen=True, slots=True)
class StoredHold:
    """Until when nobody calls, in whole seconds, and why."""

    until: datetime
    reason: str
    seconds: float


async def lock_pace(session: Session, profile_id: UUID) -> tuple[PaceState, float] | None:
    """Lock what the workers of a profile share and return it; None where the profile is gone."""
    parameters = {"profile_id": profile_id}
    row = await fetch_row(session, LOCK, parameters)
    if row is None:
        await session.execute(MAKE, parameters)
        row = await fetch_row(session, LOCK, parameters)
    return None if row is None else read_state(row)


async def list_slices(session: Session, profile_id: UUID) -> tuple[list[Slice], float]:
    """Return what the living workers hold, and the moment."""
    row = await fetch_row(session, SLICES, {"profile_id": profile_id})
    assert row is not None
    return [Slice(*each) for each in row["slices"]], row["now"]


async def write_slice(session: Session, profile_id: UUID, mine: Slice, state: PaceState, *, lease: float) -> None:
    """Keep a worker's part for the length of a lease, and where the next slice begins."""
    parameters: Mapping[str, Any] = {
        "profile_id": profile_id,
        "worker": mine.worker,
        "places": mine.places,
        "wanted": mine.wanted,
        "definitions": mine.definitions,
        "next_start": state.next_start,
        "lease": lease,
    }
    await session.execute(WRITE, parameters)


async def leave_pace(session: Session, profile_id: UUID, worker: str, state: PaceState) -> None:
    """Give a worker's part back."""
    await session.execute(LEAVE, {"profile_id": profile_id, "worker": worker})
    await session.execute(MOVE, {"profile_id": profile_id, "next_start": state.next_start})


async def hold_profile(session: Session, profile_id: UUID, *, seconds: float, reason: str) -> None:
    """Have nobody call for so long; a hold that lasts longer stays."""
    await session.execute(HOLD, {"profile_id": profile_id, "seconds": seconds, "reason": reason})


async def open_breaker(session: Session, profile_id: UUID, *, pause: float, failed_probes: int) -> None:
    """Have everybody wait until a probe is due."""
    await session.execute(BREAK, {"profile_id": profile_id, "pause": pause, "failed_probes": failed_probes})


async def close_breaker(session: Session, profile_id: UUID) -> None:
    """Let everybody go on: the receiver answers."""
    await session.execute(CLOSE, {"profile_id": profile_id})


async def claim_probe(session: Session, profile_id: UUID, *, seconds: float) -> bool:
    """Take the right to the probe that is due; False means another worker was faster, or none is due."""
    return await change_rows(session, CLAIM_PROBE, {"profile_id": profile_id, "seconds": seconds}) == 1


async def notify_workers(session: Session, profile_id: UUID, worker: str) -> None:
    """Have the other workers ask again, once this transaction has ended."""
    await session.execute(NOTIFY, {"channel": CHANNEL, "payload": f"{profile_id} {worker}"})


async def find_hold(session: Session, profile_id: UUID) -> StoredHold | None:
    """Return until when nobody calls, and why; None where nothing is held."""
    row = await fetch_row(session, FIND_HOLD, {"profile_id": profile_id})
    return None if row is None else StoredHold(**row)


def read_state(row: Row) -> tuple[PaceState, float]:
    """Return a locked row's values, and the moment."""
    return (
        PaceState(
            next_start=row["next_start"],
            held_until=row["held_until"],
            hold_reason=row["hold_reason"],
            probe_at=row["probe_at"],
            failed_probes=row["failed_probes"],
        ),
        row["now"],
    )
