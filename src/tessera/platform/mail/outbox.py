"""The outbox: every mail is a row, sealed, because some hold links that grant access; a job sends it.

Without a mail server mails wait there. A worker that starts with one sends them, unless they waited for too long.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from tessera.platform.db import Row, Session, change_in_batches
from tessera.platform.errors import TesseraError
from tessera.platform.ids import new_ids
from tessera.platform.jobs import Job
from tessera.platform.mail import store
from tessera.platform.mail.errors import MailUnavailableError
from tessera.platform.mail.messages import MailMessage, make_message, make_message_id, parse_address
from tessera.platform.mail.smtp import require_sender, send_message
from tessera.platform.resealing import Resealing
from tessera.platform.resources import Resources
from tessera.platform.secrets import MASK, KeyRing
from tessera.platform.settings import Settings

logger = logging.getLogger(__name__)

SEND_MAIL = Job("mail.send")
PURPOSE = "mail.send"
# After each failed attempt, in seconds: the last one comes more than two hours after the first.
WAITS = tuple(2**power for power in range(1, 13))
# A message about yesterday helps; one about last month, sent when a mail server is set at last, only alarms.
LONGEST_WAIT = timedelta(days=7)
BATCH = 500
TOO_OLD = f"No mail server was set for {LONGEST_WAIT.days} days. The message is too old to be sent."


class Posted(msgspec.Struct):
    """A letter on its way, and the name by which a mailbox knows it when it comes twice."""

    letter: MailMessage
    message_id: str


def is_mail_on(settings: Settings) -> bool:
    """Say whether this deployment sends mail."""
    return bool(settings.mail_host and settings.mail_from)


async def send_mail(
    session: Session,
    resources: Resources,
    letters: Sequence[MailMessage],
    *,
    chain_id: UUID | None = None,
    waits: Sequence[int] = WAITS,
) -> list[UUID]:
    """Let the worker send these letters if the caller's transaction commits; return their ids in the outbox.

    `chain_id` says whose users may read them there. Without a mail server they wait.
    """
    settings, ids = resources.settings, new_ids(len(letters))
    sender = settings.mail_from or f"tessera@{urlsplit(settings.public_url or '').hostname or 'localhost'}"
    sealed = []
    for mail_id, letter in zip(ids, letters, strict=True):
        parse_address(letter.to)
        posted = Posted(letter, make_message_id(sender, letter.key))
        sealed.append((mail_id, seal_posted(resources.keys, posted)))
    on, now = is_mail_on(settings), resources.clock()
    await store.insert_mails(
        session,
        sealed,
        chain_id=chain_id,
        waits=waits,
        state="pending" if on else "waiting",
        due_at=now if on else None,
        now=now,
    )
    for mail_id in ids if on else ():
        await resources.jobs.defer(session, SEND_MAIL, mail_id=str(mail_id))
    return ids


async def deliver_mail(resources: Resources, mail_id: str) -> None:
    """Send a mail of the outbox. What the server refuses for good has failed; anything else is tried again."""
    async with resources.database.session() as session:
        if not is_mail_on(resources.settings):
            await store.hold_back(session, UUID(mail_id))
            return
        row = await store.start_attempt(session, UUID(mail_id))
    if row is None:
        return
    try:
        posted = open_posted(resources.keys, row["sealed_letter"])
        sender = require_sender(resources.settings)
        message = make_message(posted.letter, sender=sender, message_id=posted.message_id, now=resources.clock())
        await send_message(resources.settings, message)
    except TesseraError as error:
        temporary = isinstance(error, MailUnavailableError) and row["attempts"] <= len(row["waits"])
        await (postpone if temporary else give_up)(resources, row, error)
        return
    await settle(resources, row, "sent")


async def postpone(resources: Resources, row: Row, error: TesseraError) -> None:
    """Have the mail tried again later."""
    due_at = resources.clock() + timedelta(seconds=row["waits"][row["attempts"] - 1])
    outcome = {"state": "pending", "error": error.message, "due_at": due_at, "letter": None, "now": None}
    async with resources.database.session() as session:
        await store.settle_mail(session, row["id"], **outcome)
        await resources.jobs.defer(session, SEND_MAIL, at=due_at, mail_id=str(row["id"]))


async def give_up(resources: Resources, row: Row, error: TesseraError) -> None:
    """Note that the mail is not sent."""
    logger.warning("a mail was not sent and will not be: %s", error.message)
    await settle(resources, row, "failed", error.message)


async def settle(resources: Resources, row: Row, state: str, error: str | None = None) -> None:
    """End a mail. A link in it that grants access is not kept any longer."""
    letter = forget_link(resources.keys, row["sealed_letter"])
    async with resources.database.session() as session:
        await store.settle_mail(
            session, row["id"], state=state, error=error, due_at=None, letter=letter, now=resources.clock()
        )


async def send_waiting(resources: Resources, *, batch: int = BATCH) -> int:
    """Have everything sent that waited for a mail server, where there is one now; return how many."""
    if not is_mail_on(resources.settings):
        return 0
    now = resources.clock()

    async def release(session: Session, *, most: int) -> int:
        ids = await store.release_waiting(session, since=now - LONGEST_WAIT, now=now, most=most)
        for mail_id in ids:
            await resources.jobs.defer(session, SEND_MAIL, mail_id=str(mail_id))
        return len(ids)

    return await change_in_batches(resources.database, release, most=batch)


async def purge_mails(resources: Resources, *, batch: int = BATCH) -> int:
    """Fail what waited for too long, and delete what was settled long ago; return how many were deleted."""
    now, database = resources.clock(), resources.database
    old = partial(store.give_up_waiting, error=TOO_OLD, before=now - LONGEST_WAIT, now=now)
    await change_in_batches(database, old, most=batch)
    before = now - timedelta(days=resources.settings.notice_days)
    return await change_in_batches(database, partial(store.purge_mails, before=before), most=batch)


def seal_posted(keys: KeyRing, posted: Posted) -> str:
    """Return the letter as it is stored."""
    text = msgspec.json.encode({"letter": asdict(posted.letter), "message_id": posted.message_id}).decode()
    return keys.seal(text, PURPOSE)


def open_posted(keys: KeyRing, sealed: str) -> Posted:
    """Return a stored letter."""
    return msgspec.json.decode(keys.open(sealed, PURPOSE).reveal(), type=Posted)


def forget_link(keys: KeyRing, sealed: str) -> str | None:
    """Return the letter sealed without a link that grants access; None where there is nothing to forget."""
    try:
        posted = open_posted(keys, sealed)
    except TesseraError:
        return None
    masked = mask_link(posted.letter)
    return None if masked is posted.letter else seal_posted(keys, Posted(masked, posted.message_id))


def mask_link(letter: MailMessage) -> MailMessage:
    """Return the letter as others than its reader may see it."""
    if letter.link is None or letter.link.public:
        return letter
    return replace(letter, link=replace(letter.link, url=MASK))


async def reseal_letters(session: Session, keys: KeyRing) -> int:
    """Seal every letter with the newest key of the ring; return how many needed it."""
    stale = [
        (row["id"], keys.reseal(row["sealed_letter"], PURPOSE))
        for row in await store.select_sealed(session)
        if not keys.is_current(row["sealed_letter"])
    ]
    if stale:
        await store.replace_sealed(session, stale)
    return len(stale)


RESEALING = Resealing("{} outgoing mail", reseal_letters)
