"""What an export would send if it ran now: how many rows, and what leaves first. Nothing is stored or sent."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.exports.contract import KindPreview
    from tessera.exports.previews.definition_previews import (
        DefinitionPreview,
        OpenedPreview,
        open_preview,
        preview_change,
        preview_new,
    )
    from tessera.exports.snapshots import list_columns
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "DefinitionPreview",
    "KindPreview",
    "OpenedPreview",
    "list_columns",
    "open_preview",
    "preview_change",
    "preview_new",
]
