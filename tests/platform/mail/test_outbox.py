"""Letters in the queue: sealed, sent once, tried again, given up."""

from pathlib import Path

import pytest
from tests.builders.jobs import queued, work_off
from tests.builders.mailboxes import Mailbox, run_mailbox

from tessera.platform.db import Database
from tessera.platform.jobs import JobQueue
from tessera.platform.mail import Link, MailInvalidError, MailMessage, MailOffError, is_mail_on, send_mail
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing
from tessera.platform.settings import load_settings

LETTER = MailMessage(
    "ada@example.com", "Hello", ("A line.",), link=Link("Open", "https://x.example/?token=a-secret-link")
)


def ground_for(database: Database, keys: KeyRing, mailbox: Mailbox) -> Resources:
    return Resources(load_settings({}, **mailbox.settings()), database, keys, JobQueue(database))


async def test_posted_letter_is_sealed_and_sent(database: Database, keys: KeyRing) -> None:
    async with run_mailbox() as mailbox:
        resources = ground_for(database, keys, mailbox)
        async with database.session() as session:
            await send_mail(session, resources, [LETTER])
        ((task, arguments, _),) = await queued(resources)
        assert task == "mail.send"
        assert not any(word in arguments for word in ("ada@", "Hello", "A line", "a-secret-link"))
        await work_off(resources)
        assert await queued(resources) == []
    assert mailbox.link() == "https://x.example/?token=a-secret-link"
    assert len(mailbox.received) == 1


async def test_letter_of_a_failed_change_is_not_sent(database: Database, keys: KeyRing) -> None:
    async with run_mailbox() as mailbox:
        resources = ground_for(database, keys, mailbox)
        async with database.session() as session:
            await send_mail(session, resources, [LETTER])
            await session.rollback()
        assert await queued(resources) == []


async def test_temporary_refusal_is_tried_again(database: Database, keys: KeyRing) -> None:
    async with run_mailbox() as mailbox:
        resources = ground_for(database, keys, mailbox)
        mailbox.answer = lambda: "451 later"
        async with database.session() as session:
            await send_mail(session, resources, [LETTER])
        await work_off(resources)
        ((task, _, attempts),) = await queued(resources)
        assert (task, attempts) == ("mail.send", 1)
    assert (mailbox.tries, mailbox.received) == (1, [])


async def test_permanent_refusal_ends_it(database: Database, keys: KeyRing, caplog: pytest.LogCaptureFixture) -> None:
    async with run_mailbox() as mailbox:
        resources = ground_for(database, keys, mailbox)
        mailbox.answer = lambda: "554 never"
        async with database.session() as session:
            await send_mail(session, resources, [LETTER])
        await work_off(resources)
        assert await queued(resources) == []
    # The mailbox on the other side tells what it hears; ours does not.
    told = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("tessera"))
    assert "will not be" in told
    assert not any(word in told for word in ("ada@example.com", "a-secret-link"))


async def test_bad_address_is_refused_before_it_is_posted(database: Database, keys: KeyRing) -> None:
    async with run_mailbox() as mailbox:
        resources = ground_for(database, keys, mailbox)
        async with database.session() as session:
            with pytest.raises(MailInvalidError):
                await send_mail(session, resources, [MailMessage("a@b\nBcc: c@d", "x", ("y",))])


async def test_deployment_without_mail_posts_nothing(database: Database, keys: KeyRing, tmp_path: Path) -> None:
    resources = Resources(load_settings({}), database, keys, JobQueue(database))
    assert not is_mail_on(resources.settings)
    async with database.session() as session:
        with pytest.raises(MailOffError):
            await send_mail(session, resources, [LETTER])
