"""What may be permitted about webhooks and notices."""

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
    Resource(
        "notices",
        "Notices",
        {
            "read": "read notices: who was notified of what, and what became of it",
            "write": "send test notices",
        },
    ),
)
