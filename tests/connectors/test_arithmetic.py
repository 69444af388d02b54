"""Operators of templates give PostgreSQL's own answers for `numeric`."""

import json
from decimal import Decimal
from itertools import product
from typing import Any

import psycopg
import pytest
from tests.outbound.test_expressions import RUN

from tessera.outbound.rendering import Method, TemplateShape, compile_template
from tessera.outbound.rendering.errors import TemplateError
from tessera.platform.json_values import read_number

NUMBERS = (
    "0",
    "1",
    "-7",
    "3",
    "0.1",
    "-0.1",
    "0.10",
    "0.3",
    "2.50",
    "100.00",
    "9999.9999",
    "10000",
    "0.00000001",
    "0.0000000000",
    "9007199254740993",
    "0.12345678901234567890",
    "-123456789012345678901234567890.123456789",
)
ARITHMETIC = {"+": "+", "-": "-", "*": "*", "/": "/", "%": "%", "//": "div"}
COMPARISONS = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def render(expression: str, *row: Any) -> str:
    """Return the JSON that an expression of `a` and `b` makes, or why it makes none."""
    shape = TemplateShape(Method.POST, body=json.dumps([f"{{{{ {expression} }}}}"]))
    plan = compile_template(shape, ("a", "b")).plan([(1, row)], RUN, first_index=0)
    if plan.failures:
        return plan.failures[0].message
    body = plan.requests[0].body
    assert body is not None
    return body.decode()[1:-1]


def as_read(text: str) -> Any:
    """Return the value of a row that the database writes as this text."""
    return read_number(text) if "." in text else int(text)


@pytest.mark.parametrize("sign", [*ARITHMETIC])
def test_arithmetic_gives_the_databases_answers(admin_address: str, sign: str) -> None:
    pairs = [(a, b) for a, b in product(NUMBERS, NUMBERS) if sign not in ("/", "//", "%") or Decimal(b)]
    form = "div({a}::numeric, {b}::numeric)" if sign == "//" else f"{{a}}::numeric {ARITHMETIC[sign]} {{b}}::numeric"
    expected = ask(admin_address, [form.format(a=f"'{a}'", b=f"'{b}'") for a, b in pairs])
    for (a, b), answer in zip(pairs, expected, strict=True):
        for given in (render(f"a {sign} b", as_read(a), as_read(b)), render(literal(a, sign, b), None, None)):
            assert "E" not in given
            assert Decimal(given) == Decimal(answer), (a, sign, b)


@pytest.mark.parametrize("sign", [*COMPARISONS])
def test_comparisons_give_the_databases_answers(admin_address: str, sign: str) -> None:
    pairs = list(product(NUMBERS, NUMBERS))
    expected = ask(admin_address, [f"'{a}'::numeric {COMPARISONS[sign]} '{b}'::numeric" for a, b in pairs])
    for (a, b), answer in zip(pairs, expected, strict=True):
        for given in (render(f"a {sign} b", as_read(a), as_read(b)), render(f"a {sign} {b}", as_read(a), None)):
            assert given == answer, (a, sign, b)


def test_in_and_nested_values_compare_as_numbers_do(admin_address: str) -> None:
    pairs = list(product(NUMBERS, NUMBERS))
    expected = ask(admin_address, [f"'{a}'::numeric IN (5.5, '{b}'::numeric)" for a, b in pairs])
    for (a, b), answer in zip(pairs, expected, strict=True):
        assert render(f"a in [5.5, {b}]", as_read(a), None) == answer
        assert render("a not in [5.5, b]", as_read(a), as_read(b)) == {"true": "false", "false": "true"}[answer]
        assert render('{"x": a} == {"x": b}', as_read(a), as_read(b)) == answer


def test_tier_goes_by_what_the_row_shows() -> None:
    assert render("'gold' if a >= 0.1 else 'basic'", read_number("0.1"), None) == '"gold"'
    assert render("'gold' if a >= 0.1 else 'basic'", read_number("1e-01"), None) == '"gold"'
    assert render("a | float == 0.1", "0.1", None) == "true"


@pytest.mark.parametrize("text", ["1e999999999", "-1e999999999", "1e-999999999"])
@pytest.mark.parametrize("expression", ["-a", "a + 1", "a * a", "a / 3", "a // 3", "a % 3", "a - 0.1", "a | int"])
def test_number_beyond_all_use_costs_nothing(text: str, expression: str) -> None:
    assert len(render(expression, read_number(text), None)) < 200
    assert render("[a < 5, a == 5, a in [5]]", read_number(text), None).startswith("[")
    assert render("a", read_number(text), None) == text


@pytest.mark.parametrize(
    ("expression", "a", "reason"),
    [
        ("a > 3", None, "null cannot be compared with a number by >. Write"),
        ("3 <= a", "x", "a number cannot be compared with a text by <="),
        ("a < 3", True, "a boolean cannot be compared with a number by <"),
        ("a < a", [1], "a list cannot be compared with a list by <"),
        ("a + 1", None, "null is not a number. Write"),
        ("-a", "x", "a text is not a number"),
        ("a / 0", 1, "divided by zero"),
        ("a // 0.0", 1, "divided by zero"),
        ("a % 0", 1, "divided by zero"),
        ("1 in a", None, "null contains nothing"),
        ("1 in a", "x", "a number cannot be in a text"),
        ("[1] in a", {"x": 1}, "a list cannot be in an object"),
        ("a[[1]]", {"x": 1}, "an object has no item that a list names"),
        ("a['x']", 5, "a number has no item that a text names"),
        ("a[1:]", 5, "a number cannot be sliced"),
        ("a['x':]", "abc", "the bounds of a slice are whole numbers"),
        ("a[::0]", "abc", "its step is not 0"),
        ("a * 1e308 * 1e308 * 1e308 * 1e308 * 1e308 * 1e308 * 1e308", 1, "the number is too large"),
        ("a | float", "x", "not a number"),
        ("'\\x' ~ a", 1, "a backslash in a text begins no escape"),
        ("a | iso", "9999-12-31T23:59:59-01:00", "not a date or time"),
        ("a | date('%s')", "0001-01-01", "date knows no"),
    ],
)
def test_refusal_is_a_sentence_of_our_own(expression: str, a: Any, reason: str) -> None:
    try:
        told = render(expression, a, None)
    except TemplateError as error:
        told = error.message
    assert reason in told


def literal(a: str, sign: str, b: str) -> str:
    """Return the sum with both numbers written in the template."""
    return f"({a}) {sign} ({b})"


def ask(address: str, expressions: list[str]) -> list[str]:
    """Return the database's answers, as JSON shows them."""
    with psycopg.connect(address) as connection:
        answers = []
        for at in range(0, len(expressions), 500):
            some = expressions[at : at + 500]
            row = connection.execute(f"SELECT ARRAY[{', '.join(f'to_json({each})::text' for each in some)}]").fetchone()
            assert row is not None
            answers += row[0]
        return answers
