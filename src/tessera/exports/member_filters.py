"""A simple filter over members: rules on columns of the dataset, compiled to a SELECT with bound values. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tessera.exports.errors import DefinitionInvalidError
from tessera.exports.states import Match, Operator
from tessera.platform.datasets import DatasetColumn, list_datasets
from tessera.queries import Column, ColumnType, Parameter, ParameterType, Query

DATASET, KEY = "members", "membership_id"
MOST_RULES, MOST_VALUES = 50, 1000
UNSAVED = UUID(int=0)
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class MemberRule:
    """One rule. `values` are as JSON has them: none for empty and not empty, one or more for one of, else one."""

    column: str
    operator: Operator
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberFilter:
    """Which members are selected, and which columns of theirs; without columns all, without rules every member."""

    rules: tuple[MemberRule, ...] = ()
    match: Match = Match.ALL
    columns: tuple[str, ...] = ()


TYPES = {
    "text": ParameterType.TEXT,
    "uuid": ParameterType.TEXT,
    "int": ParameterType.INT,
    "decimal": ParameterType.DECIMAL,
    "float": ParameterType.DECIMAL,
    "bool": ParameterType.BOOL,
    "date": ParameterType.DATE,
    "timestamp": ParameterType.TIMESTAMP,
}
VALUELESS = {Operator.EMPTY: "{column} IS NULL", Operator.NOT_EMPTY: "{column} IS NOT NULL"}
SINGLE = {
    Operator.IS: "{column} = {value}",
    # What is empty is not the value either.
    Operator.IS_NOT: "{column} IS DISTINCT FROM {value}",
    Operator.LESS: "{column} < {value}",
    Operator.AT_MOST: "{column} <= {value}",
    Operator.MORE: "{column} > {value}",
    Operator.AT_LEAST: "{column} >= {value}",
}
TEXTUAL = {
    Operator.CONTAINS: "strpos(lower({column}), lower({value})) > 0",
    Operator.BEGINS_WITH: "starts_with(lower({column}), lower({value}))",
}


def make_member_query(chain_id: UUID, chosen: MemberFilter) -> Query:
    """Return the query that the filter stands for; refuse columns, operators and values that do not fit."""
    known = {column.name: column for column in list_datasets()[DATASET].columns}
    columns = [find_column(known, name, "filter.columns") for name in chosen.columns] or list(known.values())
    if all(column.name != KEY for column in columns):
        columns.insert(0, known[KEY])
    if len(chosen.rules) > MOST_RULES:
        raise DefinitionInvalidError(f"A filter has at most {MOST_RULES} rules. Write a query instead.", field="filter")
    compiler = RuleCompiler(known)
    conditions = [compiler.compile(rule, f"filter.rules.{number}") for number, rule in enumerate(chosen.rules)]
    names = ", ".join(column.name for column in columns)
    text = f"SELECT {names} FROM {DATASET}"  # noqa: S608 - names of declared columns
    if conditions:
        text += " WHERE " + f" {'AND' if chosen.match is Match.ALL else 'OR'} ".join(conditions)
    return Query(
        id=UNSAVED,
        chain_id=chain_id,
        label="Members",
        internal_name=DATASET,
        description="",
        engine="sql",
        text=text,
        parameters=tuple(compiler.parameters),
        key_columns=(KEY,),
        columns=tuple(Column(column.name, ColumnType(column.type)) for column in columns),
        version=0,
        created_at=NEVER,
        created_by="",
        created_by_kind=None,
        created_by_id=None,
        updated_at=NEVER,
        updated_by="",
        updated_by_kind=None,
        updated_by_id=None,
    )


class RuleCompiler:
    """Turns rules into conditions, and their values into parameters with defaults: never into text."""

    def __init__(self, known: Mapping[str, DatasetColumn]) -> None:
        self._known = known
        self.parameters: list[Parameter] = []

    def compile(self, rule: MemberRule, place: str) -> str:
        """Return the condition of a rule."""
        column = find_column(self._known, rule.column, place)
        name = f"{column.name}::text" if column.type == "uuid" else column.name
        if rule.operator in VALUELESS:
            self._expect(rule, 0, place)
            return VALUELESS[rule.operator].format(column=name)
        if rule.operator is Operator.ONE_OF:
            if not 1 <= len(rule.values) <= MOST_VALUES:
                raise DefinitionInvalidError(
                    f"{rule.column}: give from 1 to {MOST_VALUES:,} values to choose from.", field=place
                )
            return f"{name} IN ({', '.join(self._bind(column, value, place) for value in rule.values)})"
        self._expect(rule, 1, place)
        if rule.operator in TEXTUAL and column.type not in ("text", "uuid"):
            raise DefinitionInvalidError(
                f"{rule.column} is no text, so {rule.operator.value} does not fit. Choose another operator.",
                field=place,
            )
        patterns = {**SINGLE, **TEXTUAL}
        return patterns[rule.operator].format(column=name, value=self._bind(column, rule.values[0], place))

    def _expect(self, rule: MemberRule, count: int, place: str) -> None:
        if len(rule.values) != count:
            wanted = "one value" if count else "no value"
            raise DefinitionInvalidError(f"{rule.column}: {rule.operator.value} takes {wanted}.", field=place)

    def _bind(self, column: DatasetColumn, value: Any, place: str) -> str:
        kind = TYPES.get(column.type)
        if kind is None or not isinstance(value, str | int | float | bool):
            raise DefinitionInvalidError(f"{column.name} cannot be compared with this value.", field=place)
        self.parameters.append(Parameter(f"value{len(self.parameters) + 1}", kind, value))
        return f":{self.parameters[-1].name}"


def find_column(known: Mapping[str, DatasetColumn], name: str, place: str) -> DatasetColumn:
    """Return the column of that name."""
    if name not in known:
        raise DefinitionInvalidError(
            f"Members have no column {name[:60]!r}. They have: {', '.join(known)}.", field=place
        )
    return known[name]
