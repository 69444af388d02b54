"""What a worker does for notifications."""

from functools import partial

from tessera.notifications.dispatcher import Dispatcher
from tessera.notifications.notices.retention import purge_notices
from tessera.notifications.notices.sender import SEND_NOTICE, deliver_notice
from tessera.notifications.retention import purge_deliveries
from tessera.platform.http import OutboundClient
from tessera.platform.jobs import EVERY_SECOND, HOURLY, BackgroundWork, Chore
from tessera.platform.resources import Resources


def background_work(resources: Resources, client: OutboundClient) -> BackgroundWork:
    """Make deliveries of new events, send them and notices when they are due, and delete what is old."""
    dispatcher = Dispatcher(resources, client)
    return BackgroundWork(
        handlers={SEND_NOTICE: partial(deliver_notice, resources, client)},
        chores=[
            Chore("notifications.dispatch_events", EVERY_SECOND, dispatcher.dispatch, needed=dispatcher.is_behind),
            Chore("notifications.send_due", EVERY_SECOND, dispatcher.send_due, needed=dispatcher.has_due),
            Chore("notifications.purge_deliveries", HOURLY, partial(purge_deliveries, resources)),
            Chore("notifications.purge_notices", HOURLY, partial(purge_notices, resources)),
        ],
        start=dispatcher.start,
        stop=dispatcher.stop,
        finish=dispatcher.finish,
    )
