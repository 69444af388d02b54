"""The audit log: who changed what, from what to what."""

from tessera.web.audit.pages import list_audit_trail, show_audit_entry

PAGES = (list_audit_trail, show_audit_entry)

__all__ = ["PAGES"]
