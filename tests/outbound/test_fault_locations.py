"""Faults are told at the character that their author sees."""

import json

import pytest

from tessera.outbound.rendering import Header, Method, TemplateShape, compile_template
from tessera.outbound.rendering.errors import TemplateError
from tessera.outbound.rendering.fault_locations import locate_fault


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('{"a": 1, "b": "{{ nobody }}"}', "nobody"),
        ('{"b": {"c/d": [1, {"x": "}"}, "text {{ nobody }}"]}}', "nobody"),
        ('{"b": "\\u00e9\\n {{ nobody }}"}', "nobody"),
        ('{"a": "{{ id | omit_null }} x"}', "{{ id"),
        ('["{{ id | nofilter }}"]', "nofilter"),
        ('{"a": nothing}', "nothing"),
        ('  {"a": {"b": "{% if %}"}}', "{%"),
    ],
)
def test_fault_is_found_in_the_body(body: str, found: str) -> None:
    with pytest.raises(TemplateError) as refused:
        compile_template(TemplateShape(Method.POST, body=body), ["id"])

    at = locate_fault(refused.value, body)

    assert at is not None
    assert body[at:].startswith(found), body[at:]


def test_fault_of_a_path_is_found() -> None:
    with pytest.raises(TemplateError) as refused:
        compile_template(TemplateShape(Method.DELETE, url_path="/x/{{ nobody }}"), ["id"])
    assert locate_fault(refused.value, "/x/{{ nobody }}") == 6


def test_fault_without_a_place_has_none() -> None:
    with pytest.raises(TemplateError) as refused:
        compile_template(TemplateShape(Method.POST, headers=(Header("a b", ""),), body="{}"), ["id"])
    assert locate_fault(refused.value, "") is None


@pytest.mark.parametrize("text", ["", "{", '{"a"', '{"a": [', "[[[", '{"a": [1, 2', "}" * 50, '"'])
def test_text_that_is_no_json_stops_no_search(text: str) -> None:
    for pointer in ("/", "/a", "/a/5/b", "/0/0/0"):
        error = TemplateError("x", place=f"Body at {pointer}", character=9)
        at = locate_fault(error, text)
        assert at is None or at <= len(text) + 1


def test_search_is_quick_in_long_texts() -> None:
    body = json.dumps({"many": [{"n": n} for n in range(50_000)], "last": "x"})
    assert locate_fault(TemplateError("x", place="Body at /last", character=0), body) == len(body) - 3
