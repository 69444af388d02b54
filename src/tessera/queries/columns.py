"""Columns of a query's result: names, types, and the JSON form each type has in an export."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import StringIO

from psycopg import postgres

from tessera.queries.errors import QueryInvalidError


class ColumnType(StrEnum):
    """The types a column can have."""

    TEXT = "text"
    INT = "int"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOL = "bool"
    DATE = "date"
    TIMESTAMP = "timestamp"
    JSON = "json"
    UUID = "uuid"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a query's result."""

    name: str
    type: ColumnType


@dataclass(frozen=True, slots=True)
class Described:
    """One column as the database describes it."""

    name: str
    oid: int

    @property
    def type(self) -> ColumnType:
        """Return our type; lists and whole rows are JSON, everything we have no type for is text."""
        known = postgres.types.get(self.oid)
        if known is None or known.array_oid == self.oid:
            return ColumnType.JSON
        return TYPES.get(known.name, ColumnType.TEXT)

    def as_json(self, place: str) -> str:
        """Return what the JSON array has for the value at `place`."""
        if self.oid == WITHOUT_ZONE:
            return f"{place} AT TIME ZONE 'UTC'"
        if self.type is ColumnType.JSON and self.oid != CLEAN_JSON:
            return f"{ON_ONE_LINE.format(f'to_json({place})::text')}::json"
        return place if self.type is not ColumnType.TEXT else f"{place}::text"


@dataclass(frozen=True, slots=True)
class Placed:
    """A column, and what it is called in the statement around the query."""

    column: Described
    place: str


TYPES = {
    "int2": ColumnType.INT,
    "int4": ColumnType.INT,
    "int8": ColumnType.INT,
    "numeric": ColumnType.DECIMAL,
    "float4": ColumnType.FLOAT,
    "float8": ColumnType.FLOAT,
    "bool": ColumnType.BOOL,
    "date": ColumnType.DATE,
    "timestamp": ColumnType.TIMESTAMP,
    "timestamptz": ColumnType.TIMESTAMP,
    "json": ColumnType.JSON,
    "jsonb": ColumnType.JSON,
    "record": ColumnType.JSON,
    "uuid": ColumnType.UUID,
}
WITHOUT_ZONE = postgres.types["timestamp"].oid
# A value of type json keeps the line breaks and tabs it was written with, in lists and records too; jsonb has none.
ON_ONE_LINE = "translate({}, E'\\t\\n\\r', '   ')"
CLEAN_JSON = postgres.types["jsonb"].oid
NAMELESS = "?column?"
# The first version with `JSON_ARRAY`.
WITH_CONSTRUCTOR = 160_000
# A function takes at most a hundred arguments; an array of more is passed as one.
MOST_ARGUMENTS = 100


def check_columns(described: Sequence[Described]) -> tuple[Column, ...]:
    """Return the columns; each needs its own name, because templates refer to them by name."""
    for number, column in enumerate(described, 1):
        if column.name == NAMELESS:
            raise QueryInvalidError(f"Column {number} has no name. Give it one: … AS name.", position=number)
    doubles = [name for name, count in Counter(column.name for column in described).items() if count > 1]
    if doubles:
        raise QueryInvalidError(f"The column {doubles[0]} comes twice. Rename one: … AS another_name.")
    return tuple(Column(column.name, column.type) for column in described)


def header_line(names: Iterable[str]) -> str:
    """Return the names of columns as the one line of a CSV file."""
    line = StringIO()
    csv.writer(line).writerow(names)
    return line.getvalue()


def place_columns(described: Sequence[Described]) -> list[Placed]:
    """Return the columns with the names that they have around the query: c1, c2, …"""
    return [Placed(column, f"c{number}") for number, column in enumerate(described, 1)]


def json_row(placed: Sequence[Placed], *, server: int) -> str:
    """Return the expression that makes a JSON array of the columns, for a server of this version.

    The constructor writes the same as the function, faster: it knows beforehand of which types its arguments are.
    """
    values = [each.column.as_json(each.place) for each in placed]
    if len(values) > MOST_ARGUMENTS:
        return f"json_build_array(VARIADIC ARRAY[{', '.join(f'to_json({value})' for value in values)}])"
    if server >= WITH_CONSTRUCTOR:
        return f"JSON_ARRAY({', '.join(values)} NULL ON NULL RETURNING text)"
    return f"json_build_array({', '.join(values)})"


def find_keys(described: Sequence[Described], keys: Sequence[str]) -> list[Placed]:
    """Return the key columns, in their order: ordering by them makes batches the same from run to run."""
    by_name = {each.column.name: each for each in place_columns(described)}
    missing = [key for key in keys if key not in by_name]
    if missing:
        raise QueryInvalidError(
            f"The key column {missing[0]} is not in the result. Columns are {', '.join(by_name)}.", field="key_columns"
        )
    return [by_name[key] for key in keys]
