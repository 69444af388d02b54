"""Webhook subscriptions and their deliveries."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from tessera import notifications
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.events import EventName
from tessera.api.management.v1.pages import Listing, PageQuery, cut_page, make_page
from tessera.api.management.v1.problems import Fault
from tessera.api.management.v1.request_values import Asked, invalid
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Label, Moment
from tessera.api.management.v1.shapes import show_as

Url = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2000,
        description="Where events are sent, https://….",
        examples=["https://crm.example.com/tessera"],
    ),
]
Names = (
    Annotated[
        list[EventName], Meta(min_length=1, max_length=100, description="Which events; null is every event of loyalty.")
    ]
    | None
)
State = Literal["pending", "delivered", "failed"]


class SubscriptionQuery(PageQuery, frozen=True):
    """Which subscriptions to list."""

    chain_id: Annotated[UUID | None, Meta(description="Those of this chain only.")] = None


class DeliveryQuery(PageQuery, frozen=True):
    """Which deliveries to list."""

    state: Annotated[State | None, Meta(description="Those in this state only.")] = None


class NewWebhookSubscription(Asked, frozen=True):
    """A subscription to make."""

    chain_id: UUID
    label: Label
    url: Url
    event_names: Names = None
    enabled: bool = True


class WebhookSubscriptionChange(Asked, frozen=True):
    """What to change of a subscription; what is left out stays."""

    label: Label | UnsetType = UNSET
    url: Url | UnsetType = UNSET
    event_names: Names | UnsetType = UNSET
    enabled: Annotated[
        bool | UnsetType, Meta(description="Enabled again, it receives everything that happened in the meantime.")
    ] = UNSET


class Replay(Asked, frozen=True):
    """What to send again: exactly one of the members says it."""

    delivery_ids: (
        Annotated[list[UUID], Meta(min_length=1, max_length=1000, description="These, under their own ids.")] | None
    ) = None
    failed_since: Annotated[
        Moment | None, Meta(description="Everything that failed for good since then, under its own ids.")
    ] = None
    events_since: Annotated[Moment | None, Meta(description="Every event since then again, in new deliveries.")] = None


class WebhookSubscription(Struct, frozen=True):
    """A receiver of a chain's events."""

    id: UUID
    chain_id: UUID
    label: str
    url: str
    event_names: Annotated[Sequence[str] | None, Meta(description="Null is every event of loyalty.")]
    enabled: bool
    disabled_reason: Annotated[str | None, Meta(description="Why Tessera itself switched it off.")]
    failing_since: Annotated[Moment | None, Meta(description="The first failure after the last success.")]
    former_secret_until: Annotated[
        Moment | None, Meta(description="How long the secret before the last rotation signs too.")
    ]
    position: Annotated[str, Meta(description="How far the feed was read for it.")]
    version: Annotated[int, Meta(description="Rises with every change; the `ETag`.")]
    created_at: Moment
    updated_at: Moment


class MadeWebhookSubscription(Struct, frozen=True):
    """A subscription whose secret was made just now."""

    subscription: WebhookSubscription
    secret: Annotated[str, Meta(description="Signs its deliveries; shown this once.", examples=["whsec_…"])]


class WebhookDelivery(Struct, frozen=True):
    """One event on its way to one subscription."""

    id: Annotated[UUID, Meta(description="The `webhook-id` of every attempt.")]
    subscription_id: UUID
    event_name: str
    event_sequence: int
    state: State
    attempts: int
    due_at: Annotated[Moment | None, Meta(description="When it is sent, or sent again; null once it is settled.")]
    last_status: int | None
    last_error: str | None
    created_at: Moment
    settled_at: Moment | None


class Replayed(Struct, frozen=True):
    """What is sent again."""

    deliveries: Annotated[int | None, Meta(description="How many; null for events, which are read again.")]


show_subscription = show_as(WebhookSubscription)
show_delivery = show_as(WebhookDelivery)


async def list_webhook_subscriptions(call: Call, query: SubscriptionQuery) -> Listing[WebhookSubscription]:
    """List webhook subscriptions, newest first."""
    found = await notifications.list_subscriptions(call.session, call.actor, chain_id=query.chain_id)
    return cut_page(found, query, show_subscription)


async def create_webhook_subscription(call: Call, body: NewWebhookSubscription) -> MadeWebhookSubscription:
    """Make a webhook subscription, which receives events from now on.

    Its secret is in this answer and nowhere else.
    """
    new = notifications.NewSubscription(body.label, body.url, body.event_names, body.enabled)
    (made,) = await notifications.create_subscriptions(
        call.session, call.actor, call.resources, body.chain_id, [new], now=call.now
    )
    return show_made(made)


