"""What may be permitted about encryption keys."""

from tessera.platform.permissions import Resource

RESOURCES = (
    Resource(
        "encryption-keys",
        "Encryption Keys",
        {
            "read": "read encryption keys, never their material",
            "write": "create and change encryption keys",
            "admin": "delete encryption keys",
        },
    ),
)
