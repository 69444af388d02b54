"""The settings of a definition whose runs leave as files. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tessera.connectors.contract import (
    MappingLayout,
    MappingRow,
    MappingShape,
    Property,
    PropertyKind,
    get_connector,
)
from tessera.exports.errors import DefinitionInvalidError
from tessera.platform.formats import (
    DEFAULT_PATTERN,
    ENCODINGS,
    LONGEST_PART,
    LONGEST_PATH,
    Container,
    EmptyResult,
    Encryption,
    FileFormat,
    FileOptions,
    LineEnd,
    MissingCharacters,
    Quoting,
    fault_of,
)

# A tab is typed as a word: fields and files of settings lose blanks at the ends of a text.
TAB = "tab"
RECIPIENT, SECOND_RECIPIENT, SIGNING_KEY = "recipient", "second_recipient", "signing_key"
LONGEST_FOLDER = LONGEST_PATH - LONGEST_PART - len("/")
COLUMN_FIELDS = frozenset({"column", "name"})


def clean_folder(text: str) -> str:
    """Return a folder without slashes at its ends."""
    folder = "/".join(part for part in text.split("/") if part not in ("", "."))
    fault = fault_of(folder)
    if fault:
        raise ValueError(fault)
    if len(folder.encode()) > LONGEST_FOLDER:
        raise ValueError(f"A folder has at most {LONGEST_FOLDER} bytes. Shorten it.")
    return folder


def clean_zone(text: str) -> str:
    """Return the name of a time zone."""
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"There is no time zone {text[:50]}. Write it like Europe/London.") from None


def to_rows(columns: Any) -> list[dict[str, str]]:
    """Return the rows of the grid for columns that are stored, or still typed."""
    named = [{"column": each} if isinstance(each, str) else each for each in columns]
    return [{"source": str(each.get("column", "")), "target": str(each.get("name", ""))} for each in named]


def from_rows(rows: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return the columns that rows of the grid stand for; one without a name keeps its own."""
    return [{"column": row["source"], "name": row["target"] or row["source"]} for row in rows]


def propose_rows(sources: Sequence[str]) -> list[MappingRow]:
    """Return a row for each column of the query."""
    return [MappingRow(source, "", source) for source in sources]


def clean_columns(value: Any) -> list[dict[str, str]]:
    """Return the columns of the file, each with its name there; a text alone is a column that keeps its own."""
    if not isinstance(value, list) or not value:
        raise ValueError('Give a list of columns: {"column": …, "name": …}, or leave it empty for all.')
    columns = [{"column": each} if isinstance(each, str) else each for each in value]
    for each in columns:
        if (
            not isinstance(each, Mapping)
            or not {"column"} <= set(each) <= COLUMN_FIELDS
            or not all(isinstance(part, str) for part in each.values())
        ):
            raise ValueError('Each column reads {"column": …, "name": …}; without a name it keeps its own.')
    names = [each["column"] for each in columns]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"The column {twice[0][:100]} is listed twice. Take one away.")
    return [{"column": each["column"], "name": each.get("name") or each["column"]} for each in columns]


def choice(key: str, label: str, about: str, default: str, labels: Mapping[str, str]) -> Property:
    """Return a property with choices."""
    return Property(
        key, label, about, PropertyKind.ENUM, default=default, choices=tuple(labels), choice_labels=dict(labels)
    )


