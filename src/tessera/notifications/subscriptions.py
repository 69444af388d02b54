"""Subscriptions: made, read, changed and deleted by people; what they receive is the dispatcher's work."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import UNSET

from tessera.notifications.checks import check_names
from tessera.notifications.errors import LabelInvalidError, SubscriptionChainError, SubscriptionNotFoundError
from tessera.notifications.events import SUBSCRIPTION_CREATED, SUBSCRIPTION_DELETED, SUBSCRIPTION_UPDATED
from tessera.notifications.registry import get_subscribed
from tessera.notifications.store import subscriptions as store
from tessera.notifications.values import MadeSubscription, NewSubscription, Subscription, SubscriptionChange
from tessera.platform.actors import Actor
from tessera.platform.assets import check_version, clean_label, differences
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Row, Session
from tessera.platform.events import Event, latest_position, record_events
from tessera.platform.ids import new_random_ids
from tessera.platform.resealing import Resealing
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing

READ, WRITE, ADMIN = "webhooks:read", "webhooks:write", "webhooks:admin"
# How long the secret before a rotation signs too, so that receivers can change over in peace.
CHANGE_OVER = timedelta(hours=24)
WRITABLE = ("label", "url", "event_names", "enabled")


async def create_subscriptions(
    session: Session,
    actor: Actor,
    resources: Resources,
    chain_id: UUID,
    items: Sequence[NewSubscription],
    *,
    now: datetime,
) -> list[MadeSubscription]:
    """Create subscriptions of a chain, all or none; they receive events from now on."""
    actor.require(WRITE)
    if not actor.sees(chain_id):
        raise SubscriptionChainError(f"There is no chain {chain_id} within reach of {actor.name}.", field="chain_id")
    channel = get_subscribed()
    ids, secrets = new_random_ids(len(items)), [channel.make_secret() for _ in items]
    rows = [
        {
            "id": subscription_id,
            "label": clean_label(item.label, refusal=LabelInvalidError),
            "url": channel.check_url(item.url, resources.settings),
            "event_names": check_names(item.event_names),
            "sealed_secret": resources.keys.seal(secret, purpose_of(subscription_id)),
            "enabled": item.enabled,
        }
        for subscription_id, secret, item in zip(ids, secrets, items, strict=True)
    ]
    await store.insert_subscriptions(session, chain_id, rows, position=await latest_position(session), now=now)
    made = {row["id"]: read_subscription(row) for row in await store.select_subscriptions(session, None, ids)}
    subscriptions = [made[one] for one in ids]
    await record_events(
        session, [Event(chain_id, SUBSCRIPTION_CREATED, one.id, recorded_values(one)) for one in subscriptions]
    )
    await record_entries(
        session, actor, [entry_of("created", one, after=recorded_values(one)) for one in subscriptions]
    )
    return [MadeSubscription(*parts) for parts in zip(subscriptions, secrets, strict=True)]


async def list_subscriptions(session: Session, actor: Actor, *, chain_id: UUID | None = None) -> list[Subscription]:
    """Return the subscriptions of the actor's chains, or of one of them, newest first."""
    actor.require(READ)
    return [read_subscription(row) for row in await store.select_subscriptions(session, actor.reach(chain_id))]


async def get_subscription(session: Session, actor: Actor, subscription_id: UUID) -> Subscription:
    """Return the subscription."""
    actor.require(READ)
    rows = await store.select_subscriptions(session, actor.reach(), [subscription_id])
    if not rows:
        raise unknown(subscription_id)
    return read_subscription(rows[0])


async def update_subscription(
    session: Session,
    actor: Actor,
    resources: Resources,
    subscription_id: UUID,
    change: SubscriptionChange,
    *,
    version: int | None = None,
    now: datetime,
) -> Subscription:
    """Change the subscription; with a `version`, only if it is still that one.

    One that is switched on again receives everything since it was disabled, as far as events are kept.
    """
    actor.require(WRITE)
    before = read_subscription(await lock(session, actor, subscription_id, version))
    values = checked_values(before, change, resources)
    if all(values[name] == getattr(before, name) for name in WRITABLE):
        return before
    await store.write_subscription(session, subscription_id, values, now=now)
    after = await get_subscription(session, actor, subscription_id)
    old, new = differences(recorded_values(before), recorded_values(after))
    await record_events(session, [Event(after.chain_id, SUBSCRIPTION_UPDATED, after.id, {"changed": list(new)})])
    await record_entries(session, actor, [entry_of("updated", after, old, new)])
    return after


