"""What may be permitted about exports."""

from tessera.platform.permissions import Resource

RESOURCES = (
    Resource(
        "exports",
        "Exports",
        {
            "read": "read export definitions, runs and their logs",
            "write": "create and change definitions; start, release and cancel runs",
            "admin": "delete export definitions",
        },
    ),
)
