"""What may be permitted about the audit trail."""

from tessera.platform.permissions import Resource

RESOURCES = (Resource("audit", "Audit", {"read": "read the audit trail"}),)