async def get_webhook_subscription(call: Call, subscription_id: UUID) -> WebhookSubscription:
    """Show a webhook subscription."""
    return show_subscription(await notifications.get_subscription(call.session, call.actor, subscription_id))


async def update_webhook_subscription(
    call: Call, subscription_id: UUID, body: WebhookSubscriptionChange, if_match: int | None
) -> WebhookSubscription:
    """Change a webhook subscription."""
    change = notifications.SubscriptionChange(
        label=body.label, url=body.url, event_names=body.event_names, enabled=body.enabled
    )
    changed = await notifications.update_subscription(
        call.session, call.actor, call.resources, subscription_id, change, version=if_match, now=call.now
    )
    return show_subscription(changed)


async def delete_webhook_subscription(call: Call, subscription_id: UUID, if_match: int | None) -> None:
    """Delete a webhook subscription with all its deliveries, sent or not."""
    await notifications.delete_subscription(call.session, call.actor, subscription_id, version=if_match)


async def rotate_webhook_secret(call: Call, subscription_id: UUID) -> MadeWebhookSubscription:
    """Make a new secret for a webhook subscription.

    The one before signs too for 24 hours; one before that is forgotten at once.
    """
    made = await notifications.rotate_secret(
        call.session, call.actor, call.resources.keys, subscription_id, now=call.now
    )
    return show_made(made)


async def test_webhook_subscription(call: Call, subscription_id: UUID) -> WebhookDelivery:
    """Send a test to a webhook subscription.

    The answer is the delivery, which a worker sends at once; list the deliveries to see what came of it.
    """
    return show_delivery(await notifications.send_test(call.session, call.actor, subscription_id, now=call.now))


async def replay_webhook_deliveries(call: Call, subscription_id: UUID, body: Replay) -> Replayed:
    """Have deliveries, or events, sent again."""
    given = [name for name in body.__struct_fields__ if getattr(body, name) is not None]
    if len(given) != 1:
        raise invalid(Fault("Give exactly one of delivery_ids, failed_since and events_since.", pointer=""))
    if body.delivery_ids is not None:
        ids = body.delivery_ids
        return Replayed(
            await notifications.replay_deliveries(call.session, call.actor, subscription_id, ids, now=call.now)
        )
    if body.failed_since is not None:
        since = body.failed_since
        return Replayed(
            await notifications.replay_failed(call.session, call.actor, subscription_id, since=since, now=call.now)
        )
    assert body.events_since is not None
    await notifications.replay_events(call.session, call.actor, subscription_id, since=body.events_since)
    return Replayed(None)


async def list_webhook_deliveries(call: Call, subscription_id: UUID, query: DeliveryQuery) -> Listing[WebhookDelivery]:
    """List the deliveries of a webhook subscription, newest first."""
    found = await notifications.list_deliveries(
        call.session,
        call.actor,
        subscription_id,
        state=None if query.state is None else notifications.DeliveryState(query.state),
        after=query.after,
        count=query.limit + 1,
    )
    return make_page(found, query.limit, show_delivery)


def show_made(made: notifications.MadeSubscription) -> MadeWebhookSubscription:
    """Return the shape of a subscription with its secret."""
    return MadeWebhookSubscription(show_subscription(made.subscription), made.secret)


EXAMPLE = {
    "chain_id": "0190b3c4-5d6e-7f80-9123-456789abcdef",
    "label": "CRM",
    "url": "https://crm.example.com/tessera",
    "event_names": ["membership.created", "balance.updated"],
}
BASE = "/webhook-subscriptions"
ONE = f"{BASE}/{{subscription_id}}"
REPLAY = {"failed_since": "2031-01-01T00:00:00Z"}
ROUTES = (
    Route("GET", BASE, "webhooks:read", list_webhook_subscriptions),
    Route(
        "POST",
        BASE,
        "webhooks:write",
        create_webhook_subscription,
        status=201,
        example=EXAMPLE,
        made="/subscription/id",
    ),
    Route("GET", ONE, "webhooks:read", get_webhook_subscription),
    Route("PATCH", ONE, "webhooks:write", update_webhook_subscription, example={"enabled": True}),
    Route("DELETE", ONE, "webhooks:admin", delete_webhook_subscription),
    Route("POST", f"{ONE}/rotate-secret", "webhooks:admin", rotate_webhook_secret),
    Route("POST", f"{ONE}/test", "webhooks:write", test_webhook_subscription, status=201),
    Route("POST", f"{ONE}/replay", "webhooks:write", replay_webhook_deliveries, example=REPLAY),
    Route("GET", f"{ONE}/deliveries", "webhooks:read", list_webhook_deliveries),
)
