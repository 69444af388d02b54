"""The audit trail: who changed what, from what to what. Append-only."""

from tessera.platform.audit.entries import Entry, record_entries

__all__ = ["Entry", "record_entries"]
