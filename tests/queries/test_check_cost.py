"""What the check of a query may cost: 64 KiB of anything take a bounded amount of processor time."""

import asyncio
import time
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tessera.queries import QueryInvalidError, check_query
from tessera.queries.checks import check_aside

LONGEST = 64 * 1024
# Half a second on a quiet machine, and as much again for one that is not.
MOST_SECONDS = 1.0
WORDS = (
    *("SELECT", "FROM", "WHERE", "WITH", "AS", "(", ")", "[", "]", ",", ";", ".", "::", ":", "||", "OR", "AND", "NOT"),
    *("-", "+", "*", "/", "^", "=", "<", ">", "~", "?", "@>", "->", "->>", "1", "1e5", "0x1", "'a'", "E'\\'", '"a"'),
    *("$$", "$a$", "a", "members", "array[", "coalesce(", "numeric(", "array[1]", "[1]", "CASE", "WHEN", "THEN", "END"),
    *("cast(", "int", "in_period(", "'PERIOD')", ":from", "IN", "BETWEEN", "LIKE", "IS", "NULL", "UNION", "EXISTS("),
    *("JOIN", "ON", "LATERAL", "VALUES", "ROW(", "interval", "extract(", "over(", "filter(", "collate", "{", "}"),
    *("/*", "*/", "--", "`", "#", "%", "!", "$1", "struct<", "map<"),
)
PIECES = st.one_of(st.sampled_from(WORDS), st.text(min_size=1, max_size=3))
GLUE = st.sampled_from(["", " ", "\n"])
ENDINGS = st.sampled_from(["", ")", "]", " end", "'", "*/"])


@st.composite
def hostile_texts(draw: st.DrawFn) -> str:
    """Return up to 64 KiB of a few pieces repeated, as nested, chained or unclosed as they happen to be."""
    glue = draw(GLUE)
    phrase = glue.join(draw(st.lists(PIECES, min_size=1, max_size=4))) + glue
    times = draw(st.sampled_from([8, 20, 55, 700, LONGEST]))
    middle, closing = (
        draw(st.sampled_from(["", "1", "a", "members"])),
        draw(ENDINGS) * draw(st.sampled_from([1, 20, 55])),
    )
    head = draw(st.sampled_from(["", "SELECT ", "SELECT 1 AS a FROM members WHERE ", "SELECT a FROM "]))
    text = head + phrase * min(times, LONGEST // len(phrase)) + middle + closing
    return text.encode("utf-8", "replace")[:LONGEST].decode("utf-8", "ignore")


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(hostile_texts())
@example("SELECT " + ", ".join(["(array[1])" + "[1]" * 700] * 3) + " FROM members")
@example("SELECT a FROM members WHERE " + " OR ".join(["true"] * 4000))
@example("SELECT a FROM members WHERE " + " OR ".join(["true"] * 3990) + " OR no_such_function(1)")
@example("SELECT " + " || ".join(["'a'"] * 8000) + " AS a FROM members")
@example("SELECT " + "array[" * 40 + "1" + "]" * 40 + " AS a")
@example("SELECT " + "numeric(" * 40 + "1" + ")" * 40 + " AS a")
@example("SELECT a FROM members WHERE " + "in_period(" * 40 + "a" + ", 'PERIOD')" * 40)
def test_anything_is_judged_in_bounded_time(text: str) -> None:
    before = time.process_time()
    with suppress(QueryInvalidError):
        check_query(text)
    assert time.process_time() - before < MOST_SECONDS


async def test_check_leaves_the_event_loop_to_others() -> None:
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    counting = asyncio.create_task(count_turns())
    with pytest.raises(QueryInvalidError, match="no_such_function"):
        await check_aside("SELECT a FROM members WHERE " + " OR ".join(["true"] * 3990) + " OR no_such_function(1)")
    counting.cancel()
    # The loop went on while the text was read; on the loop itself it would have had one turn or two.
    assert turns > 5
