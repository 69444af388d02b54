"""The reference names every option, encoding and token."""

import re
from dataclasses import fields
from enum import StrEnum

import pytest
from tests.builders.pages import first_cells, read_page, read_section

from tessera.platform.formats import (
    ENCODINGS,
    Container,
    EmptyResult,
    Encryption,
    FileFormat,
    FileOptions,
    LineEnd,
    MissingCharacters,
    Quoting,
)
from tessera.platform.formats.file_names import DIRECTIVES, TOKENS

PAGE = "reference/files.md"


def test_page_has_exactly_the_options() -> None:
    assert first_cells(read_section(PAGE, "Options")) == {each.name for each in fields(FileOptions)}


@pytest.mark.parametrize("kind", [Container, EmptyResult, Encryption, FileFormat, LineEnd, MissingCharacters, Quoting])
def test_page_has_every_choice(kind: type[StrEnum]) -> None:
    options = read_section(PAGE, "Options")
    assert all(f"`{choice}`" in options for choice in kind)


def test_page_has_exactly_the_encodings() -> None:
    listed = read_section(PAGE, "Encodings").partition("Excel opens")[0]
    assert re.findall(r"`([a-z0-9-]+)`", listed) == list(ENCODINGS)


def test_page_has_every_token() -> None:
    names = read_section(PAGE, "Names")
    assert all(f"`{{{token}}}`" in names for token in TOKENS)
    assert " ".join(f"%{each}" for each in DIRECTIVES) in read_page(PAGE)
