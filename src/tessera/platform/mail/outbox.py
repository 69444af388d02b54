"""The outbox: messages wait in the job queue, sealed, because they hold links that grant access."""

import logging
from collections.abc import Sequence
from dataclasses import asdict

import msgspec

from tessera.platform.db import Session
from tessera.platform.jobs import Job
from tessera.platform.mail.errors import MailInvalidError, MailRefusedError
from tessera.platform.mail.messages import MailMessage, make_message, make_message_id, parse_address
from tessera.platform.mail.smtp import require_sender, send_message
from tessera.platform.resources import Resources
from tessera.platform.settings import Settings

logger = logging.getLogger(__name__)

# With doubling waits the last try comes more than two hours after the first.
SEND_MAIL = Job("mail.send", retries=12)
PURPOSE = "mail.send"


class Posted(msgspec.Struct):
    """A letter on its way, and the name by which a mailbox knows it when it comes twice."""

    letter: MailMessage
    message_id: str


def is_mail_on(settings: Settings) -> bool:
    """Say whether this deployment sends mail."""
    return bool(settings.mail_host and settings.mail_from)


async def send_mail(session: Session, resources: Resources, letters: Sequence[MailMessage]) -> None:
    """Let the worker send these letters if the caller's transaction commits."""
    sender = require_sender(resources.settings)
    for letter in letters:
        parse_address(letter.to)
        posted = {"letter": asdict(letter), "message_id": make_message_id(sender)}
        sealed = resources.keys.seal(msgspec.json.encode(posted).decode(), PURPOSE)
        await resources.jobs.defer(session, SEND_MAIL, sealed=sealed)


async def deliver_mail(resources: Resources, sealed: str) -> None:
    """Send what was posted. What the server refuses for good is dropped; anything else raises, to be tried again."""
    sender = require_sender(resources.settings)
    posted = msgspec.json.decode(resources.keys.open(sealed, PURPOSE).reveal(), type=Posted)
    try:
        message = make_message(posted.letter, sender=sender, message_id=posted.message_id, now=resources.clock())
        await send_message(resources.settings, message)
    except (MailRefusedError, MailInvalidError) as error:
        logger.warning("a mail was not sent and will not be: %s", error.message)
