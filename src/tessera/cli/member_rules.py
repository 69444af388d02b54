"""`--where`: rules on members as they are typed, such as balance>=100."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tessera import exports
from tessera.exports import Match, Operator
from tessera.platform.datasets import list_datasets

if TYPE_CHECKING:
    from tessera.exports import MemberFilter, MemberRule

DATASET = "members"
SIGNS = {
    ">=": Operator.AT_LEAST,
    "<=": Operator.AT_MOST,
    "!=": Operator.IS_NOT,
    "^=": Operator.BEGINS_WITH,
    ">": Operator.MORE,
    "<": Operator.LESS,
    "=": Operator.IS,
    "~": Operator.CONTAINS,
}
WORDS = {"is empty": Operator.EMPTY, "is not empty": Operator.NOT_EMPTY}
COMPARED = re.compile(r"\s*(\w+)\s*(>=|<=|!=|\^=|>|<|=|~)\s*(.*?)\s*", re.DOTALL)
CHOSEN = re.compile(r"\s*(\w+)\s+in\s+(.*?)\s*", re.DOTALL)
VALUELESS = re.compile(r"\s*(\w+)\s+(is empty|is not empty)\s*")
WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
NUMERIC = frozenset({"int", "decimal", "float"})
BOOLEANS = {"true": True, "false": False}

Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="RULE",
        help="Of members, in place of a query: balance>=100, tier_code in GOLD,SILVER, email~@example.com."
        " Also: city is empty. Signs are = != < <= > >= ~ (contains) ^= (begins with); a rule may be JSON;"
        " several times.",
    ),
]
MatchOption = Annotated[Match | None, typer.Option("--match", help="Whether members fit all rules or any.")]
Columns = Annotated[
    str | None, typer.Option("--columns", help="Columns of the members, with commas between them; all without it.")
]


def read_filter(
    stored: MemberFilter | None, where: Sequence[str] | None, match: Match | None, columns: str | None
) -> MemberFilter | None:
    """Return the stored filter with what was given; None where there is none and none is asked for."""
    if where is None and match is None and columns is None:
        return stored
    chosen = stored or exports.MemberFilter()
    return replace(
        chosen,
        rules=chosen.rules if where is None else tuple(map(read_rule, where)),
        match=match or chosen.match,
        columns=chosen.columns if columns is None else tuple(split(columns)),
    )


def read_rule(text: str) -> MemberRule:
    """Return the rule that was typed."""
    if text.lstrip().startswith("{"):
        return read_json_rule(text)
    if found := VALUELESS.fullmatch(text):
        return exports.MemberRule(found[1], WORDS[found[2]])
    if found := CHOSEN.fullmatch(text):
        return exports.MemberRule(
            found[1], Operator.ONE_OF, tuple(read_value(found[1], each) for each in split(found[2]))
        )
    if found := COMPARED.fullmatch(text):
        return exports.MemberRule(found[1], SIGNS[found[2]], (read_value(found[1], found[3]),))
    raise typer.BadParameter(
        f"{text!r} is no rule. Write, for instance, balance>=100 or city is empty.", param_hint="--where"
    )


def read_json_rule(text: str) -> MemberRule:
    """Return the rule that a JSON text spells, as the API has it."""
    import msgspec

    try:
        return msgspec.json.decode(text, type=exports.MemberRule)
    except msgspec.DecodeError as error:
        raise typer.BadParameter(
            f'{error}. Write, for instance, {{"column": "balance", "operator": "at_least", "values": [100]}}.',
            param_hint="--where",
        ) from None


def read_value(column: str, text: str) -> Any:
    """Return a value as its column holds it; what does not fit stays a text, and is refused with the rule."""
    kinds = {each.name: each.type for each in list_datasets()[DATASET].columns}
    kind = kinds.get(column)
    if kind in NUMERIC and WHOLE.fullmatch(text):
        return int(text)
    return BOOLEANS.get(text.lower(), text) if kind == "bool" else text


def split(text: str) -> list[str]:
    """Return what stands between commas."""
    return [each.strip() for each in text.split(",") if each.strip()]


def show_filter(chosen: MemberFilter) -> str:
    """Return a filter as it is typed."""
    joint = " and " if chosen.match is Match.ALL else " or "
    return joint.join(map(show_rule, chosen.rules)) or "every member"


def show_rule(rule: MemberRule) -> str:
    """Return a rule as it is typed."""
    for words, operator in WORDS.items():
        if rule.operator is operator:
            return f"{rule.column} {words}"
    if rule.operator is Operator.ONE_OF:
        return f"{rule.column} in {','.join(map(str, rule.values))}"
    sign = next(sign for sign, operator in SIGNS.items() if operator is rule.operator)
    return f"{rule.column}{sign}{rule.values[0]}"
