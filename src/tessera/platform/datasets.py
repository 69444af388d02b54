"""Datasets: views that queries may read. Rooms declare theirs, and the wiring names the places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from tessera.platform.lazy_imports import load_place

# Tuples of datasets as `module:NAME`.
PLACES: list[str] = []


@dataclass(frozen=True, slots=True)
class DatasetColumn:
    """One column of a dataset."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A view that queries may read; `personal` when its rows identify persons."""

    name: str
    meaning: str
    personal: bool
    columns: tuple[DatasetColumn, ...]


def read_columns(*lines: str) -> tuple[DatasetColumn, ...]:
    """Read columns from lines of `name type meaning`."""
    return tuple(DatasetColumn(*line.split(" ", 2)) for line in lines)


def register_datasets(places: Sequence[str]) -> None:
    """Make the rooms' datasets known, each place as `module:NAME`; this replaces an earlier call."""
    PLACES[:] = places
    list_datasets.cache_clear()


@cache
def list_datasets() -> Mapping[str, Dataset]:
    """Return every dataset by its name, in the order in which they are shown."""
    return {dataset.name: dataset for place in PLACES for dataset in load_place(place)}