async def delete_subscription(
    session: Session, actor: Actor, subscription_id: UUID, *, version: int | None = None
) -> None:
    """Delete the subscription with all its deliveries, sent or not."""
    actor.require(ADMIN)
    before = read_subscription(await lock(session, actor, subscription_id, version, deleting=True))
    await store.delete_subscription(session, subscription_id)
    await record_events(session, [Event(before.chain_id, SUBSCRIPTION_DELETED, before.id, {})])
    await record_entries(session, actor, [entry_of("deleted", before, before=recorded_values(before))])


async def rotate_secret(
    session: Session, actor: Actor, keys: KeyRing, subscription_id: UUID, *, now: datetime
) -> MadeSubscription:
    """Draw a new secret. The one before signs too for a day; one before that is forgotten at once."""
    actor.require(ADMIN)
    await lock(session, actor, subscription_id, None)
    secret = get_subscribed().make_secret()
    sealed = keys.seal(secret, purpose_of(subscription_id))
    await store.rotate_secret(session, subscription_id, sealed, until=now + CHANGE_OVER, now=now)
    after = await get_subscription(session, actor, subscription_id)
    await record_events(session, [Event(after.chain_id, SUBSCRIPTION_UPDATED, after.id, {"changed": ["secret"]})])
    await record_entries(session, actor, [entry_of("secret_rotated", after)])
    return MadeSubscription(after, secret)


async def reseal_secrets(session: Session, keys: KeyRing) -> int:
    """Seal every secret with the newest key of the ring; return how many subscriptions needed it."""
    stale = []
    for row in await store.select_sealed(session):
        sealed, former, purpose = row["sealed_secret"], row["sealed_former_secret"], purpose_of(row["id"])
        new = keys.reseal(sealed, purpose), None if former is None else keys.reseal(former, purpose)
        if new != (sealed, former):
            stale.append((row["id"], *new))
    if stale:
        await store.replace_sealed(session, stale)
    return len(stale)


RESEALING = Resealing("the secrets of {} webhook subscription", reseal_secrets)


async def lock(
    session: Session, actor: Actor, subscription_id: UUID, version: int | None, *, deleting: bool = False
) -> Row:
    """Return the subscription's row, locked; raise where it is not there, or not this version any more."""
    row = await store.lock_subscription(session, actor.reach(), subscription_id, deleting=deleting)
    if row is None:
        raise unknown(subscription_id)
    check_version(row["label"], row["version"], version)
    return row


def checked_values(before: Subscription, change: SubscriptionChange, resources: Resources) -> dict[str, Any]:
    """Return what people may change, as it will be."""
    return {
        "label": before.label if change.label is UNSET else clean_label(change.label, refusal=LabelInvalidError),
        "url": before.url if change.url is UNSET else get_subscribed().check_url(change.url, resources.settings),
        "event_names": before.event_names if change.event_names is UNSET else check_names(change.event_names),
        "enabled": before.enabled if change.enabled is UNSET else change.enabled,
    }


def purpose_of(subscription_id: UUID) -> str:
    """Return what a secret is sealed for: it opens nowhere else."""
    return f"webhook_subscriptions/{subscription_id}"


def unknown(subscription_id: UUID) -> SubscriptionNotFoundError:
    """Say that there is no such subscription, or none of the actor's."""
    return SubscriptionNotFoundError(
        f"There is no webhook subscription {subscription_id}. List them to find the one you mean."
    )


def read_subscription(row: Row) -> Subscription:
    """Turn a stored row into the value that others see."""
    return Subscription(**{name: row[name] for name in Subscription.__slots__})


def recorded_values(subscription: Subscription) -> dict[str, Any]:
    """Return what events and the audit log keep of a subscription."""
    names = subscription.event_names
    return {
        "label": subscription.label,
        "url": subscription.url,
        "event_names": None if names is None else list(names),
        "enabled": subscription.enabled,
    }


def entry_of(
    action: str,
    subscription: Subscription,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> Entry:
    """Return the audit entry of a change."""
    kind, label, chain_id = "webhook_subscription", subscription.label, subscription.chain_id
    return Entry(action, kind, subscription.id, label, chain_id, before=before, after=after)
