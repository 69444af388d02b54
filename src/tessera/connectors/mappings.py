"""Checking a mapping as it was given: every fault at its cell. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from tessera.connectors.contract.mappings import COLUMNS, MappingLayout

LONGEST_NAME = 255
SHAPE = 'Give a list of rows: {"source": …, "target_kind": …, "target": …}.'

# The number of a row, from 0, and its column.
Cell = tuple[int, str]


class MappingFaultsError(ValueError):
    """Cells of a mapping that do not fit; `cells` says what is wrong with each."""

    def __init__(self, cells: Mapping[Cell, str]) -> None:
        super().__init__(" ".join(f"Row {number + 1}: {fault}" for (number, _), fault in cells.items()))
        self.cells = cells


def check_mapping(layout: MappingLayout, value: Any) -> list[dict[str, str]]:
    """Return the rows as they are stored, or raise for all cells that do not fit at once."""
    rows = [read_row(row) for row in read_list(layout, value)]
    cells: dict[Cell, str] = {}
    for number, row in enumerate(rows):
        cells |= {(number, column): fault for column, fault in find_faults(layout, row).items()}
    cells = find_doubles(layout, rows) | cells
    if cells:
        raise MappingFaultsError(dict(sorted(cells.items(), key=lambda each: (each[0][0], COLUMNS.index(each[0][1])))))
    return rows


def read_list(layout: MappingLayout, value: Any) -> Sequence[Mapping[str, Any]]:
    """Return the rows that were given, where they are rows at all."""
    if not isinstance(value, list | tuple) or not all(is_row(row) for row in value):
        raise ValueError(SHAPE)
    if len(value) > layout.most:
        raise ValueError(f"More than {layout.most:,} rows. Leave some out.")
    return value


def is_row(row: Any) -> bool:
    """Say whether this is a row as it is given."""
    return isinstance(row, Mapping) and set(row) <= set(COLUMNS) and all(isinstance(row[key], str) for key in row)


def read_row(row: Mapping[str, str]) -> dict[str, str]:
    """Return a row with all of its columns."""
    return {column: row.get(column, "").strip() for column in COLUMNS}


def find_faults(layout: MappingLayout, row: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with a row by itself, by column."""
    faults = {column: "Required." for column in ("source", "target") if not row[column]}
    for column in COLUMNS:
        if len(row[column]) > LONGEST_NAME or not row[column].isprintable():
            faults[column] = f"Give at most {LONGEST_NAME} printable characters."
    for column in ("target_kind", "transform", "empty"):
        known = [key for key, _ in layout.choices_of(column)]
        if row[column] not in known and (row[column] or column == "target_kind"):
            faults[column] = f"Choose one of {', '.join(known)}." if known else "Leave it empty."
    listed = layout.targets.get(row["target_kind"])
    if listed is not None and row["target"] and row["target"] not in listed:
        faults["target"] = f"Choose one of {', '.join(listed)}."
    return faults


def find_doubles(layout: MappingLayout, rows: Sequence[Mapping[str, str]]) -> dict[Cell, str]:
    """Return the rows whose target an earlier row has: only one of them would count."""
    first: dict[tuple[str, str], int] = {}
    doubles: dict[Cell, str] = {}
    for number, row in enumerate(rows):
        target = row["target_kind"], row["target"]
        if not row["target"] or row["target_kind"] in layout.repeatable:
            continue
        if target in first:
            doubles[number, "target"] = f"Row {first[target] + 1} has this target already. Take one of them out."
        first.setdefault(target, number)
    return doubles
