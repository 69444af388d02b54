"""What may be permitted about saved queries."""

from tessera.platform.permissions import Resource

RESOURCES = (
    Resource(
        "queries",
        "Queries",
        {
            "read": "read, preview and count saved queries",
            "write": "create and change saved queries",
            "admin": "delete saved queries",
        },
    ),
)
