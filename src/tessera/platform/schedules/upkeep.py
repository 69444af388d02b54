"""Keeping next moments true when zone data changes, and deleting moments of long ago."""

from datetime import datetime, timedelta

from tessera.platform.calendar import zone_data_version
from tessera.platform.db import Session
from tessera.platform.schedules.records import first_moment, read_schedule
from tessera.platform.schedules.store import moments, schedules

# In one transaction, so that none is long.
MOST = 2_000


async def recompute_schedules(session: Session, *, now: datetime, most: int = MOST, version: str | None = None) -> int:
    """Find next moments again that came from older zone data; return how many. Fewer than `most` means none is left.

    Workers may have different releases meanwhile: only a newer one replaces what an older one found.
    """
    current = zone_data_version() if version is None else version
    rows = await schedules.lock_outdated(session, current, now, most=most)
    if rows:
        armed = [
            {
                "owner_kind": row["owner_kind"],
                "owner_id": row["owner_id"],
                # From where it was armed, not from now: what the new rules put into the past is due.
                "next_at": first_moment(read_schedule(row).schedule, row["armed_at"]),
                "armed_at": row["armed_at"],
            }
            for row in rows
        ]
        await schedules.advance(session, armed, version=current)
    return len(rows)


async def purge_moments(session: Session, *, days: int, now: datetime, most: int = MOST) -> int:
    """Delete some of the moments older than so many days; return how many. Fewer than `most` means none is left."""
    return await moments.purge(session, now - timedelta(days=days), most=most)
