"""Names of what happens in this room. They are public API and never change."""

SUBSCRIPTION_CREATED = "webhook_subscription.created"
SUBSCRIPTION_UPDATED = "webhook_subscription.updated"
SUBSCRIPTION_DELETED = "webhook_subscription.deleted"
SUBSCRIPTION_DISABLED = "webhook_subscription.disabled"
SUBSCRIPTION_TESTED = "webhook_subscription.tested"
