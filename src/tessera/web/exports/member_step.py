"""The step *Filter* of an export of members: rules on their columns, and which columns are exported. Pure."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from io import StringIO
from typing import Any

from tessera.exports import Match, MemberFilter, MemberRule, Operator
from tessera.platform.datasets import DatasetColumn, list_datasets
from tessera.web.exports.drafts import Draft
from tessera.web.exports.words import OPERATORS
from tessera.web.forms import Form

MEMBERS = "members"
ROWS = "rules"
CELLS = ("column", "operator", "value")
# Without scripts nobody can add a row: these are there to be filled in.
SPARE_ROWS = 3
BARE = (Operator.EMPTY, Operator.NOT_EMPTY)
HEADS = {"column": "Column", "operator": "Operator", "value": "Value"}
NUMBERS = {"int": "Enter a whole number, such as 12.", "decimal": "Enter a number, such as 12.50."}
MOMENTS = {"date": "Enter a date as YYYY-MM-DD.", "timestamp": "Enter a moment as YYYY-MM-DDTHH:MM, in UTC."}


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule as its row shows it, and what is wrong with its cells."""

    values: Mapping[str, str]
    faults: Mapping[str, str]


def list_columns() -> Mapping[str, DatasetColumn]:
    """Return the columns that members have, by name."""
    return {column.name: column for column in list_datasets()[MEMBERS].columns}


def form_values(chosen: MemberFilter) -> list[tuple[str, str]]:
    """Return the fields of a stored filter."""
    fields = [("match", chosen.match.value), *(("columns", name) for name in chosen.columns)]
    for number, rule in enumerate(chosen.rules):
        cells = (rule.column, rule.operator.value, spell_values(rule))
        fields += [(f"{ROWS}-{number}-{cell}", value) for cell, value in zip(CELLS, cells, strict=True)]
    return fields


def spell_values(rule: MemberRule) -> str:
    """Return the values as they are typed: several with commas between them."""
    texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in rule.values]
    if rule.operator is not Operator.ONE_OF:
        return "".join(texts)
    line = StringIO()
    csv.writer(line, lineterminator="").writerow(texts)
    return line.getvalue()


def read_rows(form: Form) -> list[dict[str, str]]:
    """Return the rows that were sent, in order; a row without column and value is none."""
    rows = form.numbered_rows(ROWS, CELLS)
    found = [{cell: row.get(cell, "").strip() for cell in CELLS} for row in rows]
    return [row for row in found if row["column"] or row["value"]]


def show_rows(form: Form, faults: Mapping[str, str]) -> list[RuleRow]:
    """Return the rows as the step shows them."""
    return [
        RuleRow(row, {cell: faults[key] for cell in CELLS if (key := f"{ROWS}-{number}-{cell}") in faults})
        for number, row in enumerate(read_rows(form))
    ]


def name_fault(key: str) -> str | None:
    """Return the cell that a fault of the room is about: a rule as a whole is wrong at its operator."""
    number = key.removeprefix("filter.rules.")
    return None if number == key else f"{ROWS}-{number}-operator"


def label_cells(form: Form) -> dict[str, str]:
    """Return what each cell is called in the list of faults."""
    numbers = range(len(read_rows(form)))
    return {f"{ROWS}-{number}-{cell}": f"{HEADS[cell]}, rule {number + 1}" for number in numbers for cell in CELLS}


def read_members(form: Form, draft: Draft) -> Draft:
    """Return the draft with the filter that was typed; what does not fit is noted at its cell."""
    known, stored = list_columns(), draft.selection.filter or MemberFilter()
    rules = [read_rule(form, f"{ROWS}-{number}", row, known) for number, row in enumerate(read_rows(form))]
    match = form.choice("match", list(Match)) or Match.ALL
    ticked = form.repeated("columns")
    if not set(ticked) <= set(known):
        form.fault("columns", "Choose columns of the list.")
    columns = stored.columns if set(ticked) == set(stored.columns) else tuple(each for each in known if each in ticked)
    chosen = MemberFilter(tuple(filter(None, rules)), Match(match), columns)
    return replace(draft, query_id=None, selection=replace(draft.selection, filter=chosen))


def read_rule(form: Form, place: str, row: Mapping[str, str], known: Mapping[str, DatasetColumn]) -> MemberRule | None:
    """Return the rule of a row, None where it does not fit."""
    column = known.get(row["column"])
    if column is None:
        form.fault(f"{place}-column", "Choose a column.")
        return None
    if row["operator"] not in OPERATORS:
        form.fault(f"{place}-operator", "Choose an operator.")
        return None
    operator = Operator(row["operator"])
    texts = split_values(operator, row["value"])
    if not texts and operator not in BARE:
        form.fault(f"{place}-value", "Required.")
        return None
    try:
        return MemberRule(column.name, operator, tuple(read_value(column.type, text) for text in texts))
    except ValueError as error:
        form.fault(f"{place}-value", str(error))
        return None


def split_values(operator: Operator, text: str) -> Sequence[str]:
    """Return the values that were typed; one that holds a comma is quoted."""
    if operator is not Operator.ONE_OF:
        return [text] if text else []
    found = next(csv.reader([text], skipinitialspace=True), [])
    return [value.strip() for value in found if value.strip()]


def read_value(kind: str, text: str) -> Any:
    """Return a value as JSON has it, or say what is expected."""
    if kind in NUMBERS or kind == "float":
        return read_number(kind, text)
    if kind == "bool":
        if text.lower() not in ("true", "false"):
            raise ValueError("Enter true or false.")
        return text.lower() == "true"
    if kind in MOMENTS:
        check_moment(kind, text)
    return text


def read_number(kind: str, text: str) -> int | str:
    """Return a whole number, or a decimal one as it was typed."""
    try:
        number = Decimal(text)
        if number.is_finite() and kind != "int":
            return text
        if number.is_finite() and number == int(number) and len(text) < 20:
            return int(number)
    except (InvalidOperation, OverflowError):
        pass
    raise ValueError(NUMBERS.get(kind, NUMBERS["decimal"]))


def check_moment(kind: str, text: str) -> None:
    """Refuse what is no date or no moment."""
    try:
        if kind == "date":
            date.fromisoformat(text)
        else:
            datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(MOMENTS[kind]) from None
