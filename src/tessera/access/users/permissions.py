"""What may be permitted about users."""

from tessera.platform.permissions import Resource

RESOURCES = (
    Resource(
        "users",
        "Users",
        {"read": "list users", "admin": "create and change users, set their passwords, end their sessions"},
    ),
)
