"""What may be permitted about connection profiles."""

from tessera.platform.permissions import Resource

RESOURCES = (
    Resource(
        "connection-profiles",
        "Connection Profiles",
        {
            "read": "read connection profiles, never their secrets",
            "write": "create, change, copy and test connection profiles, and rotate their tokens",
            "admin": "delete connection profiles",
        },
    ),
)
