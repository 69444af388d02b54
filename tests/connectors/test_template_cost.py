"""What the check of a template may cost: 64 KiB of anything take a bounded amount of processor time."""

import json
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tessera.outbound.rendering import TemplateShape, compile_template
from tessera.outbound.rendering.errors import TemplateError
from tessera.outbound.rendering.fault_locations import locate_fault
from tessera.outbound.rendering.shapes import Method

LONGEST = 64 * 1024
# Half a second on a quiet machine, and as much again for one that is not.
MOST_SECONDS = 1.0
PIECES = st.one_of(
    st.sampled_from(
        [
            *(
                "{{",
                "}}",
                "{{ a }}",
                "{{ a + ",
                " }}",
                "a",
                "'",
                '"',
                "\\",
                '\\"',
                "(",
                ")",
                "[",
                "]",
                "{",
                "}",
                "not ",
            ),
            *(
                "~ a",
                "+ a",
                "| upper",
                "| default(",
                ".a",
                "[1]",
                "if a else ",
                "a is none ",
                "in ",
                "1",
                "9" * 20,
                "1e9",
            ),
            *(",", ":", '"a":', '"a":{', '["', "{%", "{#", "run.", "row[", "-", "** 9", "// 2", " and ", " or ", "\n"),
        ]
    ),
    st.text(min_size=1, max_size=3),
)


@st.composite
def hostile_texts(draw: st.DrawFn) -> str:
    """Return up to 64 KiB of a few pieces repeated, as nested, chained or unclosed as they happen to be."""
    phrase = "".join(draw(st.lists(PIECES, min_size=1, max_size=4)))
    times = draw(st.sampled_from([8, 38, 700, LONGEST]))
    head, tail = draw(st.sampled_from(["", "{{ ", "{{ a"])), draw(st.sampled_from(["", " }}", "a }}", ")" * 38 + "}}"]))
    return (head + phrase * min(times, LONGEST // len(phrase)) + tail)[:LONGEST]


def judge(body: str) -> None:
    """Compile a template with the body, and find the place of what is wrong with it, as an editor does."""
    try:
        compile_template(TemplateShape(Method.POST, body=body), ["a", "b"])
    except TemplateError as error:
        locate_fault(error, body)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(hostile_texts(), st.booleans())
@example("{{ " + '"' + '\\"' * 32_000 + " }}", True)
@example("{" + ",".join(f'"{n}":1' for n in range(8_000)) + ',"7999":2}', False)
@example("[" * 32_000 + "]" * 32_000, False)
@example('{"' + "k" * 30_000 + '":[' + ",".join("1" * 16_000) + "]}", False)
def test_anything_is_judged_in_bounded_time(text: str, quoted: bool) -> None:
    body = json.dumps({"x": text}) if quoted else text
    before = time.process_time()
    judge(body)
    assert time.process_time() - before < MOST_SECONDS


def test_long_names_above_many_values_are_refused() -> None:
    body = json.dumps({"k" * 1_000_000: list(range(200_000))})
    with pytest.raises(TemplateError, match="too many values below long names"):
        compile_template(TemplateShape(Method.POST, body=body), [])
