"""Rows that are unkind to files, and writing them."""

import io
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from tessera.platform.formats import FileColumn, FileOptions, FileWriter
from tessera.platform.json_values import read_number

TYPES = ("text", "int", "decimal", "float", "bool", "date", "timestamp", "json", "uuid")
COLUMNS = tuple(FileColumn(f"{kind} column", kind) for kind in TYPES)
REST: tuple[Any, ...] = ({"a": [1, None]}, "0190b3c4-5d6e-7f80-9123-456789abcdef")
ROWS: tuple[list[Any], ...] = (
    ["Ann", 1, read_number("10.50"), read_number("1e-07"), True, "2024-02-29", "2024-02-29T23:59:59.5+00:00", *REST],
    [None] * len(TYPES),
    ['say "hi", \r\n', -5, read_number("0.000000010"), "NaN", False, "infinity", "4714-11-24 BC", [], ""],
)
HOSTILE = (
    "",
    " ",
    '"',
    '""',
    ",",
    "\r",
    "\n",
    "\r\n",
    "a\rb",
    "\t",
    "\0",
    "\x1b[31m",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    '=HYPERLINK("http://x")',
    "\\N",
    "NULL",
    "_x0041_",
    "<r><t>x</t></r>",
    "]]>",
    "&amp;",
    "\ufeff",
    "\ufffe\uffff",
    "\u2028\u2029\x85",
    "e\u0301",
    "🧩",
    "true",
    "007",
    "1e5",
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(HOSTILE)
numbers = st.integers(-(2**63), 2**63 - 1) | st.decimals(allow_nan=False, allow_infinity=False).map(
    lambda number: read_number(str(number).replace("E+", "e"))
)
nested = st.recursive(
    st.none() | st.booleans() | texts | numbers,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def write(options: FileOptions, columns: Sequence[FileColumn], *batches: Sequence[Sequence[Any]]) -> bytes:
    """Return the file that these batches of rows make."""
    sink = io.BytesIO()
    with FileWriter(options, columns, sink, inner_name="rows.csv") as writer:
        for batch in batches:
            writer.write_rows(batch)
        writer.finish()
    return sink.getvalue()


def column_names(count: int) -> list[FileColumn]:
    """Return so many columns of texts."""
    return [FileColumn(f"c{number}") for number in range(count)]
