"""What a worker does for notifications."""

from functools import partial

from tessera.notifications.dispatcher import Dispatcher
from tessera.notifications.retention import purge_deliveries
from tessera.platform.http import OutboundClient
from tessera.platform.jobs import EVERY_SECOND, HOURLY, BackgroundWork, Chore
from tessera.platform.resources import Resources


def background_work(resources: Resources, client: OutboundClient) -> BackgroundWork:
    """Make deliveries of new events, send what is due, and delete what was settled long ago."""
    dispatcher = Dispatcher(resources, client)
    return BackgroundWork(
        chores=[
            Chore("notifications.dispatch_events", EVERY_SECOND, dispatcher.dispatch, needed=dispatcher.is_behind),
            Chore("notifications.send_due", EVERY_SECOND, dispatcher.send_due, needed=dispatcher.has_due),
            Chore("notifications.purge_deliveries", HOURLY, partial(purge_deliveries, resources)),
        ],
        start=dispatcher.start,
        stop=dispatcher.stop,
        finish=dispatcher.finish,
    )
