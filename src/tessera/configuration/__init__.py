"""Configuration as files: what they describe, how that differs from what is there, and making it so."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.configuration.application import Outcome, apply_configuration
    from tessera.configuration.changes import Action, Change, FieldChange
    from tessera.configuration.documents import Document, read_documents
    from tessera.configuration.errors import ConfigurationError
    from tessera.configuration.scope import Scope, make_scope
    from tessera.configuration.writer import export_configuration
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "Action",
    "Change",
    "ConfigurationError",
    "Document",
    "FieldChange",
    "Outcome",
    "Scope",
    "apply_configuration",
    "export_configuration",
    "make_scope",
    "read_documents",
]
