"""Deliveries: what happens is told, signed, retried, and never lost."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from tests.builders.pages import read_page
from tests.builders.receivers import Receiver, Reply, in_turn, run_receiver

from tessera import notifications
from tessera.notifications import DeliveryState, SubscriptionChange
from tessera.notifications.retries import WAITS, next_wait
from tessera.notifications.sender import MOST_CALLS, MOST_CALLS_EACH
from tessera.notifications.signatures import sign
from tessera.notifications.store import claims, dispatches
from tessera.notifications.values import LOYALTY_NOUNS
from tessera.platform.db import fetch_rows
from tessera.platform.ids import new_id

from .conftest import NAME, SYSTEM, Post, open_post, subjects_of, until

DELIVERED, PENDING, FAILED = DeliveryState.DELIVERED, DeliveryState.PENDING, DeliveryState.FAILED


async def change(post: Post, subscription_id: UUID, **members: Any) -> None:
    async with post.database.session() as session:
        await notifications.update_subscription(
            session, SYSTEM, post.resources, subscription_id, SubscriptionChange(**members), now=post.clock()
        )


async def test_event_arrives_signed(post: Post, receiver: Receiver) -> None:
    made = await post.subscribe(receiver.url + "/hook?from=tessera")
    (subject,) = await post.happen()

    assert await post.work() == 1

    (request,) = receiver.received
    assert (request.method, request.path) == ("POST", "/hook?from=tessera")
    body = Webhook(made.secret).verify(request.body, request.headers)
    assert body["type"] == NAME
    assert datetime.fromisoformat(body["timestamp"]).utcoffset() == timedelta(0)
    data = body["data"]
    assert (data["chain_id"], data["subject_id"], data["payload"]) == (str(post.chain_id), str(subject), {"n": 0})
    assert data["sequence"] > 0
    (delivery,) = await post.deliveries(made.subscription.id)
    assert str(delivery.id) == request.headers["webhook-id"]
    assert (delivery.state, delivery.attempts, delivery.last_status) == (DELIVERED, 1, 200)
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(request.body + b" ", request.headers)


def test_signature_is_the_one_of_the_specification() -> None:
    secret, message_id = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    signature = sign(secret, message_id, 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_check_in_the_how_to_works(post: Post, receiver: Receiver) -> None:
    code = read_page("how-to/follow-changes.md").split("```python\n")[1].split("```")[0]
    found: dict[str, Any] = {}
    exec(code, found)
    made = await post.subscribe(receiver.url)
    await post.happen()
    await post.work()

    (request,) = receiver.received
    assert found["is_genuine"](made.secret, request.headers, request.body)
    assert not found["is_genuine"](made.secret, request.headers, request.body + b" ")
    assert not found["is_genuine"](made.secret, {**request.headers, "webhook-id": "other"}, request.body)
    assert not found["is_genuine"](made.secret, {**request.headers, "webhook-timestamp": "1"}, request.body)


async def test_only_wanted_events_are_told(post: Post, receiver: Receiver, chains: list[UUID]) -> None:
    everything = await post.subscribe(receiver.url + "/all")
    some = await post.subscribe(receiver.url + "/some", event_names=["run.finished"])
    await post.happen(2)
    await post.happen(1, name="run.finished")
    await post.happen(3, chain_id=chains[1])

    await post.work()

    paths = [request.path for request in receiver.received]
    assert (paths.count("/all"), paths.count("/some"), len(paths)) == (2, 1, 3)
    assert await post.states(everything.subscription.id) == [DELIVERED] * 2
    assert await post.states(some.subscription.id) == [DELIVERED]


async def test_what_happened_before_is_not_told(post: Post, receiver: Receiver) -> None:
    await post.happen(3)
    await post.subscribe(receiver.url)

    assert await post.work() == 0


async def test_failures_are_tried_again_on_schedule(post: Post) -> None:
    async with run_receiver(lambda _: Reply(status=500)) as receiver:
        made = await post.subscribe(receiver.url)
        await post.happen()
        await post.work()
        for number, wait in enumerate(WAITS, start=1):
            post.clock.forward(seconds=wait * 0.99)
            assert await post.work() == 0
            post.clock.forward(seconds=wait * 0.12)
            assert await post.work() == 1
            assert len(receiver.received) == number + 1
        post.clock.forward(days=3)
        assert await post.work() == 0

    assert len({request.headers["webhook-id"] for request in receiver.received}) == 1
    assert len({request.body for request in receiver.received}) == 1
    moments = [int(request.headers["webhook-timestamp"]) for request in receiver.received]
    assert moments == sorted(set(moments))
    (delivery,) = await post.deliveries(made.subscription.id)
    assert (delivery.state, delivery.attempts, delivery.last_status) == (FAILED, 8, 500)
    assert delivery.last_error == "The receiver answered 500 Internal Server Error."
    assert delivery.due_at is None


async def test_second_attempt_may_succeed(post: Post) -> None:
    async with run_receiver(in_turn([Reply(reset=True), Reply(status=204, body=b"")])) as receiver:
        made = await post.subscribe(receiver.url)
        await post.happen()
        await post.work()
        (waiting,) = await post.deliveries(made.subscription.id)
        failing = (await post.get(made.subscription.id)).failing_since
        post.clock.forward(seconds=6)
        await post.work()

    assert waiting.state is PENDING
    assert "No whole answer" in (waiting.last_error or "")
    assert failing is not None
    (delivery,) = await post.deliveries(made.subscription.id)
    assert (delivery.state, delivery.attempts, delivery.last_error) == (DELIVERED, 2, None)
    assert (await post.get(made.subscription.id)).failing_since is None


async def test_receiver_may_ask_for_more_time(post: Post) -> None:
    async with run_receiver(in_turn([Reply(status=429, headers={"retry-after": "600"}), Reply()])) as receiver:
        await post.subscribe(receiver.url)
        await post.happen()
        await post.work()
        post.clock.forward(seconds=599)
        assert await post.work() == 0
        post.clock.forward(seconds=2)
        assert await post.work() == 1


@pytest.mark.parametrize(
    ("attempts", "retry_after", "chance", "wait"),
    [
        (1, None, 0, 5),
        (1, None, 1, 5.5),
        (2, 10, 0, 300),
        (2, 400, 0, 400),
        (7, None, 0, 36_000),
        (1, 1e9, 0, 86_400),
        (8, None, 0, None),
        (8, 10, 0, None),
    ],
)
def test_wait_grows(attempts: int, retry_after: float | None, chance: float, wait: float | None) -> None:
    assert next_wait(attempts, retry_after, chance) == wait


async def test_redirect_is_not_followed(post: Post) -> None:
    async with run_receiver(lambda _: Reply(status=302, headers={"location": "/elsewhere"})) as receiver:
        made = await post.subscribe(receiver.url)
        await post.happen()
        await post.work()

        assert [request.path for request in receiver.received] == ["/"]
    (delivery,) = await post.deliveries(made.subscription.id)
    assert delivery.state is PENDING
    assert "redirects are never followed" in (delivery.last_error or "")


async def test_receiver_that_is_gone_is_left_alone(post: Post) -> None:
    async with run_receiver(lambda _: Reply(status=410)) as receiver:
        made = await post.subscribe(receiver.url)
        await post.happen()
        await post.work()
        await post.happen()
        post.clock.forward(days=1)
        assert await post.work() == 0

    after = await post.get(made.subscription.id)
    assert not after.enabled
    assert "410 Gone" in (after.disabled_reason or "")
    assert await post.states(after.id) == [FAILED]
    async with post.database.session() as session:
        rows = await fetch_rows(session, text("SELECT name, payload FROM events ORDER BY sequence DESC LIMIT 2"), {})
    assert "webhook_subscription.disabled" in [row["name"] for row in rows]


async def test_failing_for_days_ends_the_subscription(post: Post) -> None:
    async with run_receiver(lambda _: Reply(status=503)) as receiver:
        made = await post.subscribe(receiver.url)
        for hour in range(24 * 7):
            if hour % 12 == 0:
                await post.happen()
            await post.work()
            post.clock.forward(hours=1)
            if not (await post.get(made.subscription.id)).enabled:
                break

        assert 24 * 5 <= hour < 24 * 5 + 24
        after = await post.get(made.subscription.id)
        assert "5 days" in (after.disabled_reason or "")
        receiver.script = lambda _: Reply()
        await change(post, after.id, enabled=True)
        post.clock.forward(hours=12)
        await post.work()

    mended = await post.get(made.subscription.id)
    assert (mended.enabled, mended.disabled_reason, mended.failing_since) == (True, None, None)
    assert PENDING not in await post.states(mended.id)
    assert DELIVERED in await post.states(mended.id)


async def test_one_success_starts_the_days_anew(post: Post) -> None:
    answers = {"status": 500}
    async with run_receiver(lambda _: Reply(status=answers["status"])) as receiver:
        made = await post.subscribe(receiver.url)
        for day in range(12):
            answers["status"] = 200 if day % 4 == 3 else 500
            await post.happen()
            for _ in range(24):
                await post.work()
                post.clock.forward(hours=1)

    assert (await post.get(made.subscription.id)).enabled


async def test_switched_off_subscription_goes_on_where_it_stopped(post: Post, receiver: Receiver) -> None:
    made = await post.subscribe(receiver.url)
    await change(post, made.subscription.id, enabled=False)
    missed = await post.happen(3)
    assert await post.work() == 0

    await change(post, made.subscription.id, enabled=True)
    await post.work()

    assert sorted(subjects_of(receiver.received)) == missed


async def test_private_target_is_refused(post: Post, receiver: Receiver, tmp_path: Path) -> None:
    made = await post.subscribe(receiver.url.replace("127.0.0.1", "localhost"))
    await post.happen()
    keys = post.resources.keys
    async with open_post(post.database, keys, tmp_path, post.chain_id, allowed_networks="") as careful:
        await careful.work()

    assert receiver.received == []
    (delivery,) = await post.deliveries(made.subscription.id)
    assert delivery.state is PENDING
    assert "loopback" in (delivery.last_error or "")


async def test_calls_at_once_are_bounded(post: Post) -> None:
    async with run_receiver(lambda _: Reply(delay=0.05)) as receiver:
        made = await post.subscribe(receiver.url)
        await post.happen(100)
        await post.work()

        assert receiver.most_in_flight == MOST_CALLS_EACH
    assert await post.states(made.subscription.id) == [DELIVERED] * 100


async def test_calls_of_all_subscriptions_are_bounded(post: Post) -> None:
    async with run_receiver(lambda _: Reply(delay=0.05)) as receiver:
        for number in range(12):
            await post.subscribe(f"{receiver.url}/{number}")
        await post.happen(20)
        await post.work()

        assert MOST_CALLS_EACH < receiver.most_in_flight <= MOST_CALLS
        assert len(receiver.received) == 240


async def test_hanging_receiver_does_not_stop_the_others(post: Post, receiver: Receiver) -> None:
    async with run_receiver(lambda _: Reply(hang=True)) as hanging:
        await post.subscribe(hanging.url)
        made = await post.subscribe(receiver.url)
        await post.happen(40)
        working = asyncio.create_task(post.work())

        async def all_arrived() -> bool:
            return await post.states(made.subscription.id) == [DELIVERED] * 40

        await until(all_arrived)
        assert not working.done()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_stopped_worker_gives_its_deliveries_back(post: Post) -> None:
    async with run_receiver(lambda _: Reply(hang=True)) as receiver:
        made = await post.subscribe(receiver.url)
        await post.happen(30)
        working = asyncio.create_task(post.work())

        async def all_hang() -> bool:
            return len(receiver.received) >= MOST_CALLS_EACH

        await until(all_hang)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        receiver.script = lambda _: Reply()
        assert await post.dispatcher.send_due() == 30
    assert await post.states(made.subscription.id) == [DELIVERED] * 30
    assert len(receiver.received) == 30 + MOST_CALLS_EACH


async def test_calm_stop_sends_nothing_twice(post: Post) -> None:
    async with run_receiver(lambda _: Reply(delay=0.3)) as receiver:
        made = await post.subscribe(receiver.url)
        await post.happen(30)
        working = asyncio.create_task(post.work())

        async def all_called() -> bool:
            return receiver.in_flight == MOST_CALLS_EACH

        await until(all_called)
        post.dispatcher.stop()
        await post.dispatcher.finish()
        await working
        assert len(receiver.received) == MOST_CALLS_EACH
        assert (await post.states(made.subscription.id)).count(DELIVERED) == MOST_CALLS_EACH
        assert await notifications.Dispatcher(post.resources, post.client).send_due() == 30 - MOST_CALLS_EACH
    assert len(subjects_of(receiver.received)) == len(set(subjects_of(receiver.received))) == 30


async def test_workers_share_the_work(post: Post) -> None:
    others = [notifications.Dispatcher(post.resources, post.client) for _ in range(3)]
    async with run_receiver(lambda _: Reply(delay=0.005)) as receiver:
        made = await post.subscribe(receiver.url)
        for _ in range(10):
            await post.happen(50)
            await asyncio.gather(*(one.dispatch() for one in others))
        counts = await asyncio.gather(*(one.send_due() for one in others))

        assert len(subjects_of(receiver.received)) == len(set(subjects_of(receiver.received))) == sum(counts) == 500
        assert all(counts)
    assert await post.states(made.subscription.id) == [DELIVERED] * 500


async def test_nothing_due_is_left_behind(post: Post) -> None:
    async with run_receiver() as receiver:
        for number in range(5):
            await post.subscribe(f"{receiver.url}/{number}")
        await post.happen(120)
        assert await post.work() == 600
        assert len(receiver.received) == 600


async def test_deliveries_go_out_roughly_in_order(post: Post, receiver: Receiver) -> None:
    await post.subscribe(receiver.url)
    subjects = await post.happen(200)
    await post.work()

    order = [subjects.index(one) for one in subjects_of(receiver.received)]
    assert max(abs(place - number) for place, number in enumerate(order)) <= 2 * MOST_CALLS_EACH


async def test_rotated_secrets_both_sign_for_a_day(post: Post, receiver: Receiver) -> None:
    made = await post.subscribe(receiver.url)
    async with post.database.session() as session:
        rotated = await notifications.rotate_secret(
            session, post.actor, post.resources.keys, made.subscription.id, now=post.clock()
        )
    assert rotated.secret != made.secret
    await post.happen()
    await post.work()
    post.clock.forward(hours=25)
    await post.happen()
    await post.work()

    both, new = receiver.received
    assert len(both.headers["webhook-signature"].split(" ")) == 2
    for secret in (made.secret, rotated.secret):
        Webhook(secret).verify(both.body, both.headers)
    moment = int(new.headers["webhook-timestamp"])
    assert new.headers["webhook-signature"] == sign(rotated.secret, new.headers["webhook-id"], moment, new.body)


async def test_secret_is_stored_sealed(post: Post, receiver: Receiver) -> None:
    made = await post.subscribe(receiver.url)

    assert made.secret.startswith("whsec_")
    async with post.database.session() as session:
        for table in ("webhook_subscriptions", "audit_entries", "events"):
            rows = await fetch_rows(session, text(f"SELECT t::text AS row FROM {table} t"), {})
            assert rows
            assert not [row for row in rows if made.secret in row["row"] or made.secret[6:20] in row["row"]]


async def test_large_load_is_taken_up_quickly(post: Post) -> None:
    made = await post.subscribe("http://127.0.0.1:9/")
    for _ in range(4):
        await post.happen(5000)
    timer = asyncio.get_running_loop().time
    begun = timer()

    assert await post.dispatcher.dispatch() == 20_000
    assert await post.dispatcher.dispatch() == 0

    assert timer() - begun < 10
    assert len(await post.deliveries(made.subscription.id)) == 20_000


async def explain(post: Post, statement: str, values: dict[str, Any]) -> str:
    async with await post.database.connect() as connection:
        cursor = await connection.execute(f"EXPLAIN {statement}".encode(), values)
        return "\n".join(row[0] for row in await cursor.fetchall())


async def test_looks_of_an_idle_worker_use_indexes(post: Post, admin_address: str) -> None:
    await post.subscribe("http://127.0.0.1:9/")
    for _ in range(4):
        await post.happen(5000)
    await post.dispatcher.dispatch()
    now = post.clock()
    taking: dict[str, Any] = {
        "id": new_id(),
        "chain_id": post.chain_id,
        "names": None,
        "nouns": list(LOYALTY_NOUNS),
        "transaction_id": "5",
        "sequence": 0,
    }
    taking |= {"window": 200, "ids": [new_id()], "now": now}
    claiming = {"full": [], "subscriptions": 16, "each": 32, "until": now, "now": now}
    # Events are dated by the database's clock.
    month = f"events_{datetime.now(UTC):%Y_%m}"
    for _ in range(2):
        behind = await explain(post, dispatches.BEHIND, {})
        take = await explain(post, dispatches.TAKE, taking)
        claim = await explain(post, claims.CLAIM, claiming)
        for plan in (behind, take):
            assert f"using {month}_chain_id_transaction_id_sequence_idx" in plan
            assert f"Seq Scan on {month}" not in plan
        assert "ix_webhook_deliveries_pending" in claim
        assert "Seq Scan on webhook_deliveries" not in claim
        async with await psycopg.AsyncConnection.connect(admin_address, autocommit=True) as connection:
            await connection.execute("ANALYZE")


async def test_test_is_sent(post: Post, receiver: Receiver) -> None:
    made = await post.subscribe(receiver.url, event_names=["tier.created"])
    async with post.database.session() as session:
        delivery = await notifications.send_test(session, post.actor, made.subscription.id, now=post.clock())
    await post.work()

    (request,) = receiver.received
    assert request.headers["webhook-id"] == str(delivery.id)
    body = Webhook(made.secret).verify(request.body, request.headers)
    assert body["type"] == "webhook_subscription.tested"
    assert datetime.fromisoformat(body["timestamp"]).tzinfo == UTC
    assert body["data"]["subject_id"] == str(made.subscription.id)


async def test_old_deliveries_are_forgotten(post: Post, receiver: Receiver) -> None:
    made = await post.subscribe(receiver.url)
    await post.happen(3)
    await post.work()
    receiver.script = lambda _: Reply(status=500)
    await post.happen(1)
    await post.work()

    post.clock.forward(days=29)
    assert await notifications.purge_deliveries(post.resources) == 0
    post.clock.forward(days=2)
    assert await notifications.purge_deliveries(post.resources, batch=2) == 3
    assert await post.states(made.subscription.id) == [PENDING]
