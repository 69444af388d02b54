"""What can go wrong with webhooks.

Not found: webhook_subscription_not_found, webhook_subscription_chain_not_found, webhook_delivery_not_found
Invalid: webhook_label_invalid, webhook_url_invalid, webhook_events_invalid
Conflict: webhook_subscription_disabled
"""

from tessera.platform.errors import ConflictError, InvalidError, NotFoundError


class SubscriptionNotFoundError(NotFoundError):
    """No such webhook subscription within reach."""

    code = "webhook_subscription_not_found"


class DeliveryNotFoundError(NotFoundError):
    """The webhook subscription has no such delivery; settled ones are kept for some days only."""

    code = "webhook_delivery_not_found"


class SubscriptionChainError(NotFoundError):
    """No chain within reach for the webhook subscription."""

    code = "webhook_subscription_chain_not_found"


class LabelInvalidError(InvalidError):
    """A webhook subscription's label is empty or too long."""

    code = "webhook_label_invalid"


class WebhookUrlError(InvalidError):
    """This deployment cannot call the URL of a webhook subscription."""

    code = "webhook_url_invalid"


class EventNamesError(InvalidError):
    """A webhook subscription names something that is not an event."""

    code = "webhook_events_invalid"


class SubscriptionDisabledError(ConflictError):
    """The webhook subscription is disabled."""

    code = "webhook_subscription_disabled"
