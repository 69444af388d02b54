"""The audit trail: who changed what, from what to what. Append-only."""

from tessera.platform.audit.entries import Entry, record_entries
from tessera.platform.audit.reading import (
    AuditEntryNotFoundError,
    KeptEntry,
    TrailFilter,
    count_entries,
    get_entry,
    list_entries,
    list_words,
)
from tessera.platform.audit.retention import forget_old_entries

__all__ = [
    "AuditEntryNotFoundError",
    "Entry",
    "KeptEntry",
    "TrailFilter",
    "count_entries",
    "forget_old_entries",
    "get_entry",
    "list_entries",
    "list_words",
    "record_entries",
]
