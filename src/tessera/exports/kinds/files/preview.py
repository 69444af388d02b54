"""What the file of a definition looks like: its name, and its first lines. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.exports.contract import Destination
from tessera.exports.kinds.files.document import read_document
from tessera.platform.formats import NameFacts, render_names, render_preview


@dataclass(frozen=True, slots=True)
class FilePreview:
    """The name and the first lines of a file; those of a workbook with tabs between the cells."""

    name: str
    text: str


def preview_file(
    destination: Destination, rows: Sequence[Sequence[Any]], *, internal_name: str, now: datetime
) -> FilePreview:
    """Return the name that a run of this moment would give, and how its rows begin; values are those of JSON."""
    document = read_document(destination.document)
    facts = NameFacts(internal_name, now, document.zone, UUID(int=0), 1)
    if document.positions is not None:
        rows = [[row[position] for position in document.positions] for row in rows]
    names = render_names(document.options, facts)
    folder = f"{document.folder}/" if document.folder else ""
    return FilePreview(folder + names.final, render_preview(document.options, document.columns, rows))
