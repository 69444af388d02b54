"""What a worker does for loyalty."""

from functools import partial

from tessera.loyalty.erasure import clear_deleted_records
from tessera.loyalty.figures import count_figures
from tessera.loyalty.points.expiry import expire_due_points
from tessera.platform.jobs import HOURLY, BackgroundWork, Chore
from tessera.platform.resources import Resources

EXPIRE_SECONDS = 60.0
# Pages add what is not summed up yet: more often spares them work, and nothing else.
COUNT_SECONDS = 20.0


def background_work(resources: Resources) -> BackgroundWork:
    """Let points leave that are over, add up the figures of each day, and clear records deleted long ago."""
    database, clock, days = resources.database, resources.clock, resources.settings.deleted_record_days
    return BackgroundWork(
        chores=[
            Chore("loyalty.expire_points", EXPIRE_SECONDS, partial(expire_due_points, database, clock)),
            Chore("loyalty.count_figures", COUNT_SECONDS, partial(count_figures, database)),
            Chore(
                "loyalty.clear_deleted_records",
                HOURLY,
                lambda: clear_deleted_records(database, days=days, now=clock()),
            ),
        ]
    )
