"""Whatever somebody types into a template: it compiles or is refused with its place, and rows render or fail."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from tessera.outbound.rendering import Header, Method, RunFacts, TemplateShape, compile_template
from tessera.outbound.rendering.errors import TemplateError

ID = UUID("01930000-0000-7000-8000-000000000001")
RUN = RunFacts(ID, "e", "t", datetime(2026, 11, 21, tzinfo=UTC), ID, ID)
COLUMNS = ("a", "b")
WORDS = (
    *(
        "a",
        "b",
        "row",
        "run",
        "run.id",
        'row["a"]',
        "1",
        "2.5",
        '"x"',
        "'y'",
        "none",
        "true",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
    ),
    *(
        "+",
        "-",
        "*",
        "/",
        "//",
        "%",
        "**",
        "~",
        "|",
        ".",
        ",",
        ":",
        "=",
        "==",
        "<",
        ">=",
        "in",
        "not",
        "and",
        "or",
        "is",
    ),
    *("if", "else", "int", "float", "json", "default", "upper", "iso", "date", "sha256", "omit_null", "none", "string"),
    *("{{", "}}", "{%", "%}", "\\", '"', "\n", "é", "\ud800"),
)
EXPRESSIONS = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.lists(st.integers())
)


def plan(shape: TemplateShape, row: list[Any]) -> None:
    """Compile and plan; every outcome but another kind of exception is fine."""
    try:
        compiled = compile_template(shape, COLUMNS)
    except TemplateError:
        return
    planned = compiled.plan([(1, row)], RUN, first_index=0)
    assert len(planned.requests) + len(planned.failures) == 1


@given(EXPRESSIONS, VALUES, VALUES)
def test_any_expression_is_read_or_refused(expression: str, a: Any, b: Any) -> None:
    quoted = f"{{{{ {expression} }}}}".replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    plan(TemplateShape(Method.POST, body=f'{{"x": "{quoted}"}}'), [a, b])


@given(st.text() | EXPRESSIONS, VALUES)
def test_any_path_is_read_or_refused(path: str, a: Any) -> None:
    plan(TemplateShape(Method.GET, url_path=path), [a, a])


@given(st.text() | EXPRESSIONS, st.text() | EXPRESSIONS, VALUES)
def test_any_header_is_read_or_refused(name: str, value: str, a: Any) -> None:
    plan(TemplateShape(Method.GET, headers=(Header(name, "x"), Header("X", value))), [a, a])


@given(st.text(alphabet='{}[]":,\\ 0123456789.eE+-tfn{{a}}', max_size=40))
def test_any_body_is_read_or_refused(body: str) -> None:
    plan(TemplateShape(Method.POST, body=body, envelope=body, batch_size=2), [1, 2])
