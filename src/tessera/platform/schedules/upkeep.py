"""Keeping next moments true when zone data changes, and deleting moments of long ago."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from tessera.platform.calendar import zone_data_version
from tessera.platform.db import Row, Session
from tessera.platform.errors import InvalidError
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
        await schedules.advance(session, [arm_again(row) for row in rows], version=current)
    return len(rows)


def arm_again(row: Row) -> dict[str, Any]:
    """Return the next moment from where it was armed, not from now: what the new rules put into the past is due."""
    found = {name: row[name] for name in ("owner_kind", "owner_id", "next_at", "armed_at")}
    # One whose zone is gone keeps its moment; it is paused when that comes.
    with suppress(InvalidError):
        found["next_at"] = first_moment(read_schedule(row).schedule, row["armed_at"])
    return found


async def purge_moments(session: Session, *, days: int, now: datetime, most: int = MOST) -> int:
    """Delete some of the moments older than so many days; return how many. Fewer than `most` means none is left."""
    return await moments.purge(session, now - timedelta(days=days), most=most)
