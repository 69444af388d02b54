"""What can go wrong with webhooks.

Not found: subscription_not_found, delivery_not_found
Invalid: webhook_label_invalid, webhook_url_invalid, webhook_events_invalid
Conflict: subscription_disabled
"""

from tessera.platform.errors import ConflictError, InvalidError, NotFoundError


class SubscriptionNotFoundError(NotFoundError):
    """No such webhook subscription within reach."""

    code = "subscription_not_found"


class DeliveryNotFoundError(NotFoundError):
    """The webhook subscription has no such delivery; settled ones are kept for some days only."""

    code = "delivery_not_found"


class SubscriptionChainError(NotFoundError):
    """No chain within reach for the webhook subscription."""

    code = "subscription_chain_unknown"


class LabelInvalidError(InvalidError):
    """A webhook subscription's label is empty or too long."""

    code = "webhook_label_invalid"


class WebhookUrlError(InvalidError):
    """A webhook subscription's URL is none that this deployment calls."""

    code = "webhook_url_invalid"


class EventNamesError(InvalidError):
    """A webhook subscription names something that is no event."""

    code = "webhook_events_invalid"


class SubscriptionDisabledError(ConflictError):
    """The webhook subscription is switched off."""

    code = "subscription_disabled"
