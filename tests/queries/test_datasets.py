"""The datasets: documented exactly as they are, and readable by nobody without a bound chain."""

from pathlib import Path

import psycopg
import pytest
from tests.builders.towns import Town

from tessera.platform.datasets import Dataset, DatasetColumn, list_datasets, register_datasets
from tessera.queries import NewQuery, QueryInvalidError, check_query
from tessera.wiring import DATASETS as PLACES

DATASETS = tuple(list_datasets().values())
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "datasets.md"


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.name)
async def test_view_has_the_documented_columns(town: Town, dataset: Dataset) -> None:
    columns = await town.engine().describe(town.north, f"SELECT * FROM {dataset.name}")
    assert [(column.name, column.type.value) for column in columns] == [(c.name, c.type) for c in dataset.columns]


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.name)
async def test_view_shows_the_bound_chain_only(town: Town, dataset: Dataset) -> None:
    counts = [
        await town.engine().count(chain, NewQuery("x", f"SELECT * FROM {dataset.name}"))
        for chain in (town.north, town.south)
    ]
    assert counts == ([40, 40] if dataset.name not in ("programs", "tiers") else [1, 1])
    for address in (town.query_address, town.database.address):
        with psycopg.connect(address) as connection:
            assert next(connection.execute(f"SELECT count(*) FROM datasets.{dataset.name}"))[0] == 0


def test_every_view_is_a_barrier_and_belongs_to_the_owner(town: Town) -> None:
    sql = """SELECT relname, relowner::regrole::text, reloptions
               FROM pg_class WHERE relnamespace = 'datasets'::regnamespace"""
    with psycopg.connect(town.admin_address) as connection:
        found = connection.execute(sql).fetchall()
    assert {name for name, _, _ in found} == {dataset.name for dataset in DATASETS}
    assert {(owner, tuple(options)) for _, owner, options in found} == {("tessera_owner", ("security_barrier=true",))}


def test_reference_lists_every_column() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    for dataset in DATASETS:
        assert f"## {dataset.name}\n\n{dataset.meaning}" in text
        for column in dataset.columns:
            assert f"| `{column.name}` | {column.type} | {column.meaning} |" in text


VISITS = (Dataset("visits", "Visits.", personal=False, columns=(DatasetColumn("at", "timestamp", "when"),)),)


def test_queries_read_what_any_room_declares() -> None:
    with pytest.raises(QueryInvalidError, match="visits"):
        check_query("SELECT * FROM visits")
    register_datasets((*PLACES, f"{__name__}:VISITS"))
    try:
        assert check_query("SELECT * FROM visits").datasets == {"visits"}
    finally:
        register_datasets(PLACES)
