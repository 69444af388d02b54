"""JSON spread over lines."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera.web.json_texts import is_json, spread_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_meaning_stays(value: Any) -> None:
    assert json.loads(spread_json(json.dumps(value))) == value


@given(VALUES)
def test_own_lines_agree_with_the_library(value: Any) -> None:
    assert spread_json(json.dumps(value)) == json.dumps(value, indent=2)


@given(VALUES, st.integers(0, 200))
def test_cut_text_loses_nothing(value: Any, length: int) -> None:
    text = json.dumps(value, separators=(",", ":"))[:length]
    assert "".join(spread_json(text).split()) == "".join(text.split())


def test_numbers_stay_as_written() -> None:
    assert spread_json("[1e400,12345678901234567890,1.10]") == "[\n  1e400,\n  12345678901234567890,\n  1.10\n]"


@pytest.mark.parametrize(("text", "answer"), [("[1]", True), ("{}", True), ("ok", False), ("", False), ("<a>", False)])
def test_json_is_known_by_its_start(text: str, answer: bool) -> None:
    assert is_json(text) is answer
