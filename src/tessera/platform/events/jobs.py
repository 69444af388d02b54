"""What a worker does for the feed of events."""

from tessera.platform.events.retention import purge_events
from tessera.platform.jobs import HOURLY, BackgroundWork, Chore
from tessera.platform.resources import Resources


def background_work(resources: Resources) -> BackgroundWork:
    """Drop the months whose events are past their days, and make those ahead."""
    days = resources.settings.event_days
    return BackgroundWork(
        chores=[
            Chore(
                "events.purge_events",
                HOURLY,
                lambda: purge_events(resources.database, days=days, now=resources.clock()),
            )
        ]
    )
