"""What may be permitted about roles."""

from tessera.platform.permissions import Resource

RESOURCES = (Resource("roles", "Roles", {"read": "read roles", "admin": "create, change and delete roles"}),)
