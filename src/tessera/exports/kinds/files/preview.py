"""What the file of a definition looks like: its name, and its first lines."""

from uuid import UUID

from tessera.exports.contract import Checking, Destination, FirstRows, KindPreview
from tessera.exports.kinds.files.document import read_document
from tessera.platform.formats import FileValueInvalidError, NameFacts, render_names, render_preview

# So many rows tell how a file looks.
MOST_ROWS = 20


async def preview_file(_: Checking, destination: Destination, first: FirstRows) -> KindPreview:
    """Return the name that a run of this moment would give, and how its rows begin; a workbook's with tabs between."""
    document, rows = read_document(destination.document), first.rows[:MOST_ROWS]
    facts = NameFacts(first.definition, first.at, document.zone, UUID(int=0), 1)
    names = render_names(document.options, facts)
    title = f"{document.folder}/{names.final}" if document.folder else names.final
    if document.positions is not None:
        rows = [[row[position] for position in document.positions] for row in rows]
    try:
        text = render_preview(document.options, document.columns, rows)
    except FileValueInvalidError as error:
        return KindPreview(title, failures=[(int(str(error.details["row"])), error.code, error.message)])
    return KindPreview(title, text, rows=len(rows), size=len(text.encode()))
