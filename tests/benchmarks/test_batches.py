"""The benchmark of batches does the whole work both ways, and its bars are held."""

from datetime import UTC, datetime
from uuid import UUID

from benchmarks.batches import build, dump, judge_batches, make_rows

from tessera.outbound.rendering import RunFacts

RUN = RunFacts(UUID(int=2), "members", "map", datetime(2026, 11, 21, tzinfo=UTC), UUID(int=3), UUID(int=4))


def test_both_ways_take_every_row() -> None:
    rows = make_rows(1_234)
    assert build(rows, RUN) == dump(rows, RUN) == 1_234


def test_slow_building_misses_its_bars() -> None:
    assert [bar.met for bar in judge_batches(30_000, 100_000)] == [True, True]
    assert [bar.met for bar in judge_batches(5_000, 100_000)] == [False, False]
