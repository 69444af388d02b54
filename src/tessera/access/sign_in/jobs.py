"""What a worker does for sign-in: find out whom a mail is for, and have it sent."""

from functools import partial

from tessera.access.sign_in.admission import NOTIFY_LOCKOUT, notify_lockout
from tessera.access.sign_in.resets import SEND_RESET, send_reset
from tessera.platform.jobs import BackgroundWork
from tessera.platform.resources import Resources


def background_work(resources: Resources) -> BackgroundWork:
    """Mail links for new passwords, and notices of lock-outs."""
    return BackgroundWork(
        handlers={SEND_RESET: partial(send_reset, resources), NOTIFY_LOCKOUT: partial(notify_lockout, resources)}
    )
