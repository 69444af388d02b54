"""The columns that a template may use: those of its query, and how a row changed, which exports add."""

from collections.abc import Sequence
from typing import Any

from tessera.queries import Column, ColumnType

CHANGE = Column("change", ColumnType.TEXT)
# What a sample row shows for it.
SAMPLE_CHANGE = "added"


def list_row_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns of a row as a template sees them; a query's own column of the name goes first."""
    return (*columns, CHANGE) if all(column.name != CHANGE.name for column in columns) else tuple(columns)


def complete_rows(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """Return a query's rows with a value for each column that a template sees."""
    missing = len(list_row_columns(columns)) - len(columns)
    return [(*row, *[SAMPLE_CHANGE] * missing) for row in rows]
