"""Points leave when their time is over."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from tessera.loyalty.authorship import profile_of
from tessera.loyalty.events import BALANCE_UPDATED
from tessera.loyalty.store import expiry as store
from tessera.loyalty.values.marks import Mark
from tessera.loyalty.values.memberships import MovementKind
from tessera.platform.actors import Actor, system_actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.clock import Clock
from tessera.platform.db import Database, Session
from tessera.platform.events import Event, record_events

SYSTEM_ACTOR = system_actor("points expiry")


async def expire_points(session: Session, actor: Actor, *, now: datetime, limit: int = 10_000) -> int:
    """Let points of every chain leave that are over, at most `limit` lots' memberships at one go.

    Returns how many memberships lost some. One that is being changed just now is left for the next time.
    """
    places = await store.hold_due_memberships(session, now=now, limit=limit)
    if not places:
        return 0
    mark = Mark(*profile_of(actor), now)
    lines = await store.expire_lots(session, places, source=actor.kind, mark=mark)
    events = [
        Event(
            chain_id,
            BALANCE_UPDATED,
            membership_id,
            {"kind": MovementKind.EXPIRE, "points": points, "balance": balance, "sequence": sequence},
        )
        for chain_id, membership_id, points, balance, sequence in lines
    ]
    await record_events(session, events)
    counts: dict[UUID, list[int]] = defaultdict(list)
    for chain_id, _, points, _, _ in lines:
        counts[chain_id].append(points)
    await record_entries(session, actor, [expiry_entry(chain_id, points) for chain_id, points in counts.items()])
    return len(lines)


def expiry_entry(chain_id: UUID, points: list[int]) -> Entry:
    """Return the audit entry of what left in a chain."""
    name = "1 movement" if len(points) == 1 else f"{len(points)} movements"
    after = {"count": len(points), "memberships": len(points), "points": sum(points)}
    return Entry("expired", "points", None, name, chain_id, after=after)


async def expire_due_points(database: Database, clock: Clock) -> int:
    """Let all points leave that are over, a batch a transaction; return how many memberships lost some."""
    total = 0
    while True:
        async with database.session() as session:
            expired = await expire_points(session, SYSTEM_ACTOR, now=clock())
        total += expired
        if not expired:
            return total
