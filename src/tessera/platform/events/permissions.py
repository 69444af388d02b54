"""What may be permitted about the change feed."""

from tessera.platform.permissions import Resource

RESOURCES = (Resource("events", "Events", {"read": "read the change feed"}),)
