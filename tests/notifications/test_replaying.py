"""Replay: deliveries again under their own ids, failures since a moment, events since a moment."""

from datetime import timedelta
from uuid import UUID

import pytest
from tests.builders.receivers import Receiver, Reply, run_receiver

from tessera import notifications
from tessera.notifications import DeliveryState
from tessera.notifications.errors import DeliveryNotFoundError, SubscriptionNotFoundError
from tessera.notifications.retries import WAITS
from tessera.notifications.subscriptions import purpose_of
from tessera.platform.actors import Actor
from tessera.platform.secrets import Key, KeyRing

from .conftest import Post, subjects_of


async def test_delivered_ones_go_out_again_under_their_ids(post: Post, receiver: Receiver) -> None:
    made = await post.subscribe(receiver.url)
    await post.happen(3)
    await post.work()
    chosen = [one.id for one in (await post.deliveries(made.subscription.id))[:2]]
    async with post.database.session() as session:
        count = await notifications.replay_deliveries(
            session, post.actor, made.subscription.id, chosen, now=post.clock()
        )
    await post.work()

    assert count == 2
    again = receiver.received[3:]
    assert {UUID(request.headers["webhook-id"]) for request in again} == set(chosen)
    assert {request.body for request in again} <= {request.body for request in receiver.received[:3]}


async def test_failures_since_a_moment_go_out_again(post: Post) -> None:
    async with run_receiver(lambda _: Reply(status=500)) as receiver:
        made = await post.subscribe(receiver.url)
        moments = []
        for _ in range(2):
            await post.happen()
            for wait in (*WAITS, 1):
                await post.work()
                post.clock.forward(seconds=1.11 * wait)
            moments.append(post.clock())
        assert await post.states(made.subscription.id) == [DeliveryState.FAILED] * 2
        receiver.received.clear()
        receiver.script = lambda _: Reply()
        async with post.database.session() as session:
            count = await notifications.replay_failed(
                session, post.actor, made.subscription.id, since=moments[0], now=post.clock()
            )
        await post.work()

        assert (count, len(receiver.received)) == (1, 1)
    newest, oldest = await post.deliveries(made.subscription.id)
    assert (newest.state, newest.attempts) == (DeliveryState.DELIVERED, 1)
    assert oldest.state is DeliveryState.FAILED


async def test_events_since_a_moment_are_told_again(post: Post, receiver: Receiver) -> None:
    made = await post.subscribe(receiver.url)
    subjects = await post.happen(5)
    await post.work()
    for since, expected in ((timedelta(hours=-1), True), (timedelta(hours=1), False)):
        async with post.database.session() as session:
            moved = await notifications.replay_events(
                session, post.actor, made.subscription.id, since=post.clock() + since
            )
        assert moved is expected
    await post.work()

    assert sorted(subjects_of(receiver.received)) == sorted(2 * subjects)
    assert len({request.headers["webhook-id"] for request in receiver.received}) == 10


async def test_replay_is_for_insiders(post: Post, receiver: Receiver, stranger: Actor) -> None:
    made = await post.subscribe(receiver.url)
    other = await post.subscribe(receiver.url)
    await post.happen()
    await post.work()
    (foreign,) = await post.deliveries(other.subscription.id)
    async with post.database.session() as session:
        with pytest.raises(SubscriptionNotFoundError):
            await notifications.replay_failed(
                session, stranger, made.subscription.id, since=post.clock(), now=post.clock()
            )
        with pytest.raises(DeliveryNotFoundError):
            await notifications.replay_deliveries(
                session, post.actor, made.subscription.id, [foreign.id], now=post.clock()
            )


async def test_secrets_are_sealed_anew(post: Post, receiver: Receiver) -> None:
    made = await post.subscribe(receiver.url)
    old = post.resources.keys
    ring = KeyRing([*old.keys, Key("newest00", b"k" * 32, post.clock())])
    async with post.database.session() as session:
        assert await notifications.reseal_secrets(session, ring) == 1
        assert await notifications.reseal_secrets(session, ring) == 0
        from tessera.notifications.store.subscriptions import select_sealed

        (row,) = await select_sealed(session)

    assert ring.is_current(row["sealed_secret"])
    assert ring.open(row["sealed_secret"], purpose_of(made.subscription.id)).reveal() == made.secret
