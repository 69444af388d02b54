"""What the database expects of a query, in words."""

from typing import Any

import pytest
from tests.builders.towns import Town

from tessera.platform.actors import Actor, ActorKind
from tessera.platform.errors import DeniedError
from tessera.platform.ids import new_id
from tessera.queries import NewQuery, Parameter, ParameterType, QueryInvalidError, QueryNotFoundError, explain_query
from tessera.queries.plans import read_plan

BIG = {"Node Type": "Seq Scan", "Plan Rows": 2_000}


def person(town: Town, *permissions: str) -> Actor:
    return Actor(ActorKind.USER, new_id(), "Nora", frozenset({town.north}), frozenset(permissions) or None)


def loop(*plans: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Node Type": "Nested Loop", "Plan Rows": 10, "Plans": list(plans), **more}


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"Plan Rows": 11_000}, ["a query may give 10,000"]),
        ({"Plan Rows": 5, "Total Cost": 2e7}, ["heavy work"]),
        (loop(BIG, BIG), ["about 4,000,000 pairs"]),
        ({"Node Type": "Sort", "Plans": [loop(BIG, BIG)]}, ["about 4,000,000 pairs"]),
        (loop(BIG, BIG, **{"Join Filter": "(a.id = b.id)"}), []),
        (loop(BIG, {"Node Type": "Index Scan", "Plan Rows": 2_000, "Index Cond": "(id = a.id)"}), []),
        (loop({"Plan Rows": 1}, {"Plan Rows": 9_000_000}), []),
    ],
)
def test_plan_is_read_in_words(plan: dict[str, Any], said: list[str]) -> None:
    warnings = read_plan(plan, row_limit=10_000, has_keys=True).warnings

    assert len(warnings) == len(said)
    assert all(words in warning for words, warning in zip(said, warnings, strict=True))


def test_missing_keys_are_told() -> None:
    assert "key columns" in read_plan({"Plan Rows": 5}, row_limit=10, has_keys=False).warnings[0]


async def test_query_of_the_author_is_planned(town: Town) -> None:
    tier = Parameter("tier", ParameterType.TEXT, "GOLD")
    new = NewQuery("x", "SELECT membership_id FROM members WHERE tier_code = :tier AND joined_at < :run_at", None)
    query = NewQuery("x", new.text, parameters=(tier,), key_columns=("membership_id",))

    advice = await explain_query(person(town), town.engine(), town.north, query)

    assert advice.rows >= 1
    assert advice.warnings == ()


async def test_plan_is_for_those_who_may_see_the_rows(town: Town) -> None:
    query = NewQuery("x", "SELECT email FROM members")
    with pytest.raises(DeniedError):
        await explain_query(person(town, "queries:read"), town.engine(), town.north, query)
    with pytest.raises(QueryNotFoundError):
        await explain_query(person(town), town.engine(), town.south, query)
    with pytest.raises(QueryInvalidError, match="DELETE"):
        await explain_query(person(town), town.engine(), town.north, NewQuery("x", "DELETE FROM members"))
