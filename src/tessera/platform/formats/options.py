"""How a file is to be written: everything a person chooses, as one value that JSON converts to and from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

DEFAULT_PATTERN = "{internal_name}_{date:%Y%m%d}_{time:%H%M%S}"


class FileFormat(StrEnum):
    """How rows become bytes."""

    CSV = "csv"
    JSON_LINES = "json_lines"
    XLSX = "xlsx"


class Quoting(StrEnum):
    """Which values of a CSV file are quoted."""

    MINIMAL = "minimal"
    ALL = "all"


class LineEnd(StrEnum):
    """What ends a row of a CSV file."""

    LF = "lf"
    CRLF = "crlf"

    @property
    def text(self) -> str:
        """The characters themselves."""
        return "\n" if self is LineEnd.LF else "\r\n"


class MissingCharacters(StrEnum):
    """What happens to a character that the encoding lacks."""

    FAIL = "fail"
    REPLACE = "replace"


class Container(StrEnum):
    """What the file is packed into."""

    NONE = "none"
    GZIP = "gzip"
    ZIP = "zip"


class Encryption(StrEnum):
    """Whether the file is encrypted by OpenPGP, and in which form; the keys are named elsewhere."""

    NONE = "none"
    BINARY = "binary"
    ARMORED = "armored"


class EmptyResult(StrEnum):
    """What a run without rows does."""

    SEND = "send"
    SKIP = "skip"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class FileColumn:
    """A column of the rows; `type` is one of text, int, decimal, float, bool, date, timestamp, json, uuid."""

    name: str
    type: str = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """How a file is written. What a format does not use is ignored: JSON Lines has neither delimiter nor header."""

    name_pattern: str = DEFAULT_PATTERN
    format: FileFormat = FileFormat.CSV
    delimiter: str = ","
    quote: str = '"'
    quoting: Quoting = Quoting.MINIMAL
    header: bool = True
    titles: Mapping[str, str] = field(default_factory=dict)
    """Names in the file for columns that shall have another than their own."""
    encoding: str = "utf-8"
    missing_characters: MissingCharacters = MissingCharacters.FAIL
    line_end: LineEnd = LineEnd.LF
    null_text: str = ""
    container: Container = Container.NONE
    encryption: Encryption = Encryption.NONE
    control_file: bool = False
    empty_result: EmptyResult = EmptyResult.SEND

    def title_of(self, column: FileColumn) -> str:
        """Return the name of a column in the file."""
        return self.titles.get(column.name, column.name)

    @property
    def header_rows(self) -> int:
        """How many rows stand before the first one with data."""
        return 1 if self.header and self.format is not FileFormat.JSON_LINES else 0
