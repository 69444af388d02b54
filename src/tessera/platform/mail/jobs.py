"""What a worker does for outgoing mail."""

from functools import partial

from tessera.platform.jobs import BackgroundWork
from tessera.platform.mail.outbox import SEND_MAIL, deliver_mail
from tessera.platform.resources import Resources


def background_work(resources: Resources) -> BackgroundWork:
    """Send what was posted."""
    return BackgroundWork(handlers={SEND_MAIL: partial(deliver_mail, resources)})
