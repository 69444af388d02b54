"""What a worker does for messages that came in."""

from functools import partial

from tessera.inbound.application import apply_due
from tessera.inbound.retention import purge_messages
from tessera.platform.jobs import EVERY_SECOND, HOURLY, BackgroundWork, Chore
from tessera.platform.resources import Resources


def background_work(resources: Resources) -> BackgroundWork:
    """Apply messages that wait, and delete those past their days."""
    return BackgroundWork(
        chores=[
            Chore("inbound.apply_messages", EVERY_SECOND, partial(apply_due, resources)),
            Chore("inbound.purge_messages", HOURLY, partial(purge_messages, resources)),
        ]
    )
