"""The grid of a mapping: its rows as they are shown, read again, and proposed. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tessera.connectors.contract import MappingLayout
from tessera.web.forms import Form

COLUMNS = ("source", "target_kind", "target", "transform", "empty")
# Without scripts nobody can add a row: these are there to be filled in.
SPARE_ROWS = 3
# The button that asks for proposals sends this, and the name of the grid.
FIELD, PROPOSE = "do", "propose:"


@dataclass(frozen=True, slots=True)
class GridRow:
    """One row as it is shown, and what is wrong with its cells, by column."""

    values: Mapping[str, str]
    faults: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Grid:
    """A mapping as its field shows it. `sources` are value and label of what may be chosen; without any it is typed."""

    name: str
    layout: MappingLayout
    rows: Sequence[GridRow]
    sources: Sequence[tuple[Any, str]] = ()
    spare: int = SPARE_ROWS

    @property
    def known_targets(self) -> list[str]:
        """The target names that are offered while one types."""
        return sorted({name for names in self.layout.targets.values() for name in names})

    @property
    def can_propose(self) -> bool:
        """Whether rows can be proposed."""
        return self.layout.propose is not None and bool(self.sources)

    @property
    def labels(self) -> dict[str, str]:
        """What each cell with a fault is called in the list of faults."""
        heads = column_labels(self.layout)
        return {
            f"{self.name}-{number}-{column}": f"{heads[column]}, row {number + 1}"
            for number, row in enumerate(self.rows)
            for column in row.faults
        }


def column_labels(layout: MappingLayout) -> dict[str, str]:
    """Return the heads of the columns."""
    return {
        "source": layout.source_label,
        "target_kind": layout.target_kind_label,
        "target": layout.target_label,
        "transform": "Transform",
        "empty": "When empty",
    }


def make_grid(
    name: str,
    layout: MappingLayout,
    rows: Sequence[Mapping[str, str]],
    sources: Sequence[tuple[Any, str]] = (),
    faults: Mapping[str, str] | None = None,
) -> Grid:
    """Return the grid of rows, stored or typed; a fault is named after its cell, `<name>-<row>-<column>`."""
    found = faults or {}
    shown = [
        GridRow(
            {column: row.get(column, "") for column in COLUMNS},
            {column: found[cell] for column in COLUMNS if (cell := f"{name}-{number}-{column}") in found},
        )
        for number, row in enumerate(rows)
    ]
    return Grid(name, layout, shown, sources)


def read_grid(name: str, form: Form) -> list[dict[str, str]]:
    """Return the rows that were sent, in order; a row without source and target is none."""
    rows = form.numbered_rows(name, COLUMNS)
    return [
        {column: row.get(column, "").strip() for column in COLUMNS}
        for row in rows
        if row.get("source", "").strip() or row.get("target", "").strip()
    ]


def asks_proposals(form: Form, name: str) -> bool:
    """Say whether the form was sent to have rows proposed for this grid."""
    return form.get(FIELD) == f"{PROPOSE}{name}"


def propose_rows(
    layout: MappingLayout, rows: Sequence[Mapping[str, str]], sources: Sequence[str]
) -> list[dict[str, str]]:
    """Return the rows and, after them, those proposed for sources that have none; no target comes twice."""
    mapped = {row["source"] for row in rows}
    taken = {(row["target_kind"], row["target"]) for row in rows}
    made = layout.propose([source for source in sources if source not in mapped]) if layout.propose else ()
    new = [row.as_setting() for row in made if (row.target_kind, row.target) not in taken]
    return [*map(dict, rows), *new]
