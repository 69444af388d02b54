"""The audit log: who changed what, from what to what. Append-only."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.audit.entries import Entry, record_entries
    from tessera.platform.audit.jobs import background_work
    from tessera.platform.audit.log import (
        AuditEntryNotFoundError,
        KeptEntry,
        TrailFilter,
        count_entries,
        get_entry,
        list_entries,
        list_entries_about,
        list_words,
    )
    from tessera.platform.audit.retention import purge_entries
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "AuditEntryNotFoundError",
    "Entry",
    "KeptEntry",
    "TrailFilter",
    "background_work",
    "count_entries",
    "get_entry",
    "list_entries",
    "list_entries_about",
    "list_words",
    "purge_entries",
    "record_entries",
]
