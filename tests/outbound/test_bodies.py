"""Bodies: JSON in, JSON out, and no value that could change its structure."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera.outbound.rendering import Method, RunFacts, TemplateShape, compile_template
from tessera.outbound.rendering.errors import TemplateError
from tessera.platform.json_values import decode_rows

ID = UUID("01930000-0000-7000-8000-000000000001")
RUN = RunFacts(ID, "e", "t", datetime(2026, 11, 21, tzinfo=UTC), ID, ID)
COLUMNS = ("a", "b")

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers(-(2**80), 2**80) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)


def render(body: str, *row: Any) -> bytes:
    """Return the body that a row makes."""
    plan = compile_template(TemplateShape(Method.POST, body=body), COLUMNS).plan([(1, row)], RUN, first_index=0)
    rendered = plan.requests[0].body
    assert rendered is not None
    return rendered


@given(VALUES, VALUES)
def test_any_value_arrives_intact(a: Any, b: Any) -> None:
    body = render('{"x": "{{ a }}", "y": ["{{ b }}", {"z": "{{ [a, b] }}"}]}', a, b)
    assert json.loads(body) == {"x": a, "y": [b, {"z": [a, b]}]}


@given(TEXTS)
def test_any_text_arrives_intact_inside_another(text: str) -> None:
    assert json.loads(render('{"x": "<{{ a }}>"}', text, None)) == {"x": f"<{text}>"}


@pytest.mark.parametrize(
    "value", ['"', "\\", "\n", "{{ b }}", '", "admin": true, "x": "', "{% raw %}", "\x00", "</script>"]
)
def test_value_cannot_change_the_structure(value: str) -> None:
    assert json.loads(render('{"x": "{{ a }}", "y": "is {{ a }}"}', value, "secret")) == {
        "x": value,
        "y": f"is {value}",
    }


def test_placeholder_inside_longer_text_becomes_text() -> None:
    body = render('{"x": "{{ a }}/{{ b }}", "y": " {{ a }}"}', None, True)
    assert json.loads(body) == {"x": "/true", "y": " "}


def test_omitted_null_drops_its_member() -> None:
    body = '{"a": "{{ a | omit_null }}", "b": "{{ b | lower | omit_null }}", "c": 1}'
    assert render(body, None, None) == b'{"c":1}'
    assert render(body, 0, "B") == b'{"a":0,"b":"b","c":1}'


def test_literals_stay_exactly_as_written() -> None:
    body = '{"n":1.10,"big":123456789012345678901234567890,"t":true,"z":null,"l":[1,{"u":"ü"}],"s":"}} {"}'
    assert render(body, 1, 2) == body.encode()


def test_row_decoding_keeps_every_digit() -> None:
    ((a, b),) = decode_rows([b"[100.10, 123456789012345678.90]"])
    assert render('["{{ a }}", "{{ b }}"]', a, b) == b"[100.10,123456789012345678.90]"


def test_rows_are_decoded_many_at_once() -> None:
    assert decode_rows([b"[1.5, 2],[3, null]", b'["x", {}]']) == [[1.5, 2], [3, None], ["x", {}]]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"a": {{ a }}}', "Body, character 7: not JSON"),
        ('{"a": 1', "not JSON: a comma or a closing bracket is missing"),
        ("{'a': 1}", "character 1: not JSON: the name of a member in double quotes is missing"),
        ('{"a": \u201cx\u201d}', r"character 6: not JSON: the character left double quotation mark \(U\+201C\)"),
        ('{"a":\u00a01}', r"no-break space \(U\+00A0\)"),
        ('{"a": 1, "a": 2}', '"a" is given twice'),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"{{ a }}": 1}', "cannot hold placeholders"),
        ('["{{ a | omit_null }}"]', "drops members of objects"),
        ("[" * 200 + "]" * 200, "deep"),
        ("[" * 100_000, "deep"),
        ('{"a": ' + "9" * 5000 + "}", "number is too long"),
        ('{"a": "\\ud800"}', "surrogate"),
        ('{"a": "{{ run.idempotency_key }}"}', "not known yet"),
    ],
)
def test_body_that_cannot_work_is_refused(body: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        compile_template(TemplateShape(Method.POST, body=body), COLUMNS)
