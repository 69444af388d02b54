"""Options that cannot be used are refused with every fault at its field."""

import re
from typing import Any

import pytest
from tests.platform.formats.examples import column_names

from tessera.platform.formats import (
    FileColumn,
    FileFormat,
    FileOptions,
    FileOptionsInvalidError,
    MissingCharacters,
    check_options,
)

XLSX, JSON_LINES, REPLACE = FileFormat.XLSX, FileFormat.JSON_LINES, MissingCharacters.REPLACE


def faults(options: FileOptions, columns: list[FileColumn] | None = None) -> dict[str, str]:
    """Return the faults of options."""
    try:
        check_options(options, columns)
    except FileOptionsInvalidError as error:
        found = error.details["faults"]
        assert isinstance(found, dict)
        return found
    return {}


@pytest.mark.parametrize(
    ("given", "field", "fault"),
    [
        ({"name_pattern": "{no}"}, "name_pattern", "no token"),
        ({"delimiter": ""}, "delimiter", "exactly one"),
        ({"delimiter": ";;"}, "delimiter", "exactly one"),
        ({"delimiter": "a"}, "delimiter", "occur in values"),
        ({"delimiter": "5"}, "delimiter", "occur in values"),
        ({"delimiter": "-"}, "delimiter", "occur in values"),
        ({"delimiter": "."}, "delimiter", "occur in values"),
        ({"delimiter": "\n"}, "delimiter", "occur in values"),
        ({"quote": "\r"}, "quote", "occur in values"),
        ({"quote": ","}, "quote", "delimiter too"),
        ({"delimiter": "?", "missing_characters": REPLACE}, "delimiter", "become a “?”"),
        ({"delimiter": "¦", "encoding": "ascii"}, "delimiter", "lacks"),
        ({"encoding": "utf-7"}, "encoding", "Choose one of utf-8, utf-8-bom"),
        ({"null_text": "a,b"}, "null_text", "neither delimiter"),
        ({"null_text": 'a"b'}, "null_text", "neither delimiter"),
        ({"null_text": "a\nb"}, "null_text", "nor line end"),
        ({"null_text": "x" * 51}, "null_text", "at most 50"),
        ({"null_text": "∅", "encoding": "ascii"}, "null_text", "lacks"),
        ({"titles": {"c0": " "}}, "titles", "empty name"),
        ({"titles": {"c0": "x" * 256}}, "titles", "more than 255"),
        ({"titles": {"c0": "ü"}, "encoding": "ascii"}, "titles", "lacks a character of ü"),
        ({"titles": {"gone": "x"}}, "titles", "no column gone"),
        ({"titles": {"c0": "c1"}}, "titles", "Two columns are called c1"),
        ({"titles": {"c0": "c1"}, "header": False, "format": JSON_LINES}, "titles", "Two columns"),
    ],
)
def test_fault_is_said_at_its_field(given: dict[str, Any], field: str, fault: str) -> None:
    found = faults(FileOptions(**given), column_names(2))

    assert list(found) == [field]
    assert fault in found[field]
    assert re.search(r"\. [A-Z].+\.$", found[field]) or "exactly" in found[field], "it says what to do"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"delimiter": "\t"},
        {"delimiter": "|", "quote": "'"},
        {"delimiter": "?"},
        {"null_text": "NULL"},
        {"titles": {"c0": "c1"}, "header": False},
        {"titles": {"c0": "ü"}, "encoding": "ascii", "missing_characters": REPLACE},
        {"delimiter": "", "encoding": "no such", "format": JSON_LINES},
        {"delimiter": "", "encoding": "no such", "format": XLSX},
    ],
)
def test_options_that_fit_are_taken(given: dict[str, Any]) -> None:
    assert faults(FileOptions(**given), column_names(2)) == {}


def test_every_fault_is_said_at_once() -> None:
    options = FileOptions(name_pattern="", delimiter="", quote="xx", encoding="no", titles={"c0": ""})

    assert set(faults(options)) == {"name_pattern", "delimiter", "quote", "encoding", "titles"}


def test_columns_must_fit_the_format() -> None:
    assert faults(FileOptions(), []) == {"columns": "A file needs at least one column. Select one."}
    assert "16,384 columns" in faults(FileOptions(format=XLSX), column_names(16_385))["format"]
    assert faults(FileOptions(), column_names(16_385)) == {}
