"""Runs that did not begin or end by the deadlines of their schedules: each is told once."""

from tessera.exports.announcements import announce_overdue
from tessera.exports.definitions import KIND
from tessera.platform import schedules
from tessera.platform.resources import Resources

OVERDUE_SECONDS = 15.0


async def report_overdue(resources: Resources) -> int:
    """Tell of deadlines that passed since the last time; return how many."""
    async with resources.database.session() as session:
        overdue = await schedules.list_overdue(session, KIND, resources.clock())
        if overdue:
            await announce_overdue(session, resources, overdue)
    return len(overdue)
