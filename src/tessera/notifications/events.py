"""Names of what happens in this room. They are public API and never change."""

SUBSCRIPTION_CREATED = "webhooks.subscription.created"
SUBSCRIPTION_CHANGED = "webhooks.subscription.changed"
SUBSCRIPTION_DELETED = "webhooks.subscription.deleted"
SUBSCRIPTION_DISABLED = "webhooks.subscription.disabled"
SUBSCRIPTION_TESTED = "webhooks.subscription.tested"
