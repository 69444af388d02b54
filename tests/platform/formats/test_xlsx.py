"""Rows as a workbook, read back by openpyxl."""

import io
from datetime import datetime
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from tests.platform.formats.examples import COLUMNS, HOSTILE, ROWS, column_names, texts, write

from tessera.platform.formats import (
    MOST_ROWS,
    FileColumn,
    FileFormat,
    FileOptions,
    FileRowsExceededError,
    FileValueInvalidError,
)
from tessera.platform.formats.xlsx import XlsxRows, letters_of
from tessera.platform.json_values import read_number

OPTIONS = FileOptions(format=FileFormat.XLSX)
moment = datetime.fromisoformat  # cells know no zones


def cells(data: bytes) -> list[list[Any]]:
    """Return the cells of the only sheet."""
    return [list(row) for row in openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows()]


def values(data: bytes) -> list[list[Any]]:
    """Return values, texts with Excel's own spelling undone."""
    return [
        [unescape(cell.value) if isinstance(cell.value, str) else cell.value for cell in row] for row in cells(data)
    ]


def test_values_have_the_types_of_their_columns() -> None:
    header, first, nulls, odd = values(write(OPTIONS, COLUMNS, ROWS))

    assert header == [column.name for column in COLUMNS]
    assert first[:5] == ["Ann", 1, 10.5, 1e-07, True]
    assert first[5] == moment("2024-02-29")
    assert abs((first[6] - moment("2024-02-29T23:59:59.5")).total_seconds()) < 0.01
    assert first[7:] == ['{"a":[1,null]}', "0190b3c4-5d6e-7f80-9123-456789abcdef"]
    assert nulls == [None] * len(COLUMNS)
    assert odd[:3] == ['say "hi", \r\n', -5, 1e-08]
    assert odd[3:7] == ["NaN", False, "infinity", "4714-11-24 BC"]


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        ("int", 123_456_789_012_345, 123_456_789_012_345),
        ("int", 1_234_567_890_123_456, "1234567890123456"),
        ("decimal", read_number("0.10"), 0.1),
        ("decimal", read_number("12345678901.23456"), "12345678901.23456"),
        ("float", read_number("1e+308"), "1e+308"),
        ("int", True, "true"),
        ("bool", "yes", "yes"),
        ("date", "1900-02-28", "1900-02-28"),
        ("date", "1900-03-01", moment("1900-03-01")),
        ("date", "2024-13-01", "2024-13-01"),
        ("timestamp", "2024-06-01T01:30:00+02:00", moment("2024-05-31T23:30")),
        ("timestamp", "2024-06-01T01:30:00", moment("2024-06-01T01:30")),
        ("timestamp", "1890-06-01T01:30:00", "1890-06-01T01:30:00"),
        ("timestamp", 5, "5"),
        ("text", 5, "5"),
    ],
)
def test_what_excel_would_change_stays_text(kind: str, value: Any, wanted: Any) -> None:
    assert values(write(OPTIONS, [FileColumn("c", kind)], [[value]]))[1] == [wanted]


@settings(max_examples=40)
@given(st.lists(st.tuples(texts.filter(bool), texts.filter(bool)), min_size=1, max_size=10))
def test_texts_come_back(rows: list[Any]) -> None:
    assert values(write(OPTIONS, column_names(2), rows))[1:] == [list(row) for row in rows]


def test_no_text_becomes_a_formula() -> None:
    found = cells(write(OPTIONS, column_names(1), [[text] for text in HOSTILE if text]))[1:]

    assert {cell.data_type for (cell,) in found} <= {"s", "inlineStr"}
    with ZipFile(io.BytesIO(write(OPTIONS, column_names(1), [["=1+1"]]))) as workbook:
        assert b'<c r="A2" t="inlineStr"><is><t xml:space="preserve">=1+1</t></is></c>' in workbook.read(
            "xl/worksheets/sheet1.xml"
        )


def test_long_text_is_named_with_its_place() -> None:
    rows = [["x" * 32_767, "🧩" * 16_383], ["a", "🧩" * 16_384]]
    with pytest.raises(FileValueInvalidError, match=r"Row 2, column c1: a cell .* 32,767") as caught:
        write(OPTIONS, column_names(2), rows)
    assert caught.value.details["row"] == 2
    assert [len(value) for value in values(write(OPTIONS, column_names(2), rows[:1]))[1]] == [32_767, 16_383]


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(FileValueInvalidError, match=r"Row 1, column c0: the character \(U\+D800\)"):
        write(OPTIONS, column_names(1), [["\ud800"]])


def test_rows_end_where_the_format_ends() -> None:
    rows = XlsxRows(OPTIONS, column_names(1))

    assert rows.render([["last"]], MOST_ROWS - 1).startswith(b'<row r="1048576">')
    with pytest.raises(FileRowsExceededError, match=r"1,048,575 rows at most\. Choose CSV"):
        rows.render([["one more"]], MOST_ROWS)
    with pytest.raises(FileRowsExceededError):
        XlsxRows(FileOptions(format=FileFormat.XLSX, header=False), column_names(1)).render([["a"], ["b"]], MOST_ROWS)


@pytest.mark.parametrize(
    ("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA"), (16_384, "XFD")]
)
def test_column_has_the_letters_of_excel(number: int, letters: str) -> None:
    assert letters_of(number) == letters


def test_sheet_without_header_or_rows_opens() -> None:
    options = FileOptions(format=FileFormat.XLSX, header=False)

    assert values(write(options, column_names(2), [["a", "b"]])) == [["a", "b"]]
    assert values(write(OPTIONS, column_names(2))) == [["c0", "c1"]]
    assert openpyxl.load_workbook(io.BytesIO(write(options, column_names(2)))).active.max_row == 1


def test_workbook_names_no_time_of_its_own() -> None:
    with ZipFile(io.BytesIO(write(OPTIONS, COLUMNS, ROWS))) as workbook:
        assert {info.date_time[0] for info in workbook.infolist()} == {1980}
        assert workbook.testzip() is None
