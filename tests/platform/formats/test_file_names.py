"""Names of files."""

import re
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera.platform.formats import (
    DEFAULT_PATTERN,
    Container,
    Encryption,
    FileFormat,
    FileOptions,
    LineEnd,
    NameFacts,
    fault_of,
    pattern_fault,
    render_control_file,
    render_names,
)

RUN = UUID("0190b3c4-5d6e-7f80-9123-456789abcdef")
MIDNIGHT = datetime(2026, 12, 31, 23, 30, 5, tzinfo=UTC)
FACTS = NameFacts("gold_members", MIDNIGHT, ZoneInfo("Europe/Berlin"), RUN, 7)


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        (DEFAULT_PATTERN, "gold_members_20270101_003005.csv"),
        ("{date}-{time}", "20270101-003005.csv"),
        ("{date:%d.%m.%y} {time:%H-%M}", "01.01.27 00-30.csv"),
        ("{date:%G-W%V}", "2026-W53.csv"),
        ("{date:100%%}", "100%.csv"),
        ("members", "members.csv"),
        ("{seq}", "7.csv"),
        ("{seq:6}_{run_id}", f"000007_{RUN}.csv"),
    ],
)
def test_token_is_replaced(pattern: str, wanted: str) -> None:
    assert pattern_fault(pattern) is None
    assert render_names(FileOptions(name_pattern=pattern), FACTS).final == wanted


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("", "needs a name"),
        ("   ", "needs a name"),
        ("{membership}", r"There is no token \{membership\}\. Use \{internal_name\}, \{date\}"),
        ("{}", r"no token \{\}"),
        ("{internal_name", "stands alone"),
        ("internal_name}", "stands alone"),
        ("{{date}}", "stands alone"),
        ("{date:%Q}", "cannot be read"),
        ("{date:%-d}", "cannot be read"),
        ("{date:%B}", "cannot be read"),
        ("{date:%}", "cannot be read"),
        ("{date:YYYY}", "cannot be read"),
        ("{date:}", "cannot be read"),
        ("{time:%H:%M}", "“:” cannot be in the name"),
        ("{date:%Y/%m}", "“/” cannot be .* Choose the folder"),
        ("in/{date}", "“/” cannot be .* Choose the folder"),
        ("in\\{date}", "Choose the folder"),
        ("..", "dot"),
        (".hidden", "begins with a dot"),
        ("a ", "ends with a space"),
        ("a.part", r"\.part"),
        ("a.control", r"\.control"),
        ("a.", "in a dot"),
        ("a*", "“\\*” cannot be"),
        ("a\nb", "control characters"),
        ("a\0b", "control characters"),
        ("a\ud800", "control characters"),
        ("x" * 240, "longer than 231 bytes"),
        ("ü" * 120, "longer than 231 bytes"),
        ("x" * 140 + "{internal_name}", "longer than 231 bytes"),
        ("{run_id:8}", "takes nothing after a colon"),
        ("{internal_name:x}", "takes nothing after a colon"),
        ("{seq:0}", "number of digits"),
        ("{seq:13}", "number of digits"),
        ("{seq:+6}", "number of digits"),
    ],
)
def test_fault_of_a_pattern_is_said(pattern: str, fault: str) -> None:
    assert re.search(fault, pattern_fault(pattern) or "")


@pytest.mark.parametrize(
    ("kind", "container", "encryption", "final", "inner"),
    [
        ("csv", "none", "none", "x.csv", "x.csv"),
        ("csv", "gzip", "none", "x.csv.gz", "x.csv"),
        ("csv", "zip", "none", "x.zip", "x.csv"),
        ("csv", "none", "binary", "x.csv.pgp", "x.csv"),
        ("csv", "zip", "armored", "x.zip.asc", "x.csv"),
        ("json_lines", "gzip", "binary", "x.jsonl.gz.pgp", "x.jsonl"),
        ("xlsx", "none", "none", "x.xlsx", "x.xlsx"),
    ],
)
def test_extension_says_what_is_inside(kind: str, container: str, encryption: str, final: str, inner: str) -> None:
    options = FileOptions(
        name_pattern="x",
        format=FileFormat(kind),
        container=Container(container),
        encryption=Encryption(encryption),
    )
    names = render_names(options, FACTS)

    assert (names.final, names.inner, names.control) == (final, inner, "x.control")


@given(st.text(max_size=40))
def test_accepted_text_is_a_name_that_stores_take(text: str) -> None:
    if pattern_fault(text) is None:
        name = render_names(FileOptions(name_pattern=text), FACTS).final
        assert fault_of(name) is None
        assert "/" not in name


@pytest.mark.parametrize(
    ("options", "content"),
    [
        (FileOptions(), b"1001\n"),
        (FileOptions(header=False), b"1000\n"),
        (FileOptions(line_end=LineEnd.CRLF, encoding="utf-16"), b"1001\r\n"),
        (FileOptions(format=FileFormat.JSON_LINES), b"1000\n"),
        (FileOptions(format=FileFormat.XLSX), b"1001\n"),
    ],
)
def test_control_file_counts_the_header(options: FileOptions, content: bytes) -> None:
    assert render_control_file(options, 1000) == content
