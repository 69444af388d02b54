"""Files as partners read them: CSV, JSON Lines, XLSX; packed, named and checked. Pure: bytes go to a sink."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.formats.checks import check_options
    from tessera.platform.formats.containers import Sink
    from tessera.platform.formats.encodings import ENCODINGS, Encoding
    from tessera.platform.formats.errors import FileOptionsInvalidError, FileRowsExceededError, FileValueInvalidError
    from tessera.platform.formats.file_names import (
        FileNames,
        NameFacts,
        pattern_fault,
        render_control_file,
        render_names,
    )
    from tessera.platform.formats.options import (
        DEFAULT_PATTERN,
        Container,
        EmptyResult,
        Encryption,
        FileColumn,
        FileFormat,
        FileOptions,
        LineEnd,
        MissingCharacters,
        Quoting,
    )
    from tessera.platform.formats.paths import LONGEST_PART, LONGEST_PATH, WRITING, fault_of
    from tessera.platform.formats.preview import render_preview
    from tessera.platform.formats.writer import FileWriter, WrittenFile
    from tessera.platform.formats.xlsx import MOST_ROWS
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "DEFAULT_PATTERN",
    "ENCODINGS",
    "LONGEST_PART",
    "LONGEST_PATH",
    "MOST_ROWS",
    "WRITING",
    "Container",
    "EmptyResult",
    "Encoding",
    "Encryption",
    "FileColumn",
    "FileFormat",
    "FileNames",
    "FileOptions",
    "FileOptionsInvalidError",
    "FileRowsExceededError",
    "FileValueInvalidError",
    "FileWriter",
    "LineEnd",
    "MissingCharacters",
    "NameFacts",
    "Quoting",
    "Sink",
    "WrittenFile",
    "check_options",
    "fault_of",
    "pattern_fault",
    "render_control_file",
    "render_names",
    "render_preview",
]
