"""Workers are killed at random, and connections ended, again and again while an export runs: nothing is lost."""

import random

import pytest
from sqlalchemy import text
from tests.builders.laboratory import CONCURRENCY, Laboratory, Reckoning, report, start
from tests.builders.receivers import Reply

from tessera.exports import Changes, Definition, GateLevel, Gates, RunState, Selection

OPEN = Gates(rows=GateLevel.OFF, removals=GateLevel.OFF)


async def kill_again_and_again(
    laboratory: Laboratory, definition: Definition, *, rows: int, kills: int, workers: int, seed: int
) -> Reckoning:
    """Run the export while the holder of a shard, chosen at random, is killed at random moments."""
    chance = random.Random(seed)
    for _ in range(workers):
        laboratory.workers.start()
    run = await start(laboratory, definition)
    hit = []
    for step in range(kills):
        due = int(rows * (step + chance.random()) / (kills + 1))
        if await laboratory.wait_for_rows(run.id, due):
            hit.append(await laboratory.kill_holder(run.id, chance))
    ended = await laboratory.wait_for_end(run.id)
    assert ended.state in (RunState.COMPLETED, RunState.COMPLETED_WITH_ERRORS), ended.error
    assert len(hit) == kills
    return await laboratory.reckon("kill -9 of workers", ended, kills, shards_hit=sum(hit))


async def test_three_workers_share_a_run_and_die(laboratory: Laboratory) -> None:
    definition = await laboratory.create(8000, shards=3)
    report([await kill_again_and_again(laboratory, definition, rows=8000, kills=3, workers=3, seed=1)])


async def test_states_of_rows_are_what_was_accepted(laboratory: Laboratory) -> None:
    # Every hundredth row is refused, and with it the request, until the row is alone.
    laboratory.counts.decide = lambda ids: Reply(422 if any(each % 100 == 0 for each in ids) else 200, delay=0.02)
    definition = await laboratory.create(2000, shards=2, selection=Selection(changes=Changes()), gates=OPEN)
    report([await kill_again_and_again(laboratory, definition, rows=2000, kills=2, workers=2, seed=2)])
    assert await laboratory.list_accepted(definition) == laboratory.counts.accepted
    assert len(laboratory.counts.accepted) == 1980
    laboratory.forget()
    laboratory.workers.start()
    again = await laboratory.wait_for_end((await start(laboratory, definition)).id)
    assert (again.unchanged, again.failed, again.sent) == (1980, 20, 0)


@pytest.mark.parametrize(
    "storms", [2, pytest.param(12, marks=[pytest.mark.prove(minutes=2), pytest.mark.timeout(600)])]
)
async def test_storms_end_every_connection_and_nothing_is_lost(laboratory: Laboratory, storms: int) -> None:
    rows = 600 * storms + 600
    laboratory.workers.start()
    run = await start(laboratory, await laboratory.create(rows, shards=2))
    for storm in range(storms):
        await laboratory.wait_for_rows(run.id, 200 + storm * 600)
        await laboratory.terminate_connections()
    ended = await laboratory.wait_for_end(run.id)
    assert (ended.state, ended.sent) == (RunState.COMPLETED, rows), ended.error
    # A storm hits the worker's two shards at once.
    report([await laboratory.reckon("storm of ended connections", ended, storms, shards_hit=2 * storms)])
    assert len(laboratory.workers.alive) == 1


async def test_run_is_cancelled_while_nobody_holds_a_shard(laboratory: Laboratory) -> None:
    laboratory.workers.start()
    run = await start(laboratory, await laboratory.create(4000, shards=2))
    await laboratory.wait_for_rows(run.id, 500)
    for pid in laboratory.workers.alive:
        laboratory.workers.kill(pid)
    async with laboratory.house.database.session() as session:
        await session.execute(text("UPDATE runs SET cancel_requested = true"))
    laboratory.workers.start()
    ended = await laboratory.wait_for_end(run.id)
    assert ended.state is RunState.CANCELLED
    errors = {error["code"] for error in await laboratory.list_errors(run)}
    assert errors == {"outcome_unknown"}
    assert 0 < ended.failed <= 2 * 2 * CONCURRENCY * 10
    assert ended.sent <= len(laboratory.counts.accepted) <= ended.sent + ended.failed


@pytest.mark.prove(minutes=9)
@pytest.mark.timeout(1800)
async def test_hundred_kills_of_one_export_lose_nothing(laboratory: Laboratory) -> None:
    definition = await laboratory.create(100_000, batch=10)
    report([await kill_again_and_again(laboratory, definition, rows=100_000, kills=100, workers=2, seed=3)])


@pytest.mark.prove(minutes=6)
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(5))
async def test_sharded_exports_survive_twenty_kills(laboratory: Laboratory, seed: int) -> None:
    definition = await laboratory.create(40_000, shards=3)
    report([await kill_again_and_again(laboratory, definition, rows=40_000, kills=20, workers=3, seed=seed)])
