"""What may be permitted about outgoing mail."""

from tessera.platform.permissions import Resource

RESOURCES = (
    Resource("mail", "Outgoing mail", {"read": "read outgoing mails, never the links in them that grant access"}),
)
