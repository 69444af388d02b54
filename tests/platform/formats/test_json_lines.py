"""Rows as JSON Lines."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.platform.formats.examples import COLUMNS, HOSTILE, ROWS, column_names, nested, numbers, write

from tessera.platform.formats import FileColumn, FileFormat, FileOptions, FileValueInvalidError

OPTIONS = FileOptions(format=FileFormat.JSON_LINES)


def test_row_is_an_object_by_column() -> None:
    lines = write(OPTIONS, COLUMNS, ROWS[:2]).decode().splitlines()

    assert lines[0] == (
        '{"text column":"Ann","int column":1,"decimal column":10.50,"float column":1e-07,"bool column":true,'
        '"date column":"2024-02-29","timestamp column":"2024-02-29T23:59:59.5+00:00","json column":{"a":[1,null]},'
        '"uuid column":"0190b3c4-5d6e-7f80-9123-456789abcdef"}'
    )
    assert set(json.loads(lines[1]).values()) == {None}


def test_title_is_the_name_of_a_member() -> None:
    options = FileOptions(format=FileFormat.JSON_LINES, titles={"c0": "e-mail"}, encoding="ascii", header=True)

    assert write(options, column_names(1), [["Zoë"]]) == '{"e-mail":"Zoë"}\n'.encode()


@settings(max_examples=40)
@given(st.lists(st.tuples(nested, nested), max_size=10))
def test_json_reads_the_same_values(rows: list[Any]) -> None:
    lines = write(OPTIONS, column_names(2), rows).decode().split("\n")

    assert lines.pop() == ""
    assert [list(json.loads(line, parse_float=str).values()) for line in lines] == [plain(list(row)) for row in rows]


@given(numbers)
def test_numbers_keep_their_digits(number: Any) -> None:
    assert write(OPTIONS, [FileColumn("n")], [[number]]).decode() == f'{{"n":{number}}}\n'


def plain(value: Any) -> Any:
    """Return a value with fractions as the texts of their digits."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, bool | int | str | None):
        return value
    text = str(value)
    return int(text) if text.lstrip("-").isdigit() else text


@pytest.mark.parametrize("value", ["\ud800", {"a": ["\udfff"]}, {"\ud800": 1}])
def test_half_a_surrogate_pair_is_refused(value: Any) -> None:
    with pytest.raises(FileValueInvalidError, match="Row 2, column c1"):
        write(OPTIONS, column_names(2), [["a", "b"], ["c", value]])


def test_every_row_is_one_line() -> None:
    data = write(OPTIONS, column_names(1), [[text] for text in HOSTILE])

    assert data.count(b"\n") == len(HOSTILE)
    assert [json.loads(line)["c0"] for line in data.split(b"\n")[:-1]] == list(HOSTILE)
