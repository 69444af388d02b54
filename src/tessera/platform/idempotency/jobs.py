"""What a worker does for kept answers."""

from functools import partial

from tessera.platform.db import change_in_batches
from tessera.platform.idempotency.answers import MOST, purge_answers
from tessera.platform.jobs import HOURLY, BackgroundWork, Chore
from tessera.platform.resources import Resources


def background_work(resources: Resources) -> BackgroundWork:
    """Delete kept answers past their day."""
    return BackgroundWork(
        chores=[
            Chore(
                "idempotency.purge_answers",
                HOURLY,
                lambda: change_in_batches(resources.database, partial(purge_answers, now=resources.clock()), most=MOST),
            )
        ]
    )
