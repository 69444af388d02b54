"""What may be permitted about the audit log."""

from tessera.platform.permissions import Resource

RESOURCES = (Resource("audit", "Audit", {"read": "read the audit log"}),)
