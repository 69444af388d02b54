"""A filter over members is a query whose values are bound, and refuses what does not fit."""

from typing import Any

import pytest
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, run_to_end
from tests.builders.receivers import run_receiver

from tessera import exports
from tessera.exports import DefinitionChange, RunState, Selection
from tessera.exports.errors import DefinitionInvalidError
from tessera.exports.member_filters import MemberFilter, MemberRule, make_member_query
from tessera.exports.states import Match, Operator
from tessera.platform.clock import now
from tessera.platform.ids import new_id

CHAIN = new_id()


def text_of(*rules: MemberRule, match: Match = Match.ALL) -> str:
    """Return the condition that the rules make."""
    query = make_member_query(CHAIN, MemberFilter(rules, match, ("membership_number",)))
    assert query.text.startswith("SELECT membership_id, membership_number FROM members")
    return query.text.partition(" WHERE ")[2]


@pytest.mark.parametrize(
    ("rule", "condition", "values"),
    [
        (MemberRule("balance", Operator.MORE, (100,)), "balance > :value1", [100]),
        (MemberRule("last_name", Operator.IS_NOT, ("x'",)), "last_name IS DISTINCT FROM :value1", ["x'"]),
        (MemberRule("city", Operator.EMPTY), "city IS NULL", []),
        (MemberRule("tier_code", Operator.ONE_OF, ("A", "B")), "tier_code IN (:value1, :value2)", ["A", "B"]),
        (MemberRule("email", Operator.CONTAINS, ("@",)), "strpos(lower(email), lower(:value1)) > 0", ["@"]),
        (MemberRule("account_id", Operator.IS, ("a",)), "account_id::text = :value1", ["a"]),
    ],
)
def test_rules_become_conditions(rule: MemberRule, condition: str, values: list[Any]) -> None:
    query = make_member_query(CHAIN, MemberFilter((rule,)))
    assert query.text.partition(" WHERE ")[2] == condition
    assert [parameter.default for parameter in query.parameters] == values


def test_rules_are_joined_by_all_or_any() -> None:
    rules = (MemberRule("city", Operator.EMPTY), MemberRule("balance", Operator.LESS, (1,)))
    assert text_of(*rules) == "city IS NULL AND balance < :value1"
    assert text_of(*rules, match=Match.ANY) == "city IS NULL OR balance < :value1"
    assert text_of() == ""


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (MemberRule("shoe_size", Operator.IS, (1,)), "no column 'shoe_size'"),
        (MemberRule("balance", Operator.CONTAINS, ("1",)), "is no text"),
        (MemberRule("balance", Operator.IS), "takes one value"),
        (MemberRule("balance", Operator.EMPTY, (1,)), "takes no value"),
        (MemberRule("balance", Operator.ONE_OF), "from 1 to 1,000 values"),
        (MemberRule("balance", Operator.IS, ([1],)), "cannot be compared"),
    ],
)
def test_rules_that_do_not_fit_are_refused(rule: MemberRule, said: str) -> None:
    with pytest.raises(DefinitionInvalidError, match=said):
        make_member_query(CHAIN, MemberFilter((rule,)))


async def test_members_are_sent_without_a_query(house: SmallHouse) -> None:
    chain = await create_members(house.database, 25)
    body = {"number": "{{ membership_number }}", "points": "{{ balance }}"}
    rules = (
        MemberRule("balance", Operator.AT_LEAST, (5,)),
        MemberRule("last_name", Operator.IS_NOT, ("O'Neil 9",)),
        MemberRule("membership_number", Operator.BEGINS_WITH, ("00000",)),
    )
    async with run_receiver() as receiver:
        query = "SELECT membership_id AS id, membership_number, balance FROM members"
        stored = await create_export(house, chain, receiver.url, query=query, body=body)
        change = DefinitionChange(query_id=None, selection=Selection(filter=MemberFilter(rules)))
        async with house.database.session() as session:
            definition = await exports.update_definition(
                session, ACTOR, stored, change, keys=house.resources.keys, now=now()
            )
        run = await run_to_end(house, definition)
    assert (run.state, run.sent, run.error) == (RunState.COMPLETED, 4, None)
    assert sorted(receiver.ids("number")) == ["000005", "000006", "000007", "000008"]
