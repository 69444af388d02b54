"""A file as it is written: blocks of rows in, bytes out, facts at the end. Only one block is in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from types import TracebackType
from typing import Any, Protocol, Self

import msgspec

from tessera.platform.formats.containers import Measured, Sink, Stage, Zip, open_container
from tessera.platform.formats.csv_rows import CsvRows
from tessera.platform.formats.json_lines import JsonLines
from tessera.platform.formats.options import FileColumn, FileFormat, FileOptions
from tessera.platform.formats.xlsx import PARTS, SHEET_PART, XlsxRows
from tessera.platform.json_values import decode_block

text_decoder = msgspec.json.Decoder(list[list[Any]], float_hook=str)


def decode_texts(block: bytes) -> list[list[Any]]:
    """Return rows whose numbers stay the texts that they are spelled with: a CSV file has no other use for them."""
    try:
        return text_decoder.decode(block)
    except (msgspec.DecodeError, RecursionError):
        return decode_block(block)  # which says what is wrong


class RowFormat(Protocol):
    """How rows become bytes."""

    def begin(self) -> bytes:
        """Return what stands before the first row."""

    def render(self, rows: Sequence[Sequence[Any]], first: int) -> bytes:
        """Return rows as bytes; `first` is the number of the first one."""

    def end(self) -> bytes:
        """Return what stands behind the last row."""


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """What was written; `rows` does not count the header, `checksum` is the SHA-256 of all bytes."""

    rows: int
    size: int
    checksum: str


class FileWriter:
    """Writes one file into a sink. Leaving the context by an error writes nothing more.

    `inner_name` is what the file is called inside a zip file, and `large` says that there it may exceed 2 GB; see `Zip`
    for why not always. `positions` says where in a row the columns stand, None where a row holds them alone and in
    this order. The options must have passed `check_options`.
    """

    def __init__(
        self,
        options: FileOptions,
        columns: Sequence[FileColumn],
        sink: Sink,
        *,
        inner_name: str = "rows",
        large: bool = False,
        positions: Sequence[int] | None = None,
    ) -> None:
        self._measured = Measured(sink)
        self._pick = None if positions is None else make_picker(positions)
        self._rows = 0
        self._format = open_format(options, columns)
        beginning = self._format.begin()
        # Numbers inside JSON columns are written again, so they stay numbers.
        as_texts = options.format is FileFormat.CSV and all(column.type != "json" for column in columns)
        self._decode = decode_texts if as_texts else decode_block
        container = open_container(options.container, self._measured, inner_name, large=large)
        self._stages: list[Stage] = [container]
        if options.format is FileFormat.XLSX:
            self._stages.insert(0, Zip(container, SHEET_PART, before=PARTS))
        self._stages[0].write(beginning)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._measured.cut()
        self._end_stages()

    @property
    def rows(self) -> int:
        """How many rows were written so far."""
        return self._rows

    @property
    def size(self) -> int:
        """How many bytes have left so far."""
        return self._measured.size

    def write_rows(self, rows: Sequence[Sequence[Any]]) -> None:
        """Write rows of JSON values, as `decode_rows` gives them."""
        if self._pick is not None:
            rows = [self._pick(row) for row in rows]
        if rows:
            self._stages[0].write(self._format.render(rows, self._rows + 1))
            self._rows += len(rows)

    def write_block(self, block: bytes) -> None:
        """Write rows from a JSON array of arrays: the same bytes as `write_rows`, sooner."""
        self.write_rows(self._decode(block))

    def finish(self) -> WrittenFile:
        """Write the end of the file, and say what was written."""
        self._stages[0].write(self._format.end())
        self._end_stages()
        return WrittenFile(self._rows, self._measured.size, self._measured.checksum)

    def _end_stages(self) -> None:
        """End what is not ended, from the rows to the sink."""
        while self._stages:
            self._stages.pop(0).end()


def make_picker(positions: Sequence[int]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Return what takes the values at these positions out of a row."""
    if len(positions) == 1:
        return lambda row: (row[positions[0]],)
    return itemgetter(*positions)


def open_format(options: FileOptions, columns: Sequence[FileColumn]) -> RowFormat:
    """Return what renders rows."""
    formats: dict[FileFormat, type[CsvRows | JsonLines | XlsxRows]] = {
        FileFormat.CSV: CsvRows,
        FileFormat.JSON_LINES: JsonLines,
        FileFormat.XLSX: XlsxRows,
    }
    return formats[options.format](options, columns)
