"""Rows as CSV, read back by two readers that are not ours."""

import csv
import io
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.platform.formats.examples import COLUMNS, HOSTILE, ROWS, column_names, texts, write

from tessera.platform.formats import (
    ENCODINGS,
    FileColumn,
    FileOptions,
    FileValueInvalidError,
    LineEnd,
    MissingCharacters,
    Quoting,
)
from tessera.platform.json_values import text_of

NAMED = [FileColumn("name")]


def read_back(data: bytes, options: FileOptions) -> list[list[str]]:
    encoding = ENCODINGS[options.encoding]
    text = data.removeprefix(encoding.mark).decode(encoding.codec)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=options.delimiter, quotechar=options.quote))


def test_file_of_every_type_is_exact() -> None:
    assert write(FileOptions(), COLUMNS, ROWS).decode() == (
        "text column,int column,decimal column,float column,bool column,date column,timestamp column,json column,"
        "uuid column\n"
        'Ann,1,10.50,1e-07,true,2024-02-29,2024-02-29T23:59:59.5+00:00,"{""a"":[1,null]}",'
        "0190b3c4-5d6e-7f80-9123-456789abcdef\n"
        ",,,,,,,,\n"
        '"say ""hi"", \r\n",-5,0.000000010,NaN,false,infinity,4714-11-24 BC,[],""\n'
    )


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (FileOptions(header=False), b'a;b,"c,d",\n'),
        (FileOptions(header=False, delimiter=";"), b'"a;b";c,d;\n'),
        (FileOptions(header=False, delimiter="\t", line_end=LineEnd.CRLF), b"a;b\tc,d\t\r\n"),
        (FileOptions(header=False, quoting=Quoting.ALL), b'"a;b","c,d",\n'),
        (FileOptions(header=False, quote="'"), b"a;b,'c,d',\n"),
        (FileOptions(header=False, null_text="\\N"), b'a;b,"c,d",\\N\n'),
        (FileOptions(titles={"c1": "second, of three"}), b'c0,"second, of three",c2\na;b,"c,d",\n'),
        (FileOptions(header=False, encoding="utf-8-bom"), b'\xef\xbb\xbfa;b,"c,d",\n'),
        (FileOptions(header=False, encoding="utf-16"), b"\xff\xfe" + 'a;b,"c,d",\n'.encode("utf-16-le")),
    ],
)
def test_option_changes_the_bytes(options: FileOptions, wanted: bytes) -> None:
    assert write(options, column_names(3), [["a;b", "c,d", None]]) == wanted


def test_text_that_reads_like_a_null_is_quoted() -> None:
    rows = [["NULL", None], ["", None]]

    assert write(FileOptions(header=False, null_text="NULL"), column_names(2), rows) == b'"NULL",NULL\n,NULL\n'
    assert write(FileOptions(header=False), column_names(2), rows) == b'NULL,\n"",\n'
    assert write(FileOptions(header=False, null_text="-1"), [FileColumn("n", "int")], [[-1], [None]]) == b'"-1"\n-1\n'


def test_null_alone_makes_no_empty_line() -> None:
    """Readers skip an empty line, and the row with it."""
    assert write(FileOptions(header=False), NAMED, [[None], ["x"]]) == b'""\nx\n'


@given(
    rows=st.lists(st.tuples(texts, texts | st.none(), st.integers() | st.none(), st.booleans()), max_size=20),
    delimiter=st.sampled_from(",;|\t^"),
    quote=st.sampled_from("\"'"),
    quoting=st.sampled_from(Quoting),
    line_end=st.sampled_from(LineEnd),
    encoding=st.sampled_from(["utf-8", "utf-8-bom", "utf-16", "gb18030"]),
)
def test_csv_module_reads_the_same_texts(rows: list[Any], **given_options: Any) -> None:
    options = FileOptions(**given_options)
    columns = column_names(4)
    found = read_back(write(options, columns, rows), options)

    assert found == [["c0", "c1", "c2", "c3"], *[[text_of(value) for value in row] for row in rows]]


@given(st.lists(st.tuples(texts, texts | st.none()), min_size=1, max_size=20))
def test_pyarrow_tells_nulls_from_empty_texts(rows: list[Any]) -> None:
    data = write(FileOptions(), column_names(2), rows)
    table = pyarrow.csv.read_csv(
        io.BytesIO(data),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={"c0": pa.string(), "c1": pa.string()},
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        ),
    )

    assert list(zip(*[column.to_pylist() for column in table.columns], strict=True)) == rows


@given(st.integers() | st.decimals(allow_nan=False, allow_infinity=False))
def test_numbers_keep_their_digits(number: int | Decimal) -> None:
    assert write(FileOptions(header=False), [FileColumn("n", "decimal")], [[number]]).decode() == f"{number}\n"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encoding_round_trips_every_character_it_takes(encoding: str) -> None:
    """A codec that took a character and gave back another one would change values without a word."""
    taken = 0
    for point in (*range(0xD800), *range(0xE000, 0x10000)):
        try:
            data = ENCODINGS[encoding].encode(chr(point))
        except UnicodeEncodeError:
            continue
        assert data.decode(ENCODINGS[encoding].codec) == chr(point), hex(point)
        taken += 1
    assert taken >= 128


def test_missing_character_is_named_with_its_place() -> None:
    options = FileOptions(encoding="windows-1252")
    with pytest.raises(FileValueInvalidError, match=r"Row 3, column c1: the character “ł” \(U\+0142\)") as caught:
        write(options, column_names(2), [["a", "é"], ["b", "€"]], [["c", "Pawełek"]])
    assert (caught.value.details["row"], caught.value.details["column"]) == (3, "c1")
    with pytest.raises(FileValueInvalidError, match="The header, column ł"):
        write(options, [FileColumn("ł")])


def test_missing_character_may_be_replaced() -> None:
    options = FileOptions(header=False, encoding="ascii", missing_characters=MissingCharacters.REPLACE)

    assert write(options, NAMED, [["Zoë"], ["ab\ud800"]]) == b"Zo?\nab?\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_half_a_surrogate_pair_is_refused(encoding: str) -> None:
    with pytest.raises(FileValueInvalidError, match=r"Row 1, column name: the character \(U\+D800\)"):
        write(FileOptions(encoding=encoding), NAMED, [["\ud800"]])


def test_hostile_texts_come_back() -> None:
    options = FileOptions(line_end=LineEnd.CRLF)
    long = 'ten "megabytes", ' * 600_000

    assert read_back(write(options, NAMED, [[text] for text in HOSTILE]), options)[1:] == [[text] for text in HOSTILE]
    assert len(write(options, NAMED, [[long]])) > 10_000_000


def test_ragged_row_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        write(FileOptions(), column_names(2), [["a", "b"], ["c"]])
