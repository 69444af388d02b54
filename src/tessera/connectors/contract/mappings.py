"""What a property that is a mapping declares, rows that lead from a source to a target, and how it is checked. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MappingRow:
    """One row: what is read, what it becomes, how it is changed, and what is sent where it is empty."""

    source: str
    target_kind: str
    target: str
    transform: str = ""
    empty: str = ""

    def as_setting(self) -> dict[str, str]:
        """Return the row as a setting stores it."""
        return {name: getattr(self, name) for name in COLUMNS}


LONGEST_NAME = 255
SHAPE = 'Give a list of rows: {"source": …, "target_kind": …, "target": …}.'
COLUMNS = ("source", "target_kind", "target", "transform", "empty")

# The number of a row, from 0, and its column.
Cell = tuple[int, str]
# Takes the names of the sources that have no row yet; returns rows for those it knows.
Propose = Callable[[Sequence[str]], Sequence[MappingRow]]


@dataclass(frozen=True, slots=True)
class MappingShape:
    """How rows are stored where a property has a shape of its own for them, which its `clean` checks.

    `to_rows` and `from_rows` lead from what is stored to the cells of the rows and back; `columns` says which column
    each member of a stored row is shown in.
    """

    to_rows: Callable[[Any], list[dict[str, str]]]
    from_rows: Callable[[Sequence[Mapping[str, str]]], list[dict[str, Any]]]
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MappingLayout:
    """The columns of a mapping: each choice as it is stored and as it reads.

    A kind of target that `targets` lists takes those names alone; any other takes a name that is typed. A target of a
    kind in `repeatable` may have several rows. Without kinds, transforms or empty values their column is left out;
    columns in `typed` have no list, and of sources the list is a help only. A `shape` stands for rows that are stored
    otherwise than they are shown.
    """

    target_kinds: Choices
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    transforms: Choices = ()
    empty_values: Choices = ()
    repeatable: frozenset[str] = frozenset()
    propose: Propose | None = None
    source_label: str = "Source"
    target_kind_label: str = "Target"
    target_label: str = "Name"
    most: int = 500
    typed: frozenset[str] = frozenset()
    shape: MappingShape | None = None

    def choices_of(self, column: str) -> Choices:
        """Return what a column may hold; nothing where it is typed."""
        return {"target_kind": self.target_kinds, "transform": self.transforms, "empty": self.empty_values}.get(
            column, ()
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that such a mapping has."""
        optional = {"target_kind": self.target_kinds, "transform": self.transforms, "empty": self.empty_values}
        return tuple(name for name in COLUMNS if name in self.typed or optional.get(name, True))

    def show_rows(self, stored: Any) -> list[dict[str, str]]:
        """Return the rows of what is stored."""
        return [read_row(row) for row in (self.shape.to_rows(stored) if self.shape else stored)]

    def keep_rows(self, rows: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
        """Return the rows as they are stored."""
        return self.shape.from_rows(rows) if self.shape else [dict(row) for row in rows]

    def cell_of(self, place: str) -> Cell | None:
        """Return the cell that a place in what is stored, such as `3.name`, is shown in; None where there is none."""
        number, _, member = place.partition(".")
        column = self.shape.columns.get(member) if self.shape else member
        return (int(number), column or COLUMNS[0]) if number.isdecimal() else None

    def check(self, value: Any) -> tuple[list[dict[str, str]], dict[Cell, str]]:
        """Return the rows as they are stored, and what is wrong with which cell; no rows at all raise ValueError."""
        rows = [read_row(row) for row in read_list(self, value)]
        cells: dict[Cell, str] = {}
        for number, row in enumerate(rows):
            cells |= {(number, column): fault for column, fault in find_faults(self, row).items()}
        cells = find_doubles(self, rows) | cells
        return rows, {cell: cells[cell] for cell in sorted(cells, key=lambda each: (each[0], COLUMNS.index(each[1])))}


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
    for column in {"target_kind", "transform", "empty"} - layout.typed:
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
