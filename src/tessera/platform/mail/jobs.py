"""What a worker does for outgoing mail."""

from functools import partial

from tessera.platform.jobs import HOURLY, BackgroundWork, Chore
from tessera.platform.mail.outbox import SEND_MAIL, deliver_mail, purge_mails, send_waiting
from tessera.platform.resources import Resources


def background_work(resources: Resources) -> BackgroundWork:
    """Send what was posted, and what waited for a mail server: its settings take effect when a worker starts."""

    async def start() -> None:
        await send_waiting(resources)

    return BackgroundWork(
        handlers={SEND_MAIL: partial(deliver_mail, resources)},
        chores=[Chore("mail.purge_mails", HOURLY, partial(purge_mails, resources))],
        start=start,
    )
