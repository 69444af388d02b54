"""What a worker does for schedules of all kinds. Claiming is the owners' chore: only they can make runs."""

from functools import partial

from tessera.platform.db import change_in_batches
from tessera.platform.jobs import HOURLY, BackgroundWork, Chore
from tessera.platform.resources import Resources
from tessera.platform.schedules.upkeep import MOST, purge_moments, recompute_schedules


def background_work(resources: Resources) -> BackgroundWork:
    """Find moments again after the zone data has changed, and delete moments past their days."""

    async def recompute() -> None:
        await change_in_batches(resources.database, partial(recompute_schedules, now=resources.clock()), most=MOST)

    async def purge() -> None:
        days = resources.settings.schedule_days
        await change_in_batches(resources.database, partial(purge_moments, days=days, now=resources.clock()), most=MOST)

    return BackgroundWork(
        chores=[
            Chore("schedules.recompute_moments", HOURLY, recompute),
            Chore("schedules.purge_moments", HOURLY, purge),
        ],
        # New zone data comes with a new process.
        start=recompute,
    )
