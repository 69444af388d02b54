"""What may be permitted about HTTP templates."""

from tessera.platform.permissions import Resource

RESOURCES = (
    Resource(
        "http-templates",
        "HTTP Templates",
        {
            "read": "read and preview templates",
            "write": "create and change templates, and send tests",
            "admin": "delete templates",
        },
    ),
)
