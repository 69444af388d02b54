"""A worker dies while it starts what is due: another one starts it, and each moment makes one run."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.builders.crash_points import START_POINTS
from tests.builders.house import ACTOR
from tests.builders.laboratory import Laboratory

from tessera.exports.schedules import set_schedule
from tessera.platform.calendar import Recurrence, Schedule
from tessera.platform.schedules import Policies

ROWS = 20
MADE = "SELECT r.definition_id, r.scheduled_for, r.finished_at IS NOT NULL AS ended FROM runs r ORDER BY 1, 2"


@pytest.mark.parametrize("point", START_POINTS)
async def test_moment_makes_one_run_although_its_worker_dies(laboratory: Laboratory, point: str) -> None:
    definition = await laboratory.create(ROWS)
    # In the past, but within what is caught up at once: it is due as soon as a worker looks.
    due = datetime.now(UTC) - timedelta(minutes=1)
    async with laboratory.house.database.session() as session:
        await set_schedule(
            session,
            ACTOR,
            replace(laboratory.house.resources, clock=lambda: due - timedelta(hours=1)),
            definition_id=definition.id,
            schedule=Schedule(Recurrence.ONCE, once_at=due.replace(tzinfo=None, second=0, microsecond=0)),
            policies=Policies(stagger_seconds=0),
        )
    assert laboratory.workers.wait(laboratory.workers.start_doomed(point), 60) == -9
    # Nothing of it was committed, or all.
    assert await laboratory.ask(MADE) == []
    laboratory.workers.start()
    laboratory.workers.start()
    async with asyncio.timeout(60):
        while not [run for run in await laboratory.ask(MADE) if run["ended"]]:  # noqa: ASYNC110 - a process does not say when
            await asyncio.sleep(0.1)
    await asyncio.sleep(1.5)
    assert [run["definition_id"] for run in await laboratory.ask(MADE)] == [definition.id]
    assert sorted(laboratory.counts.arrivals) == list(range(1, ROWS + 1))
    assert laboratory.counts.repeated == 0
