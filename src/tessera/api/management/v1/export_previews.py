"""What leaves first of an export, on the wire."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from tessera.exports.previews import DefinitionPreview


class UnfitExportRow(Struct, frozen=True):
    """One of the first rows that would not leave."""

    row: Annotated[int, Meta(description="Its number, from 1.")]
    code: str
    message: str


class ExportStart(Struct, frozen=True):
    """What leaves first: a request, or the head of a file, with secrets masked."""

    title: Annotated[str | None, Meta(description="Method and address, or the name of the file; null: nothing leaves.")]
    headers: Annotated[Sequence[tuple[str, str]], Meta(description="Those of a request.")]
    text: Annotated[str | None, Meta(description="The body, or the first lines of the file.")]
    rows: Annotated[int, Meta(description="How many rows the text holds.")]
    bytes: Annotated[int, Meta(description="How long the body or the part of the file is.")]
    failures: Sequence[UnfitExportRow]


class ExportPreview(Struct, frozen=True):
    """What a run would select now, and what would leave first."""

    rows: Annotated[int, Meta(description="Selected now; where only changes are sent, fewer of them leave.")]
    first: Annotated[ExportStart | None, Meta(description="Null where the kind shows nothing.")]


def show_preview(preview: DefinitionPreview) -> ExportPreview:
    """Return the shape of a preview."""
    first = preview.first
    if first is None:
        return ExportPreview(preview.rows, None)
    failures = [UnfitExportRow(*each) for each in first.failures]
    return ExportPreview(
        preview.rows, ExportStart(first.title, first.headers, first.text, first.rows, first.size, failures)
    )
