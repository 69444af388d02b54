"""Notices: sent in the caller's transaction, once, to real mailboxes and receivers that may fail."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks.webhooks import Webhook
from tests.builders.mailboxes import Mailbox, run_mailbox
from tests.builders.receivers import Receiver, Reply, answer_with, in_turn
from tests.notifications.conftest import SYSTEM, Post, open_post, until
from tests.notifications.notices import DEFINITION, kept, mails, news, rules_of, tell, work

from tessera import notifications
from tessera.notifications import NoticeFilter, NoticeRules
from tessera.notifications.notices.retention import delete_notice_states, purge_notices
from tessera.notifications.notices.rules import check_rules
from tessera.notifications.notices.sender import RESEALING, deliver_notice
from tessera.notifications.store import notices as store
from tessera.platform.actors import Actor
from tessera.platform.clock import now
from tessera.platform.db import Database
from tessera.platform.errors import DeniedError
from tessera.platform.ids import new_id
from tessera.platform.mail import list_mails
from tessera.platform.mail.outbox import deliver_mail
from tessera.platform.secrets import KeyRing
from tessera.platform.secrets.rings import make_key

PUBLIC = "https://tessera.example.com"


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with run_mailbox() as running:
        yield running


@pytest.fixture
async def mailing(
    database: Database, keys: KeyRing, tmp_path: Path, chains: list[UUID], mailbox: Mailbox
) -> AsyncIterator[Post]:
    """A deployment that sends mail."""
    async with open_post(database, keys, tmp_path, chains[0], public_url=PUBLIC, **mailbox.settings()) as opened:
        yield opened


def chat(url: str, **given: Any) -> dict[str, Any]:
    return {"label": "Ops", "channel": "slack", "lists": ["error"], "settings": {"url": url}, **given}


async def states(post: Post) -> list[tuple[str, str, str]]:
    """Return channel, receiver and state of every delivery, of the newest notice first."""
    return [(one.channel, one.recipient, one.state.value) for each in await kept(post) for one in each.deliveries]


async def test_failure_is_mailed_to_the_error_list(mailing: Post, mailbox: Mailbox) -> None:
    rules = rules_of(mailing, error=mails("ada@example.com", "eve@example.com"), success=mails("bob@example.com"))
    failed = news(
        mailing,
        "run_failed",
        facts=[("Internal name", "daily"), ("Trigger", "schedule")],
        reasons=[(f"reason {number}", 1000 - number) for number in range(7)],
    )

    assert await tell(mailing, rules, failed) == 2
    await work(mailing)

    assert sorted(mailbox.recipients) == ["ada@example.com", "eve@example.com"]
    message, text = mailbox.received[0], mailbox.text(0)
    assert message["Subject"] == '[Loyalty] Export "Daily" failed – Harbour'
    assert 'Export "Daily" failed.' in text
    assert "Internal name: daily\nTrigger: schedule\n" in text
    assert "1,000 × reason 0\n" in text
    assert "reason 4" in text
    assert "reason 5" not in text
    assert f"{PUBLIC}/admin/exports/runs/1" in text
    assert "No further notice about this is sent until the outcome changes." in text
    html = message.get_body(("html",))
    assert html is not None
    assert "reason 4" in html.get_content()
    assert sorted(await states(mailing)) == [
        ("email", "ada@example.com", "delivered"),
        ("email", "eve@example.com", "delivered"),
    ]


async def test_definition_that_fails_all_day_is_announced_once(mailing: Post, mailbox: Mailbox) -> None:
    rules = rules_of(mailing, error=mails("ada@example.com"))
    for _ in range(96):
        await tell(mailing, rules, news(mailing, "run_failed"))
        mailing.clock.forward(minutes=15)
    await tell(mailing, rules, news(mailing, "run_completed"), news(mailing, "run_completed"))
    await work(mailing)

    assert [message["Subject"] for message in mailbox.received] == [
        '[Loyalty] Export "Daily" failed – Harbour',
        '[Loyalty] Export "Daily" completed – Harbour',
    ]
    assert "Before, it failed 96 times in a row, from" in mailbox.text(1)
    assert "No further notice" not in mailbox.text(1)


async def test_topics_and_subjects_have_states_of_their_own(post: Post) -> None:
    rules = rules_of(post, error=mails("ada@example.com"))
    slow = [news(post, "threshold_passed", topic=topic) for topic in ("duration", "refused", "duration")]
    assert await tell(post, rules, *slow) == 2
    assert await tell(post, rules, news(post, "run_failed"), news(post, "run_failed", subject_id=new_id())) == 2
    assert await tell(post, rules, news(post, "threshold_cleared", topic="duration")) == 1
    async with post.database.session() as session:
        await delete_notice_states(session, "export_definition", [DEFINITION])
    assert await tell(post, rules, news(post, "run_failed")) == 1


async def test_second_notice_of_a_key_is_dropped(post: Post) -> None:
    rules = rules_of(post, error=mails("ada@example.com"))
    missed = news(post, "run_missed", key="missed 2031-01-01")
    assert await tell(post, rules, missed, missed) == 1
    assert await tell(post, rules, missed) == 0
    assert await tell(post, rules, news(post, "run_missed", key="missed 2031-01-02")) == 1
    failed = news(post, "run_failed")
    assert await tell(post, rules, failed, failed) == 1
    # A repeat of the state is counted once for each run, however often the run is handed in.
    again = news(post, "run_failed")
    assert (await tell(post, rules, again), await tell(post, rules, again)) == (0, 0)
    await tell(post, rules, news(post, "run_completed"))
    assert len(await kept(post)) == 4


async def test_racing_transactions_announce_once(post: Post) -> None:
    rules = rules_of(post, error=mails("ada@example.com"))
    same = news(post, "run_missed", key="missed 2031-01-01")
    sent = await asyncio.gather(
        *(tell(post, rules, same) for _ in range(4)), *(tell(post, rules, news(post, "run_failed")) for _ in range(4))
    )
    assert (sum(sent[:4]), sum(sent[4:])) == (1, 1)


async def test_key_of_another_chain_is_another_key(post: Post, chains: list[UUID], stranger: Actor) -> None:
    rules = rules_of(post, error=mails("ada@example.com"))
    assert await tell(post, rules, news(post, "run_failed", key="run 1")) == 1
    assert await tell(post, rules, news(post, "run_failed", key="run 1", chain_id=chains[1])) == 1
    async with post.database.session() as session:
        keys = post.resources.keys
        (theirs,) = await notifications.list_notices(session, stranger, keys, NoticeFilter())
        assert theirs.chain_id == chains[1]
        assert await notifications.list_notices(session, stranger, keys, NoticeFilter(chain_id=chains[0])) == []
        nobody = replace(stranger, permissions=frozenset({"webhooks:read"}))
        with pytest.raises(DeniedError):
            await notifications.list_notices(session, nobody, keys, NoticeFilter())


async def test_notice_of_a_transaction_that_fails_is_not_sent(mailing: Post, mailbox: Mailbox) -> None:
    rules = rules_of(mailing, error=mails("ada@example.com"))
    async with mailing.database.session() as session:
        item = (rules, news(mailing, "run_failed"))
        await notifications.send_notices(session, mailing.resources, [item], now=mailing.clock())
        await session.rollback()
    await work(mailing)
    assert (mailbox.received, await kept(mailing)) == ([], [])
    assert await tell(mailing, rules, news(mailing, "run_failed")) == 1


async def test_reader_on_both_lists_gets_one_mail(post: Post) -> None:
    more = {"channel": "email", "lists": ["error"], "settings": {"addresses": "ADA@example.com, bob@example.com"}}
    rules = rules_of(post, error=mails("Ada@example.com"), success=mails("ada@example.com"), targets=[more])
    assert await tell(post, rules, news(post, "run_completed_with_errors")) == 2


async def test_mail_waits_without_a_mail_server(post: Post) -> None:
    rules = rules_of(post, error=mails("ada@example.com"))
    await tell(post, rules, news(post, "run_failed"))
    assert await states(post) == [("email", "ada@example.com", "waiting")]


async def test_mail_is_tried_three_times(mailing: Post, mailbox: Mailbox) -> None:
    mailbox.answer = lambda: "451 later"
    await tell(mailing, rules_of(mailing, error=mails("ada@example.com")), news(mailing, "run_failed"))
    (mail_id,) = await mail_ids(mailing)
    for state in ("pending", "pending", "failed"):
        await deliver_mail(mailing.resources, str(mail_id))
        (delivery,) = (await kept(mailing))[0].deliveries
        assert delivery.state == state
    assert (mailbox.tries, delivery.attempts) == (3, 3)
    assert delivery.last_error is not None
    assert "answer 451" in delivery.last_error


async def mail_ids(post: Post) -> list[UUID]:
    async with post.database.session() as session:
        return [one.id for one in await list_mails(session, SYSTEM, post.resources.keys)]


async def test_hostile_label_is_one_line(mailing: Post, mailbox: Mailbox) -> None:
    label = 'x"\r\nBcc: eve@example.com\x00' + "é" * 300
    rules = rules_of(mailing, error=mails("ada@example.com"))
    assert await tell(mailing, rules, news(mailing, "run_failed", label=label)) == 1
    await work(mailing)
    assert mailbox.recipients == ["ada@example.com"]
    assert mailbox.received[0]["Bcc"] is None
    assert "Bcc: eve@example.com" in mailbox.received[0]["Subject"]


async def test_webhook_is_signed(post: Post, receiver: Receiver) -> None:
    given = {"channel": "webhook", "lists": ["success"], "settings": {"url": f"{receiver.url}/notices"}}
    made = check_rules({"targets": [given]}, post.resources)
    secret = made.drawn[made.rules.targets[0].id]["secret"]
    await tell(post, made.rules, news(post, "run_completed", facts=[("Rows", "12")]))
    await work(post)

    (request,) = receiver.received
    body = Webhook(secret).verify(request.body, request.headers)
    assert (body["type"], body["data"]["subject_id"]) == ("notice.run_completed", str(DEFINITION))
    assert body["data"]["facts"] == [{"label": "Rows", "value": "12"}]
    (notice,) = await kept(post)
    assert str(notice.deliveries[0].id) == request.headers["webhook-id"]
    assert await states(post) == [("webhook", "Webhook (127.0.0.1)", "delivered")]


async def test_chat_gets_text_without_mentions(post: Post, receiver: Receiver) -> None:
    await tell(
        post, rules_of(post, targets=[chat(receiver.url)]), news(post, "run_failed", label="<!channel> @here & co")
    )
    await work(post)
    ((row,),) = [request.rows for request in receiver.received]
    assert set(row) == {"text"}
    assert "&lt;!channel&gt; @\u200bhere &amp; co" in row["text"]


async def test_teams_gets_a_card(mailing: Post, receiver: Receiver) -> None:
    rules = rules_of(mailing, targets=[chat(receiver.url, settings={"url": receiver.url, "form": "card"})])
    await tell(mailing, rules, news(mailing, "run_failed", label="[x](https://evil)", facts=[("Rows", "*12*")]))
    await work(mailing)
    ((row,),) = [request.rows for request in receiver.received]
    card = row["attachments"][0]["content"]
    assert card["type"] == "AdaptiveCard"
    assert "\\[x\\]\\(https://evil\\)" in card["body"][0]["text"]
    assert card["body"][2]["facts"] == [{"title": "Rows", "value": "\\*12\\*"}]
    assert card["actions"][0]["url"] == f"{PUBLIC}/admin/exports/runs/1"


async def test_heartbeat_hears_start_and_end_in_order(post: Post, receiver: Receiver) -> None:
    # The start answers late; what comes after it waits.
    receiver.script = lambda request: Reply(delay=0.3 if request.path.endswith("/start?rid=" + str(run)) else 0)
    run = new_id()
    rules = rules_of(post, targets=[{"channel": "heartbeat", "settings": {"url": f"{receiver.url}/ping/uuid"}}])
    for name in ("run_started", "run_failed", "run_failed"):
        await tell(post, rules, news(post, name, signal_id=run))
    await tell(post, rules, news(post, "run_completed"), news(post, "run_missed"))
    await work(post)
    assert [request.path for request in receiver.received] == [
        f"/ping/uuid/start?rid={run}",
        f"/ping/uuid/fail?rid={run}",
        f"/ping/uuid/fail?rid={run}",
        "/ping/uuid",
    ]


async def test_heartbeat_may_have_a_url_for_each(post: Post, receiver: Receiver) -> None:
    settings = {"style": "urls", "url": f"{receiver.url}/up?x=1", "failure_url": f"{receiver.url}/down"}
    rules = rules_of(post, targets=[{"channel": "heartbeat", "settings": settings}])
    for name in ("run_started", "run_failed", "run_completed"):
        await tell(post, rules, news(post, name, signal_id=new_id()))
    await work(post)
    assert [request.path for request in receiver.received] == ["/down", "/up?x=1"]


async def test_receiver_that_fails_is_tried_again(post: Post, receiver: Receiver) -> None:
    receiver.script = in_turn([Reply(500), Reply(reset=True), Reply()])
    await tell(post, rules_of(post, targets=[chat(receiver.url)]), news(post, "run_failed"))
    await work(post)
    (delivery,) = (await kept(post))[0].deliveries
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("pending", 1, 500)
    assert delivery.due_at is not None
    assert delivery.due_at > post.clock()
    for _ in range(2):
        await deliver_notice(post.resources, post.client, str(delivery.id))
    (delivery,) = (await kept(post))[0].deliveries
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("delivered", 3, None)
    await deliver_notice(post.resources, post.client, str(delivery.id))
    assert len(receiver.received) == 3


@pytest.mark.parametrize(("status", "attempts"), [(410, 1), (404, 8)])
async def test_receiver_is_given_up(post: Post, receiver: Receiver, status: int, attempts: int) -> None:
    receiver.script = answer_with(status)
    await tell(post, rules_of(post, targets=[chat(receiver.url)]), news(post, "run_failed"))
    (delivery,) = (await kept(post))[0].deliveries
    for _ in range(attempts + 1):
        await deliver_notice(post.resources, post.client, str(delivery.id))
    (delivery,) = (await kept(post))[0].deliveries
    assert (delivery.state, delivery.attempts, len(receiver.received)) == ("failed", attempts, attempts)
    assert await sealed_targets(post) == []


async def called(receiver: Receiver) -> bool:
    return bool(receiver.received)


async def sealed_targets(post: Post) -> list[str]:
    async with post.database.session() as session:
        return [row["sealed_target"] for row in await store.select_sealed(session)]


async def test_killed_worker_leaves_the_notice_to_another(post: Post, receiver: Receiver) -> None:
    receiver.script = lambda _: Reply(hang=True)
    await tell(post, rules_of(post, targets=[chat(receiver.url)]), news(post, "run_failed"))
    (delivery,) = (await kept(post))[0].deliveries
    dying = asyncio.create_task(deliver_notice(post.resources, post.client, str(delivery.id)))
    await until(lambda: called(receiver))
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    receiver.script = answer_with(200)

    # The queue gives the job to another worker at once; the claim of the dead one is still good.
    await deliver_notice(post.resources, post.client, str(delivery.id))
    assert len(receiver.received) == 1
    post.clock.forward(seconds=31)
    await deliver_notice(post.resources, post.client, str(delivery.id))

    (delivery,) = (await kept(post))[0].deliveries
    assert (delivery.state, delivery.attempts, len(receiver.received)) == ("delivered", 2, 2)


async def test_bad_target_never_stops_the_caller(post: Post) -> None:
    rules = rules_of(post, targets=[chat("https://hooks.example.com/x")])
    document = rules.dump()
    document["targets"][0]["secrets"]["url"] = "v1.00000000.AAAA"
    assert await tell(post, NoticeRules.parse(document), news(post, "run_failed")) == 1
    ((_, recipient, state),) = await states(post)
    assert (recipient, state) == ("Ops", "failed")
    document["targets"][0]["channel"] = "pigeon"
    assert await tell(post, NoticeRules.parse(document), news(post, "run_cancelled")) == 1


async def test_address_that_moved_inside_is_not_called(
    database: Database, keys: KeyRing, tmp_path: Path, chains: list[UUID], receiver: Receiver
) -> None:
    async with open_post(database, keys, tmp_path, chains[0]) as free:
        rules = rules_of(free, targets=[chat(receiver.url)])
    async with open_post(database, keys, tmp_path, chains[0], allowed_networks="") as closed:
        await tell(closed, rules, news(closed, "run_failed"))
        await work(closed)
        (delivery,) = (await kept(closed))[0].deliveries
    assert receiver.received == []
    assert delivery.last_error is not None
    assert "TESSERA_ALLOWED_NETWORKS" in delivery.last_error


async def test_no_secret_is_said(post: Post, receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.script = answer_with(500)
    await tell(post, rules_of(post, targets=[chat(f"{receiver.url}/T0/very-secret")]), news(post, "run_failed"))
    await work(post)
    said = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("tessera"))
    assert "very-secret" not in said + str(await kept(post))
    assert "very-secret" not in str(await sealed_targets(post))


async def test_targets_are_sealed_again(post: Post, receiver: Receiver) -> None:
    await tell(post, rules_of(post, targets=[chat(receiver.url)]), news(post, "run_failed"))
    newer = KeyRing((*post.resources.keys.keys, make_key(now())))
    async with post.database.session() as session:
        assert await RESEALING.reseal(session, newer) == 1
        assert await RESEALING.reseal(session, newer) == 0
    (delivery,) = (await kept(post))[0].deliveries
    await deliver_notice(replace(post.resources, keys=newer), post.client, str(delivery.id))
    assert len(receiver.received) == 1


async def test_notices_are_purged(post: Post) -> None:
    await tell(post, rules_of(post, error=mails("ada@example.com")), news(post, "run_failed"))
    post.clock.forward(days=89)
    assert await purge_notices(post.resources) == 0
    post.clock.forward(days=2)
    assert await purge_notices(post.resources) == 1
    assert await kept(post) == []
