"""What may be permitted about webhooks."""

from tessera.platform.permissions import Resource

RESOURCES = (
    Resource(
        "webhooks",
        "Webhooks",
        {
            "read": "read webhook subscriptions and deliveries, never their secrets",
            "write": "make and change webhook subscriptions, test them, replay deliveries",
            "admin": "delete webhook subscriptions and rotate their secrets",
        },
    ),
)
