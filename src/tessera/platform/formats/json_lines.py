"""Rows as JSON Lines: an object for each row, by column name, with every digit as it was written."""

from collections.abc import Sequence
from typing import Any

import msgspec

from tessera.platform.formats.csv_rows import lacking_fault
from tessera.platform.formats.encodings import ENCODINGS, missing_character
from tessera.platform.formats.options import FileColumn, FileOptions
from tessera.platform.json_values import text_of, write_numeral

UTF_8 = ENCODINGS["utf-8"]


class JsonLines:
    """Renders blocks of rows; JSON is UTF-8, whatever the options say."""

    def __init__(self, options: FileOptions, columns: Sequence[FileColumn]) -> None:
        self._titles = [options.title_of(column) for column in columns]
        self._encode = msgspec.json.Encoder(decimal_format="number", enc_hook=write_numeral).encode_lines

    def begin(self) -> bytes:
        """Return what stands before the first row."""
        return b""

    def render(self, rows: Sequence[Sequence[Any]], first: int) -> bytes:
        """Return rows as bytes; `first` is the number of the first one."""
        titles = self._titles
        try:
            return self._encode([dict(zip(titles, row, strict=True)) for row in rows])
        except UnicodeEncodeError:
            for number, row in enumerate(rows, first):
                for title, value in zip(titles, row, strict=True):
                    missing = missing_in(value)
                    if missing is not None:
                        raise lacking_fault(number, title, missing, UTF_8.label) from None
            raise

    def end(self) -> bytes:
        """Return what stands behind the last row."""
        return b""


def missing_in(value: Any) -> str | None:
    """Return a character of a value that UTF-8 lacks: half of a surrogate pair."""
    try:
        return missing_character(text_of(value), UTF_8)
    except UnicodeEncodeError as error:
        return error.object[error.start]
