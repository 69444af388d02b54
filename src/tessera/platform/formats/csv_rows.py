"""Rows as CSV. A column of a block is converted at once, so that few steps run in Python for each value.

A null is never quoted, and a text that reads like one always is, as in PostgreSQL's COPY: a reader can keep both apart.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from types import NoneType
from typing import Any

from tessera.platform.formats.encodings import ENCODINGS, missing_character
from tessera.platform.formats.errors import FileValueInvalidError
from tessera.platform.formats.options import FileColumn, FileOptions, MissingCharacters, Quoting
from tessera.platform.json_values import Numeral, text_of

TEXTS: set[type] = {str}
NUMBERS: set[type] = {int, Decimal, Numeral}
BOOLEANS: set[type] = {bool}
WORDS = {True: "true", False: "false"}


class CsvRows:
    """Renders blocks of rows."""

    def __init__(self, options: FileOptions, columns: Sequence[FileColumn]) -> None:
        self._titles = [options.title_of(column) for column in columns]
        self._has_header = options.header
        self._encoding = ENCODINGS[options.encoding]
        self._replaces = options.missing_characters is MissingCharacters.REPLACE
        self._delimiter, self._quote, self._end = options.delimiter, options.quote, options.line_end.text
        self._all = options.quoting is Quoting.ALL
        self._special = f"{self._delimiter}{self._quote}\r\n"
        self._null_text = options.null_text
        # No delimiter or quote that is allowed occurs in a number.
        self._numbers_are_plain = not self._all and not any(map(str.isdigit, self._null_text))
        # Readers skip an empty line, and the row with it.
        self._null = options.null_text or (self._quote * 2 if len(columns) == 1 else "")

    def begin(self) -> bytes:
        """Return what stands before the first row."""
        return self._encoding.mark + (self.render([self._titles], 0) if self._has_header else b"")

    def render(self, rows: Sequence[Sequence[Any]], first: int) -> bytes:
        """Return rows as bytes; `first` is the number of the first one."""
        if not rows:
            return b""
        columns = [self._cells(values) for values in zip(*rows, strict=True)]
        text = self._end.join(map(self._delimiter.join, zip(*columns, strict=True))) + self._end
        try:
            return self._encoding.encode(text, replace=self._replaces)
        except UnicodeEncodeError:
            raise self._fault(rows, first) from None

    def end(self) -> bytes:
        """Return what stands behind the last row."""
        return b""

    def _cells(self, values: Sequence[Any]) -> Sequence[str]:
        """Return a column's values as the file holds them."""
        kinds = set(map(type, values))
        has_nulls = NoneType in kinds
        kinds.discard(NoneType)
        if kinds <= NUMBERS and self._numbers_are_plain:
            return [self._null if value is None else str(value) for value in values]
        texts = self._quoted(texts_of(values, kinds, has_nulls=has_nulls))
        if not has_nulls:
            return texts
        return [self._null if value is None else text for value, text in zip(values, texts, strict=True)]

    def _quoted(self, texts: Sequence[str]) -> Sequence[str]:
        """Return texts in quotes where they need them."""
        quote, doubled = self._quote, self._quote * 2
        if self._all:
            return [f"{quote}{text.replace(quote, doubled)}{quote}" for text in texts]
        # Mostly nothing is special, and a long text is searched for a character quicker than many short ones.
        whole = "".join(texts)
        found = [character for character in self._special if character in whole]
        if not found and self._null_text not in texts:
            return texts
        special = re.compile(f"[{re.escape(''.join(found))}]").search if found else is_never
        null_text = self._null_text
        return [
            f"{quote}{text.replace(quote, doubled)}{quote}" if text == null_text or special(text) else text
            for text in texts
        ]

    def _fault(self, rows: Sequence[Sequence[Any]], first: int) -> FileValueInvalidError:
        """Name the first value with a character that the encoding lacks."""
        for number, row in enumerate(rows, first):
            for title, value in zip(self._titles, row, strict=True):
                missing = missing_character(text_of(value), self._encoding)
                if missing is not None:
                    return lacking_fault(number, title, missing, self._encoding.label)
        raise AssertionError("no value has the character that the block has")


def texts_of(values: Sequence[Any], kinds: set[type], *, has_nulls: bool) -> Sequence[str]:
    """Return values as texts, a null as an empty one."""
    if kinds <= TEXTS:
        return [value or "" for value in values] if has_nulls else values
    convert = str if kinds <= NUMBERS else WORDS.__getitem__ if kinds <= BOOLEANS else text_of
    return ["" if value is None else convert(value) for value in values]


def is_never(_text: str) -> bool:
    """Say that nothing is special."""
    return False


def lacking_fault(number: int, title: str, character: str, encoding: str) -> FileValueInvalidError:
    """Say which character of which value has no place in the encoding."""
    place = f"Row {number:,}" if number else "The header"
    shown = f"“{character}” " if character.isprintable() else ""
    return FileValueInvalidError(
        f"{place}, column {title}: the character {shown}(U+{ord(character):04X}) is not in {encoding}. "
        "Choose UTF-8, or let missing characters be replaced.",
        row=number,
        column=title,
    )
