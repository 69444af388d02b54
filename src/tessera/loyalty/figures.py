"""The figures of each day: members, points, enrolments, by chain and program."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from tessera.access.chains import require_chain
from tessera.loyalty.store import figures as store
from tessera.loyalty.values.figures import DailyFigures
from tessera.platform.actors import Actor
from tessera.platform.db import Database, Session, change_in_batches

BATCH = 10_000
MOST_DAYS = 3_660
# Figures show no person: a user who sees a part of loyalty sees them.
SEEING = ("members:read", "points:read", "programs:read")


async def list_daily_figures(
    session: Session, actor: Actor, chain_id: UUID, days: int = 30, *, now: datetime, program_id: UUID | None = None
) -> list[DailyFigures]:
    """Return the figures of the latest days, oldest first, today among them; nothing while the past is being counted.

    Days end in UTC. A program that is none of the chain's has nothing on any day.
    """
    require_chain(actor, chain_id)
    if not any(actor.may(permission) for permission in SEEING):
        actor.require(SEEING[0])
    if not await store.is_counted(session, chain_id):
        return []
    today = now.astimezone(UTC).date()
    first = today - timedelta(days=min(max(days, 1), MOST_DAYS) - 1)
    found = await store.select_days(session, chain_id, program_id=program_id, since=first, until=today)
    nothing = (0,) * len(store.COLUMNS)
    members, points, *_ = found.get(None, nothing)
    lines = []
    for number in range((today - first).days + 1):
        day = first + timedelta(days=number)
        more_members, more_points, *flows = found.get(day, nothing)
        members, points = members + more_members, points + more_points
        lines.append(DailyFigures(day, members, points, *flows))
    return lines


async def count_figures(database: Database) -> int:
    """Count the past of chains that are not counted, then add up what changed; return how many changes there were.

    A chain is counted in one look that locks nothing. Where another worker is quicker, this one begins again later.
    """
    while await count_chain(database):
        pass
    return await change_in_batches(database, store.fold_changes, most=BATCH)


async def count_chain(database: Database) -> bool:
    """Count the past of one chain; say whether there was one."""
    async with database.session() as session:
        chain_id = await store.find_uncounted(session)
        if chain_id is not None:
            await store.recount(session, chain_id)
            await store.mark_counted(session, chain_id)
    return chain_id is not None
