"""Whether options fit together, and fit the columns: every fault by its field, found before anything is written."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tessera.platform.formats.encodings import ENCODINGS, can_encode
from tessera.platform.formats.errors import FileOptionsInvalidError
from tessera.platform.formats.file_names import pattern_fault
from tessera.platform.formats.options import FileColumn, FileFormat, FileOptions, MissingCharacters
from tessera.platform.formats.xlsx import MOST_COLUMNS

LONGEST_NULL_TEXT = 50
LONGEST_TITLE = 255

Fault = tuple[str, str]


def check_options(options: FileOptions, columns: Sequence[FileColumn] | None = None) -> None:
    """Refuse options that cannot be used, with what is wrong at each field; columns are judged where they are known."""
    found: dict[str, str] = {}
    for field, fault in list_faults(options, columns):
        found.setdefault(field, fault)
    if found:
        raise FileOptionsInvalidError(" ".join(found.values()), faults=found)


def list_faults(options: FileOptions, columns: Sequence[FileColumn] | None) -> Iterator[Fault]:
    """Yield each fault with its field."""
    fault = pattern_fault(options.name_pattern)
    if fault:
        yield "name_pattern", fault
    if options.format is FileFormat.CSV:
        yield from csv_faults(options)
    yield from title_faults(options)
    if columns is not None:
        yield from column_faults(options, columns)


def csv_faults(options: FileOptions) -> Iterator[Fault]:
    """Yield what is wrong with characters and encoding."""
    yield from sign_faults(options, "delimiter", options.delimiter)
    yield from sign_faults(options, "quote", options.quote)
    if options.delimiter == options.quote:
        yield "quote", "The quote character is the delimiter too. Choose another one."
    if options.encoding not in ENCODINGS:
        known = ", ".join(ENCODINGS)
        yield "encoding", f"There is no encoding {options.encoding[:50]!r}. Choose one of {known}."
        return
    encoding = ENCODINGS[options.encoding]
    for field, text in (("delimiter", options.delimiter), ("quote", options.quote), ("null_text", options.null_text)):
        if not can_encode(text, encoding):
            yield field, f"{encoding.label} lacks one of these characters. Choose others, or another encoding."
    yield from null_text_faults(options)


def sign_faults(options: FileOptions, field: str, sign: str) -> Iterator[Fault]:
    """Yield what is wrong with a delimiter or a quote character."""
    if len(sign) != 1:
        yield field, "Write exactly one character."
    elif sign.isalnum() or sign in "+-.\r\n\0 ":
        yield field, "Letters, digits, blanks, line ends and + - . occur in values. Choose another character."
    elif sign == "?" and options.missing_characters is MissingCharacters.REPLACE:
        yield field, "Characters that the encoding lacks become a “?”. Choose another character here."


def null_text_faults(options: FileOptions) -> Iterator[Fault]:
    """Yield what would make a null look like something else."""
    text = options.null_text
    if len(text) > LONGEST_NULL_TEXT:
        yield "null_text", f"The text for nulls has at most {LONGEST_NULL_TEXT} characters. Shorten it."
    if any(sign and sign in text for sign in (options.delimiter, options.quote, "\r", "\n", "\0")):
        yield "null_text", "The text for nulls holds neither delimiter nor quote character nor line end. Take it out."


def title_faults(options: FileOptions) -> Iterator[Fault]:
    """Yield what is wrong with names given to columns."""
    for name, title in options.titles.items():
        if not title.strip():
            yield "titles", f"The column {name[:100]} has an empty name in the file. Write one."
        elif len(title) > LONGEST_TITLE:
            yield "titles", f"The name of the column {name[:100]} has more than {LONGEST_TITLE} characters. Shorten it."
        elif options.format is FileFormat.CSV and not can_write(title, options):
            yield "titles", f"The encoding lacks a character of {title[:100]}. Choose another name."


def can_write(title: str, options: FileOptions) -> bool:
    """Say whether a name comes into the file, with missing characters replaced where that is allowed."""
    encoding = ENCODINGS.get(options.encoding)
    return encoding is None or options.missing_characters is MissingCharacters.REPLACE or can_encode(title, encoding)


def column_faults(options: FileOptions, columns: Sequence[FileColumn]) -> Iterator[Fault]:
    """Yield where the options do not fit the columns."""
    if not columns:
        yield "columns", "A file needs at least one column. Select one."
    unknown = set(options.titles) - {column.name for column in columns}
    if unknown:
        yield "titles", f"The query has no column {min(unknown)[:100]}. Take its name away, or change the query."
    counts = Counter(options.title_of(column) for column in columns)
    doubles = [title for title, count in counts.items() if count > 1]
    if doubles and (options.header or options.format is FileFormat.JSON_LINES):
        yield "titles", f"Two columns are called {doubles[0][:100]} in the file. Give one of them another name."
    if options.format is FileFormat.XLSX and len(columns) > MOST_COLUMNS:
        yield "format", f"An XLSX file has at most {MOST_COLUMNS:,} columns. Choose CSV, or select fewer."
