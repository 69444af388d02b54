"""Letters in the queue: sealed, sent once, tried again, given up."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from tests.builders.jobs import queued, work_off
from tests.builders.mailboxes import Mailbox, run_mailbox

from tessera.access.chains import create_chains
from tessera.platform.actors import command_line_actor
from tessera.platform.clock import now
from tessera.platform.db import Database, Row, fetch_rows
from tessera.platform.errors import DeniedError
from tessera.platform.jobs import JobQueue
from tessera.platform.mail import (
    Link,
    MailInvalidError,
    MailMessage,
    MailNotFoundError,
    MailState,
    count_mails,
    get_mail,
    is_mail_on,
    list_mails,
    send_mail,
)
from tessera.platform.mail.outbox import RESEALING, deliver_mail, purge_mails, send_waiting
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing
from tessera.platform.secrets.rings import make_key
from tessera.platform.settings import load_settings

ROOT = command_line_actor("test")
PRIVATE = ("ada@", "Hello", "A line", "a-secret-link")

LETTER = MailMessage(
    "ada@example.com", "Hello", ("A line.",), link=Link("Open", "https://x.example/?token=a-secret-link")
)


def ground_for(database: Database, keys: KeyRing, mailbox: Mailbox) -> Resources:
    return Resources(load_settings({}, **mailbox.settings()), database, keys, JobQueue(database))


async def stored(database: Database) -> list[Row]:
    """Return what lies in the outbox, oldest first."""
    async with database.session() as session:
        return await fetch_rows(session, text("SELECT * FROM mails ORDER BY id"), {})


async def test_posted_letter_is_sealed_and_sent(database: Database, keys: KeyRing) -> None:
    async with run_mailbox() as mailbox:
        resources = ground_for(database, keys, mailbox)
        async with database.session() as session:
            await send_mail(session, resources, [LETTER])
        ((task, arguments, _),) = await queued(resources)
        assert task == "mail.send"
        assert not any(word in arguments for word in PRIVATE)
        (row,) = await stored(database)
        assert row["state"] == "pending"
        assert not any(word in str(row) for word in PRIVATE)
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
        # The job of the next attempt; the one that failed has ended.
        ((task, _, _),) = await queued(resources)
        assert task == "mail.send"
        (row,) = await stored(database)
        assert (row["state"], row["attempts"]) == ("pending", 1)
        assert "answer 451" in row["last_error"]
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


async def test_tries_end(database: Database, keys: KeyRing) -> None:
    async with run_mailbox() as mailbox:
        resources = ground_for(database, keys, mailbox)
        mailbox.answer = lambda: "451 later"
        async with database.session() as session:
            (mail_id,) = await send_mail(session, resources, [LETTER], waits=(60, 600))
        for _ in range(3):
            await deliver_mail(resources, str(mail_id))
        (row,) = await stored(database)
        assert (row["state"], row["attempts"], row["due_at"]) == ("failed", 3, None)
        mailbox.answer = lambda: "250 taken"
        await deliver_mail(resources, str(mail_id))
    assert (mailbox.tries, mailbox.received) == (3, [])


async def test_mail_waits_for_a_mail_server(database: Database, keys: KeyRing) -> None:
    without = Resources(load_settings({}), database, keys, JobQueue(database))
    assert not is_mail_on(without.settings)
    async with database.session() as session:
        await send_mail(session, without, [LETTER])
    assert [row["state"] for row in await stored(database)] == ["waiting"]
    assert await queued(without) == []
    assert await send_waiting(without) == 0
    async with run_mailbox() as mailbox:
        resources = ground_for(database, keys, mailbox)
        assert await send_waiting(resources) == 1
        await work_off(resources)
    assert (mailbox.received[0]["Subject"], mailbox.received[0]["From"]) == ("Hello", "Tessera <tessera@example.com>")
    assert [row["state"] for row in await stored(database)] == ["sent"]


async def test_old_mail_is_not_sent_when_a_server_is_set(database: Database, keys: KeyRing) -> None:
    without = Resources(load_settings({}), database, keys, JobQueue(database))
    async with database.session() as session:
        await send_mail(session, without, [LETTER])
    async with run_mailbox() as mailbox:
        later = replace(ground_for(database, keys, mailbox), clock=lambda: now() + timedelta(days=8))
        assert await send_waiting(later) == 0
        await purge_mails(later)
    (row,) = await stored(database)
    assert row["state"] == "failed"
    assert "too old" in row["last_error"]


async def test_server_that_is_taken_away_lets_mail_wait(database: Database, keys: KeyRing) -> None:
    async with run_mailbox() as mailbox, database.session() as session:
        (mail_id,) = await send_mail(session, ground_for(database, keys, mailbox), [LETTER])
    await deliver_mail(Resources(load_settings({}), database, keys, JobQueue(database)), str(mail_id))
    assert [(row["state"], row["attempts"]) for row in await stored(database)] == [("waiting", 0)]


async def test_link_that_grants_access_is_never_shown(database: Database, keys: KeyRing) -> None:
    public = replace(LETTER, link=Link("Open", "https://x.example/runs/1", public=True))
    async with run_mailbox() as mailbox:
        resources = ground_for(database, keys, mailbox)
        async with database.session() as session:
            ids = await send_mail(session, resources, [LETTER, public])
            secret, open_one = [await get_mail(session, ROOT, keys, one) for one in ids]
        assert secret.letter is not None
        assert secret.letter.link is not None
        assert (secret.letter.link.url, secret.recipient, secret.subject) == ("***", "ada@example.com", "Hello")
        assert open_one.letter is not None
        assert open_one.letter.link is not None
        assert open_one.letter.link.url == "https://x.example/runs/1"
        await work_off(resources)
    assert "a-secret-link" in mailbox.text(0) + mailbox.text(1)
    # What was sent keeps nothing that opens an account.
    opened = [keys.open(row["sealed_letter"], "mail.send").reveal() for row in await stored(database)]
    assert not any("a-secret-link" in text for text in opened)


async def test_mails_about_accounts_are_for_those_who_see_every_chain(database: Database, keys: KeyRing) -> None:
    resources = Resources(load_settings({}), database, keys, JobQueue(database))
    async with database.session() as session:
        here, there = [one.id for one in await create_chains(session, ROOT, ["Here", "There"], now=now())]
        await send_mail(session, resources, [LETTER])
        await send_mail(session, resources, [replace(LETTER, subject="Here")], chain_id=here)
        (other,) = await send_mail(session, resources, [replace(LETTER, subject="There")], chain_id=there)
        guest = replace(ROOT, chains=frozenset({here}))
        assert [mail.subject for mail in await list_mails(session, ROOT, keys)] == ["There", "Here", "Hello"]
        assert [mail.subject for mail in await list_mails(session, guest, keys)] == ["Here"]
        assert (await count_mails(session, guest))[MailState.WAITING] == 1
        with pytest.raises(MailNotFoundError):
            await get_mail(session, guest, keys, other)
        with pytest.raises(DeniedError):
            await list_mails(session, replace(ROOT, permissions=frozenset({"audit:read"})), keys)


async def test_letters_are_sealed_again(database: Database, keys: KeyRing) -> None:
    resources = Resources(load_settings({}), database, keys, JobQueue(database))
    newer = KeyRing((*keys.keys, make_key(now())))
    async with database.session() as session:
        await send_mail(session, resources, [LETTER])
        assert await RESEALING.reseal(session, newer) == 1
        assert await RESEALING.reseal(session, newer) == 0
        (mail,) = await list_mails(session, ROOT, newer)
        (unreadable,) = await list_mails(session, ROOT, keys)
    assert (mail.subject, unreadable.subject) == ("Hello", None)


async def test_settled_mails_are_purged(database: Database, keys: KeyRing) -> None:
    async with run_mailbox() as mailbox:
        resources = ground_for(database, keys, mailbox)
        async with database.session() as session:
            await send_mail(session, resources, [LETTER])
        await work_off(resources)
    later = replace(resources, clock=lambda: now() + timedelta(days=91))
    assert await purge_mails(resources) == 0
    assert await purge_mails(later) == 1
    assert await stored(database) == []


async def test_same_key_is_the_same_message(database: Database, keys: KeyRing) -> None:
    async with run_mailbox() as mailbox:
        resources = ground_for(database, keys, mailbox)
        async with database.session() as session:
            await send_mail(session, resources, [replace(LETTER, key="run 1"), replace(LETTER, key="run 1"), LETTER])
        await work_off(resources)
    first, second, third = (message["Message-ID"] for message in mailbox.received)
    assert first == second != third
    assert first.endswith("@example.com>")
