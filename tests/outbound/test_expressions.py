"""Placeholders: what they give, and what is refused when a template is saved."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tessera.outbound.rendering import Header, Method, Plan, RunFacts, TemplateShape, compile_template
from tessera.outbound.rendering.errors import TemplateError, UnknownColumnError

RUN = RunFacts(
    id=UUID("01930000-0000-7000-8000-000000000001"),
    export="gold_members",
    template="crm",
    started_at=datetime(2026, 11, 21, 7, 30, tzinfo=UTC),
    chain_id=UUID("01930000-0000-7000-8000-000000000002"),
    definition_id=UUID("01930000-0000-7000-8000-000000000003"),
)
COLUMNS = ("id", "name", "points", "active", "joined", "spend", "tags", "Member Count")
ROW = [7, "Mária", 120, True, "2026-01-31T23:30:00+01:00", Decimal("12.50"), ["a", "b"], 3]


def plan_row(body: Any, row: list[Any] | None = None, **shape: Any) -> Plan:
    """Plan one row through a template with this body."""
    text = body if isinstance(body, str) else json.dumps(body)
    compiled = compile_template(TemplateShape(Method.POST, body=text, **shape), COLUMNS)
    return compiled.plan([(1, ROW if row is None else row)], RUN, first_index=0)


def render(expression: str, row: list[Any] | None = None) -> str:
    """Return the JSON that one placeholder becomes, or the reason why it does not."""
    plan = plan_row([f"{{{{ {expression} }}}}"], row)
    if plan.failures:
        return plan.failures[0].message
    body = plan.requests[0].body
    assert body is not None
    return body[1:-1].decode()


def row_with(**values: Any) -> list[Any]:
    """Return the row with other values."""
    return [values.get(name, value) for name, value in zip(COLUMNS, ROW, strict=True)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("id", "7"),
        ("name", '"Mária"'),
        ("active", "true"),
        ("spend", "12.50"),
        ("tags", '["a","b"]'),
        ('row["Member Count"]', "3"),
        ('row["name"]', '"Mária"'),
        ("tags[0]", '"a"'),
        ("tags[5]", "null"),
        ("name[:2]", '"Má"'),
        ("points + 1", "121"),
        ("spend * 2", "25.00"),
        ("spend * 1.1", "13.750"),
        ("points / 8", "15"),
        ("points // 7", "17"),
        ("points % 7", "1"),
        ("-points", "-120"),
        ('"m-" ~ id', '"m-7"'),
        ('"a" + "b"', '"ab"'),
        ("points > 100", "true"),
        ("1 < points <= 120", "true"),
        ('"a" in tags', "true"),
        ('"gold" if points > 100 else "blue"', '"gold"'),
        ('"gold" if points > 200', "null"),
        ("points > 1 and not active", "false"),
        ("name is string", "true"),
        ("name is not none", "true"),
        ("[id, name]", '[7,"Mária"]'),
        ('{"a": {"b": id}}', '{"a":{"b":7}}'),
        ('"}}"', '"}}"'),
        ("run.id", '"01930000-0000-7000-8000-000000000001"'),
        ("run.export", '"gold_members"'),
        ("run.template", '"crm"'),
        ("run.started_at", '"2026-11-21T07:30:00Z"'),
        ("run.request_index", "0"),
        ("run.row_count", "1"),
    ],
)
def test_expression_gives_value(expression: str, expected: str) -> None:
    assert render(expression) == expected


@pytest.mark.parametrize(
    ("expression", "value", "expected"),
    [
        ("name | string", 5, '"5"'),
        ("name | string", True, '"true"'),
        ("name | string", {"a": 1}, '"{\\"a\\":1}"'),
        ("name | int", " 42 ", "42"),
        ("name | int", Decimal("4.9"), "4"),
        ("name | int", "-7.5", "-7"),
        ("name | float", "1.5", "1.5"),
        ("name | bool", "Yes", "true"),
        ("name | bool", 0, "false"),
        ("name | json", '{"a": [1, 2]}', '{"a":[1,2]}'),
        ("name | json", [1], "[1]"),
        ('name | default("x")', None, '"x"'),
        ('name | default("x")', "", '"x"'),
        ("name | default(id)", None, "7"),
        ('name | default("x")', 0, "0"),
        ("name | upper", "straße", '"STRASSE"'),
        ("name | lower", "ABC", '"abc"'),
        ("name | trim", "  a ", '"a"'),
        ("name | trim | upper", " a ", '"A"'),
        ("name | iso", "2026-01-31T23:30:00+01:00", '"2026-01-31T22:30:00Z"'),
        ("name | iso", "2026-01-31", '"2026-01-31"'),
        ("name | epoch_s", "1970-01-01T00:00:01.999Z", "1"),
        ("name | epoch_s", "1969-12-31T23:59:59.500Z", "-1"),
        ("name | epoch_ms", "2026-01-01 00:00:00", "1767225600000"),
        ('name | date("%d.%m.%Y")', "2026-01-31T23:30:00-02:00", '"01.02.2026"'),
        ("name | sha256", " ABC ", '"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"'),
        ("name | md5", "abc", '"900150983cd24fb0d6963f7d28e17f72"'),
        ("name | urlenc", "a/b c&é", '"a%2Fb%20c%26%C3%A9"'),
        ("name | lower", None, "null"),
        ("name | int", None, "null"),
        ("name | sha256", None, "null"),
        ("name | iso", None, "null"),
    ],
)
def test_filter_gives_value(expression: str, value: Any, expected: str) -> None:
    assert render(expression, row_with(name=value)) == expected


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("name | int", "abc"),
        ("name | int", "1e5"),
        ("name | int", "9" * 5000),
        ("name | int", Decimal("1E+99999")),
        ("name | float", "nan"),
        ("name | float", "1_0"),
        ("name | bool", "perhaps"),
        ("name | json", "{"),
        ("name | json", "[" * 100_000),
        ("name | iso", "soon"),
        ("name | epoch_s", 5),
        ("name | date('%Y')", "31.01.2026"),
        ("name + 1", "a"),
        ("name * 2", "a"),
        ("name * 2", [1]),
        ("name * 2", True),
        ("name / 0", 1),
        ("name < 1", None),
        ("name * 1e308", Decimal("1E+1800")),
        ("name % 5", "%s"),
        ("'a' in name", None),
        ("name[::0]", "abc"),
    ],
)
def test_unfit_value_fails_its_row(expression: str, value: Any) -> None:
    plan = plan_row({"x": f"{{{{ {expression} }}}}"}, row_with(name=value))
    assert not plan.requests
    (failure,) = plan.failures
    assert (failure.ordinal, failure.code) == (1, "value_invalid")
    assert failure.message.startswith("Body at /x: {{ ")


def test_failure_keeps_the_value_out_of_its_message() -> None:
    for filter_name in ("int", "float", "bool", "json", "iso"):
        assert "canary" not in render(f"name | {filter_name}", row_with(name="canary@example.org"))


HOSTILE = [
    '"x" * 10 ** 9',
    "().__class__.__mro__",
    "name.__class__",
    'name["__class__"].__init__',
    "name.upper()",
    'name.format("x")',
    "cycler.__init__.__globals__",
    "self",
    "range(10)",
    "lipsum()",
    "config",
    "run",
    "run.__class__",
    "run.secret",
    'run["id"]',
    "row",
    "row[name]",
    'row["nobody"]',
    "name | attr('upper')",
    "name | map('upper')",
    "name | join",
    "name | default",
    "name | default('a', 'b')",
    "name | default(*tags)",
    "name | default(default_value='x')",
    "name | upper(1)",
    "name | date(name)",
    'name | date("%999999999d")',
    'name | date("%")',
    "name is callable",
    "name is divisibleby 3",
    "name |",
    "name id",
    "",
    "(" * 500 + "name" + ")" * 500,
    "+".join(["points"] * 500),
    "-" * 500 + "points",
    "9" * 5000,
    "1e999",
    "1e-99999999999999999999",
    "x" * 10_000,
    "name | omit_null | upper",
    "name | omit_null(1)",
]


@pytest.mark.parametrize("expression", HOSTILE)
def test_hostile_expression_is_refused_at_save(expression: str) -> None:
    with pytest.raises(TemplateError) as caught:
        plan_row({"x": f"{{{{ {expression} }}}}"})
    assert caught.value.details["place"] == "Body at /x"
    assert caught.value.details["character"] is not None


@pytest.mark.parametrize(
    "text", ["{% for x in name %}", "{# note #}", "{{ name", "{{ '}}", "a {{ name | omit_null }}", '{{ "a }}']
)
def test_what_is_no_placeholder_is_refused(text: str) -> None:
    with pytest.raises(TemplateError):
        plan_row({"x": text})


def test_multiplied_text_costs_nothing() -> None:
    plan = plan_row({"x": '{{ "x" * 1000000000000 }}'})
    assert plan.failures[0].code == "value_invalid"


def test_grown_result_is_capped() -> None:
    plan = plan_row({"x": "{{ name ~ name ~ name }}"}, row_with(name="x" * 400), max_body_bytes=1000)
    assert "longer than 1000" in plan.failures[0].message


def test_grown_number_is_capped() -> None:
    product = " * ".join(["points"] * 20)
    assert "too large" in render(product, row_with(points=2**300))


def test_unknown_column_is_named_with_its_place() -> None:
    with pytest.raises(UnknownColumnError) as caught:
        plan_row({"a": [{"b/c": "id {{ id }} {{ emial | lower }}"}]})
    assert caught.value.code == "unknown_column"
    assert caught.value.message.startswith(
        'Body at /a/0/b~1c, character 15: there is no column "emial". The query gives: id'
    )


def test_unknown_filter_is_named_with_its_place() -> None:
    with pytest.raises(TemplateError, match=r'Header X-Name, character 10: there is no filter "shout"'):
        plan_row({}, headers=(Header("X-Name", "{{ name | shout }}"),))
