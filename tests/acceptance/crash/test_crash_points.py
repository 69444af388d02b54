"""Workers die at each named point of an export, one after another; the last one ends it, and everything adds up."""

import random

import pytest
from tests.builders.crash_points import CRASH_POINTS
from tests.builders.laboratory import Laboratory, Reckoning, report, start

from tessera.exports import RunState

BATCH = 5
# What comes in one run, in this order. A point that is left out here is met in a run of its own.
CHAINS = [
    ["claimed", "selecting", "selection_not_committed", "selection_committed"],
    ["shards_enqueued", "window_not_committed", "window_committed"],
    ["before_send", "during_send", "before_settle", "after_settle"],
    ["before_shard_end", "run_end_not_committed"],
    ["after_shard_end"],
]
# Calls so late that requests are under way; a point that is not named here is reached once.
CALLS = {"selecting": 2, "before_send": 20, "during_send": 20, "before_settle": 20, "after_settle": 20}


async def die_in_turn(laboratory: Laboratory, points: list[str], *, rows: int, late: int = 0) -> Reckoning:
    """Let one worker after another die at its point, each so many calls later, and the last one end the run."""
    run = await start(laboratory, await laboratory.create(rows, batch=BATCH))
    for point in points:
        call = CALLS[point] + late if point in CALLS and point != "selecting" else CALLS.get(point, 1)
        assert laboratory.workers.wait(laboratory.workers.start_doomed(point, call=call), 60) == -9, point
    laboratory.workers.start()
    ended = await laboratory.wait_for_end(run.id)
    assert (ended.state, ended.sent) == (RunState.COMPLETED, rows)
    return await laboratory.reckon(", ".join(points), ended, len(points))


def test_every_point_is_met() -> None:
    assert sorted(point for chain in CHAINS for point in chain) == sorted(CRASH_POINTS)


# A crowded machine takes ten seconds to start each of the workers.
@pytest.mark.timeout(240)
@pytest.mark.parametrize("points", CHAINS, ids=lambda points: points[0])
async def test_workers_die_in_turn_and_nothing_is_lost(laboratory: Laboratory, points: list[str]) -> None:
    report([await die_in_turn(laboratory, points, rows=800)])


@pytest.mark.prove(minutes=12)
@pytest.mark.timeout(1800)
async def test_every_point_at_many_calls_loses_nothing(laboratory: Laboratory) -> None:
    lines = []
    for seed in range(5):
        late = random.Random(seed).randrange(40)
        for point in CRASH_POINTS:
            lines.append(await die_in_turn(laboratory, [point], rows=1000, late=late))
            laboratory.forget()
    report(lines)
