"""What may be permitted about API keys and connector tokens."""

from tessera.platform.permissions import Resource

RESOURCES = (
    Resource(
        "api-keys",
        "API keys",
        {"read": "list API keys, never the keys themselves", "admin": "make, switch and revoke API keys"},
    ),
    Resource(
        "connector-tokens",
        "Connector tokens",
        {
            "read": "list credentials of Connector API clients, never the tokens themselves",
            "admin": "make, switch and revoke credentials of Connector API clients",
        },
    ),
)
