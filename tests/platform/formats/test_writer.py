"""Files as a whole: containers, facts, blocks of JSON text, memory."""

import gzip
import hashlib
import io
import json
import tracemalloc
import zlib
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.platform.formats.examples import COLUMNS, ROWS, column_names, nested, numbers, texts, write

from tessera.platform.formats import (
    Container,
    FileColumn,
    FileFormat,
    FileOptions,
    FileRowsExceededError,
    FileValueInvalidError,
    FileWriter,
    LineEnd,
    Quoting,
    render_preview,
)
from tessera.platform.json_values import UnreadableRowError, decode_block, encode

BLOCK = b"[" + b",".join(encode(row) for row in ROWS) + b"]"
EVERY = [FileOptions(format=kind, container=container) for kind in FileFormat for container in Container]


class Counter:
    """A sink that keeps nothing, and remembers the largest piece."""

    def __init__(self) -> None:
        self.size, self.largest = 0, 0

    def write(self, data: bytes) -> None:
        self.size += len(data)
        self.largest = max(self.largest, len(data))


@pytest.mark.parametrize("options", EVERY, ids=str)
def test_file_says_what_it_is(options: FileOptions) -> None:
    sink = io.BytesIO()
    with FileWriter(options, COLUMNS, sink) as writer:
        writer.write_rows(ROWS)
        writer.write_block(BLOCK)
        written = writer.finish()
    data = sink.getvalue()

    assert (written.rows, written.size, written.checksum) == (6, len(data), hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("options", EVERY, ids=str)
def test_same_rows_make_the_same_bytes(options: FileOptions) -> None:
    assert write(options, COLUMNS, ROWS) == write(options, COLUMNS, ROWS)


@pytest.mark.parametrize("options", EVERY, ids=str)
def test_batches_make_no_difference_to_the_content(options: FileOptions) -> None:
    """Where a block ends is the spool's business."""
    assert unpack(write(options, COLUMNS, ROWS[:1], [], ROWS[1:]), options) == unpack(
        write(options, COLUMNS, ROWS), options
    )


def unpack(data: bytes, options: FileOptions) -> dict[str, bytes]:
    """Return the members of a file, however it is packed."""
    if options.container is Container.GZIP:
        data = gzip.decompress(data)
    if options.container is Container.ZIP:
        data = members(data)["rows.csv"]
    return members(data) if options.format is FileFormat.XLSX else {"": data}


def members(data: bytes) -> dict[str, bytes]:
    """Return what a zip file holds, each member checked."""
    with ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_zip_has_one_member_with_the_inner_name() -> None:
    data = write(FileOptions(container=Container.ZIP), column_names(1), [["a"]])

    assert members(data) == {"rows.csv": b"c0\na\n"}
    with ZipFile(io.BytesIO(data)) as archive:
        (info,) = archive.infolist()
    assert (info.date_time[0], info.extract_version) == (1980, 20)


def test_large_zip_says_which_version_reads_it() -> None:
    """Readers refuse a file whose two headers name different versions."""
    sink = io.BytesIO()
    with FileWriter(FileOptions(container=Container.ZIP), column_names(1), sink, large=True) as writer:
        writer.write_rows([["a"]])
        writer.finish()

    assert members(sink.getvalue()) == {"rows": b"c0\na\n"}
    with ZipFile(sink) as archive:
        assert archive.infolist()[0].extract_version == 45
    assert sink.getvalue()[4:6] == bytes([45, 0])


@pytest.mark.parametrize(
    "options", [each for each in EVERY if each.container is Container.ZIP or each.format is FileFormat.XLSX], ids=str
)
def test_small_zip_refuses_what_it_cannot_hold(options: FileOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tessera.platform.formats.containers.LARGEST_SMALL_ZIP", 10_000)
    rows = [[f"{number:0100}"] for number in range(200)]
    with pytest.raises(FileRowsExceededError, match=r"more than 2 GB .* Choose CSV with gzip"):
        write(options, column_names(1), rows)


@pytest.mark.prove(minutes=1)
def test_zip_of_more_than_four_gigabytes_opens(tmp_path: Path) -> None:
    row, path = ["x" * 1_000_000], tmp_path / "large.zip"
    with (
        path.open("wb") as sink,
        FileWriter(
            FileOptions(container=Container.ZIP), column_names(1), sink, inner_name="a.csv", large=True
        ) as writer,
    ):
        for _ in range(4_400):
            writer.write_rows([row])
        writer.finish()

    with ZipFile(path) as archive, archive.open("a.csv") as opened:
        assert sum(len(chunk) for chunk in iter(lambda: opened.read(1_000_000), b"")) == 4_400 * 1_000_001 + 3


def test_gzip_header_names_no_time() -> None:
    assert write(FileOptions(container=Container.GZIP), column_names(1))[4:8] == bytes(4)


@settings(max_examples=40)
@given(
    rows=st.lists(st.tuples(texts, numbers | st.none(), st.booleans(), nested, nested), max_size=10),
    kind=st.sampled_from(FileFormat),
    quoting=st.sampled_from(Quoting),
    last=st.sampled_from(["json", "text"]),
)
def test_block_makes_the_bytes_of_its_rows(rows: list[Any], kind: FileFormat, quoting: Quoting, last: str) -> None:
    """Preview and run take different ways to the same bytes."""
    if last == "text":
        rows = [[*row[:3], None, row[0]] for row in rows]
    columns = [FileColumn(f"{n}", t) for n, t in enumerate(("text", "decimal", "bool", last, last))]
    options = FileOptions(format=kind, quoting=quoting)
    sink = io.BytesIO()
    with FileWriter(options, columns, sink) as writer:
        writer.write_block(block := encode(rows))
        writer.finish()

    assert unpack(sink.getvalue(), options) == unpack(write(options, columns, decode_block(block)), options)


@pytest.mark.parametrize("kind", FileFormat)
def test_block_that_is_no_json_is_refused(kind: FileFormat) -> None:
    with FileWriter(FileOptions(format=kind), column_names(1), Counter()) as writer:
        for block in (b"[[1]", b'[["\\ud800"]]', b'["a"]'):
            with pytest.raises(UnreadableRowError):
                writer.write_block(block)
        assert writer.rows == 0


@pytest.mark.parametrize("options", EVERY, ids=str)
def test_failed_file_gets_no_end(options: FileOptions) -> None:
    """Whoever finds it sees half a file, not a whole one with rows missing."""
    sink = io.BytesIO()
    with FileWriter(options, column_names(1), sink) as writer:
        writer.write_rows([["a" * 100]] * 10)
        before = sink.tell()
    assert sink.tell() == before
    if options.container is not Container.NONE or options.format is FileFormat.XLSX:
        with pytest.raises(Exception, match=r"ended|not a zip|EOF|incomplete"):
            unpack(sink.getvalue(), options)


def test_failed_header_leaves_nothing_open() -> None:
    sink = Counter()
    with pytest.raises(FileValueInvalidError):
        FileWriter(FileOptions(encoding="ascii", container=Container.ZIP), [FileColumn("é")], sink)
    assert sink.size == 0


@pytest.mark.parametrize("options", EVERY, ids=str)
def test_memory_does_not_grow_with_the_file(options: FileOptions) -> None:
    """Only the block that is written is held: what the writer has kept after 40 blocks it had after 10."""
    sink = Counter()
    block = encode([[f"{number:09}", zlib.crc32(b"%d" % number), "x" * 50] for number in range(500)])
    with FileWriter(options, column_names(3), sink) as writer:
        for _ in range(10):
            writer.write_block(block)
        tracemalloc.start()
        try:
            for _ in range(30):
                writer.write_block(block)
            kept, _most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        writer.finish()
    assert kept < 100_000
    assert sink.largest < 400_000


def test_options_survive_json() -> None:
    options = FileOptions(format=FileFormat.XLSX, line_end=LineEnd.CRLF, titles={"a": "b"})

    assert msgspec.convert(json.loads(msgspec.json.encode(options)), FileOptions) == options
    assert msgspec.convert({}, FileOptions) == FileOptions()
    with pytest.raises(msgspec.ValidationError, match=r"Invalid enum value 'tar'"):
        msgspec.convert({"container": "tar"}, FileOptions)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (FileOptions(encoding="utf-16", container=Container.ZIP), 'c0,c1\n"a,b",ü\n'),
        (FileOptions(format=FileFormat.JSON_LINES), '{"c0":"a,b","c1":"ü"}\n'),
        (FileOptions(format=FileFormat.XLSX, encoding="ascii", null_text="-"), "c0\tc1\na,b\tü\n"),
    ],
)
def test_preview_is_text(options: FileOptions, wanted: str) -> None:
    assert render_preview(options, column_names(2), [["a,b", "ü"]]) == wanted
