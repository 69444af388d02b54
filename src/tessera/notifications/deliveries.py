"""Deliveries: listed, made pending again, tried out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from tessera.notifications.errors import DeliveryNotFoundError, SubscriptionDisabledError
from tessera.notifications.events import SUBSCRIPTION_TESTED
from tessera.notifications.store import deliveries as store
from tessera.notifications.store.subscriptions import rewind_subscription
from tessera.notifications.subscriptions import READ, WRITE, entry_of, get_subscription, lock, read_subscription
from tessera.notifications.values import Delivery, DeliveryState
from tessera.platform.actors import Actor
from tessera.platform.audit import record_entries
from tessera.platform.db import Row, Session
from tessera.platform.events import position_before
from tessera.platform.ids import new_id


async def list_deliveries(
    session: Session,
    actor: Actor,
    subscription_id: UUID,
    *,
    state: DeliveryState | None = None,
    after: UUID | None = None,
    count: int = 100,
) -> list[Delivery]:
    """Return the subscription's deliveries, newest first, from below the one `after`."""
    actor.require(READ)
    await get_subscription(session, actor, subscription_id)
    rows = await store.select_deliveries(
        session, subscription_id, state=None if state is None else state.value, after=after, count=count
    )
    return [read_delivery(row) for row in rows]


async def replay_deliveries(
    session: Session, actor: Actor, subscription_id: UUID, ids: Sequence[UUID], *, now: datetime
) -> int:
    """Have these sent again under their own ids, whatever became of them; return how many.

    One that is being sent just now is left alone.
    """
    actor.require(WRITE)
    subscription = await get_subscription(session, actor, subscription_id)
    known = {row["id"] for row in await store.select_some(session, subscription_id, ids)}
    for missing in sorted(set(ids) - known):
        raise DeliveryNotFoundError(
            f"{subscription.label} has no delivery {missing}. List them to find the ones meant."
        )
    count = await store.replay_deliveries(session, subscription_id, ids, now=now)
    await record_entries(session, actor, [entry_of("replayed", subscription, after={"deliveries": count})])
    return count


async def replay_failed(
    session: Session, actor: Actor, subscription_id: UUID, *, since: datetime, now: datetime
) -> int:
    """Have everything sent again, under its own id, that failed for good since then; return how many."""
    actor.require(WRITE)
    subscription = await get_subscription(session, actor, subscription_id)
    count = await store.replay_failed(session, subscription_id, since=since, now=now)
    details = {"deliveries": count, "failed_since": since.isoformat()}
    await record_entries(session, actor, [entry_of("replayed", subscription, after=details)])
    return count


async def replay_events(session: Session, actor: Actor, subscription_id: UUID, *, since: datetime) -> bool:
    """Read the feed again from the first event since then: all are sent again, in new deliveries.

    False means that nothing since then has been read yet, so there is nothing to take back.
    """
    actor.require(WRITE)
    subscription = read_subscription(await lock(session, actor, subscription_id, None))
    position = await position_before(session, subscription.chain_id, since)
    moved = position is not None and await rewind_subscription(session, subscription_id, position)
    details = {"events_since": since.isoformat()}
    await record_entries(session, actor, [entry_of("replayed", subscription, after=details)])
    return moved


async def send_test(session: Session, actor: Actor, subscription_id: UUID, *, now: datetime) -> Delivery:
    """Make a delivery of a test event, which is not stored; a worker sends it at once."""
    actor.require(WRITE)
    subscription = await get_subscription(session, actor, subscription_id)
    if not subscription.enabled:
        raise SubscriptionDisabledError(f"{subscription.label} is disabled. Enable it, then test it.")
    details = {"message": "A test."}
    data = {"chain_id": subscription.chain_id, "subject_id": subscription.id, "sequence": 0, "payload": details}
    body = {"type": SUBSCRIPTION_TESTED, "timestamp": now.astimezone(UTC), "data": data}
    delivery_id = new_id()
    text = msgspec.json.encode(body).decode()
    await store.insert_delivery(session, subscription_id, delivery_id, name=SUBSCRIPTION_TESTED, body=text, now=now)
    await record_entries(session, actor, [entry_of("tested", subscription)])
    (made,) = await store.select_some(session, subscription_id, [delivery_id])
    return read_delivery(made)


def read_delivery(row: Row) -> Delivery:
    """Turn a stored row into the value that others see."""
    return Delivery(**{**row, "state": DeliveryState(row["state"])})
