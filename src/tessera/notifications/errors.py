"""What can go wrong with webhooks and notices.

Not found: webhook_subscription_not_found, webhook_subscription_chain_not_found, webhook_delivery_not_found,
           notice_chain_not_found
Invalid: webhook_label_invalid, webhook_url_invalid, webhook_events_invalid, notice_addresses_invalid,
         notice_rules_invalid, notice_channel_not_found
Unavailable: notice_tests_limited
Conflict: webhook_subscription_disabled
"""

from tessera.platform.errors import ConflictError, InvalidError, NotFoundError, UnavailableError


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


class NoticeChainError(NotFoundError):
    """No chain within reach for the notice."""

    code = "notice_chain_not_found"


class NoticeAddressesError(InvalidError):
    """Something among the addresses of a notice is not a mail address, or there are too many."""

    code = "notice_addresses_invalid"


class NoticeRulesError(InvalidError):
    """What was given about who gets notices cannot be used; the faults say what, and where."""

    code = "notice_rules_invalid"


class ChannelNotFoundError(InvalidError):
    """No such channel."""

    code = "notice_channel_not_found"


class NoticeTestsLimitedError(UnavailableError):
    """Too many test notices in a short time."""

    code = "notice_tests_limited"