FOLDER = Property(
    "folder",
    "Folder",
    "Below the root path of the connection profile; it is made where it is missing. Empty: the root path itself.",
    PropertyKind.TEXT,
    default="",
    clean=clean_folder,
)
COLUMNS = Property(
    "columns",
    "Columns",
    "Columns of the file in their order, each with its name there. Without any: all, in the order of the query.",
    PropertyKind.MAPPING,
    clean=clean_columns,
    mapping=MappingLayout(
        (),
        propose=propose_rows,
        source_label="Column",
        target_label="Name in the file",
        shape=MappingShape(to_rows, from_rows, {"column": "source", "name": "target"}),
    ),
)
PATTERN = Property(
    "name_pattern",
    "File name",
    "With {internal_name}, {date:%Y%m%d}, {time:%H%M%S}, {run_id}, {seq:6}. The extension is added.",
    PropertyKind.TEXT,
    default=DEFAULT_PATTERN,
)
ZONE = Property(
    "time_zone",
    "Time zone of the name",
    "In which date and time of the file name are read.",
    PropertyKind.TEXT,
    default="UTC",
    clean=clean_zone,
)
CONTENT = (
    choice(
        "format",
        "Format",
        "How rows become a file.",
        FileFormat.CSV,
        {FileFormat.CSV: "CSV", FileFormat.JSON_LINES: "JSON Lines", FileFormat.XLSX: "XLSX (Excel)"},
    ),
    Property("delimiter", "Delimiter", "CSV: one character, or the word tab.", PropertyKind.TEXT, default=","),
    Property("quote", "Quote character", "CSV: around values that need it.", PropertyKind.TEXT, default='"'),
    choice(
        "quoting",
        "Quoting",
        "CSV: which values are quoted.",
        Quoting.MINIMAL,
        {Quoting.MINIMAL: "Values that need it", Quoting.ALL: "Every value"},
    ),
    Property("header", "Header row", "The first row holds the names of the columns.", PropertyKind.BOOL, default=True),
    choice(
        "encoding",
        "Encoding",
        "CSV: how characters are written.",
        "utf-8",
        {key: encoding.label for key, encoding in ENCODINGS.items()},
    ),
    choice(
        "missing_characters",
        "Characters that the encoding lacks",
        "What happens to them.",
        MissingCharacters.FAIL,
        {MissingCharacters.FAIL: "The run fails and names the row", MissingCharacters.REPLACE: "A question mark"},
    ),
    choice(
        "line_end",
        "Line end",
        "CSV: what ends a row.",
        LineEnd.LF,
        {LineEnd.LF: "LF (Unix)", LineEnd.CRLF: "CRLF (Windows)"},
    ),
    Property("null_text", "Text for nulls", "CSV: empty is usual.", PropertyKind.TEXT, default=""),
)
PACKING = (
    choice(
        "container",
        "Compression",
        "What the file is packed into.",
        Container.NONE,
        {Container.NONE: "None", Container.GZIP: "gzip", Container.ZIP: "zip"},
    ),
    Property(
        RECIPIENT,
        "Encrypt to",
        "PGP public key of the receiver. Empty: the file is not encrypted.",
        PropertyKind.REFERENCE,
        refers_to="encryption_key:pgp_public_key",
    ),
    Property(
        SECOND_RECIPIENT,
        "Encrypt also to",
        "A second PGP public key whose owner can open the file too, such as your own.",
        PropertyKind.REFERENCE,
        refers_to="encryption_key:pgp_public_key",
    ),
    Property(
        SIGNING_KEY,
        "Sign with",
        "PGP private key that proves who made the file; encrypted files only.",
        PropertyKind.REFERENCE,
        refers_to="encryption_key:pgp_private_key",
    ),
    Property(
        "armored",
        "Encrypted as text",
        "The encrypted file is text (.asc) instead of binary (.pgp).",
        PropertyKind.BOOL,
        default=False,
    ),
)
CONTROL = Property(
    "control_file",
    "Control file",
    "After the file, one of the same name with the ending .control, which holds the number of rows with the header.",
    PropertyKind.BOOL,
    default=False,
)
EMPTY = choice(
    "empty_result",
    "Without rows",
    "What a run does that has no rows to send.",
    EmptyResult.SEND,
    {EmptyResult.SEND: "A file without rows", EmptyResult.SKIP: "No file", EmptyResult.FAIL: "The run fails"},
)


def list_properties(connector: str | None) -> Sequence[Property]:
    """Return the settings; a file that is kept here to be fetched has neither folder nor control file."""
    found = None if connector is None else get_connector(connector)
    if found is not None and found.open_files is None:
        raise DefinitionInvalidError(
            f"{found.label} profiles keep no files. Choose a profile that does, or none to fetch the file here.",
            field="profile",
        )
    what = (COLUMNS, PATTERN, ZONE, *CONTENT, *PACKING)
    return (*what, EMPTY) if connector is None else (FOLDER, *what, CONTROL, EMPTY)


def make_options(settings: Mapping[str, Any]) -> FileOptions:
    """Return how the file is written, of settings that are complete."""
    encrypted = Encryption.ARMORED if settings["armored"] else Encryption.BINARY
    return FileOptions(
        name_pattern=settings["name_pattern"],
        format=FileFormat(settings["format"]),
        delimiter="\t" if settings["delimiter"] == TAB else settings["delimiter"],
        quote=settings["quote"],
        quoting=Quoting(settings["quoting"]),
        header=settings["header"],
        titles={each["column"]: each["name"] for each in settings["columns"] or ()},
        encoding=settings["encoding"],
        missing_characters=MissingCharacters(settings["missing_characters"]),
        line_end=LineEnd(settings["line_end"]),
        null_text=settings["null_text"],
        container=Container(settings["container"]),
        encryption=encrypted if settings[RECIPIENT] else Encryption.NONE,
        control_file=settings.get("control_file", False),
        empty_result=EmptyResult(settings["empty_result"]),
    )
