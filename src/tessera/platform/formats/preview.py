"""The first lines of a file, as text for people. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tessera.platform.formats.csv_rows import CsvRows
from tessera.platform.formats.encodings import ENCODINGS
from tessera.platform.formats.json_lines import JsonLines
from tessera.platform.formats.options import FileColumn, FileFormat, FileOptions


def render_preview(options: FileOptions, columns: Sequence[FileColumn], rows: Sequence[Sequence[Any]]) -> str:
    """Return the beginning of the file before it is packed; the cells of a workbook with tabs between."""
    if options.format is FileFormat.JSON_LINES:
        return JsonLines(options, columns).render(rows, 1).decode()
    if options.format is FileFormat.XLSX:
        options = replace(options, delimiter="\t", quote='"', encoding="utf-8", null_text="")
    lines, encoding = CsvRows(options, columns), ENCODINGS[options.encoding]
    return (lines.begin() + lines.render(rows, 1)).removeprefix(encoding.mark).decode(encoding.codec)
