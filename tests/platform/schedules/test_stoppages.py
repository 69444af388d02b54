"""What stands still: paused schedules, and moments that were missed for good."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from tests.builders.schedules import KIND, Owners, owners_of_a_chain, utc

from tessera.platform.calendar import Recurrence, Schedule
from tessera.platform.db import Database
from tessera.platform.schedules import list_missed, list_paused

HOURLY = Schedule(recurrence=Recurrence.REPEAT, cron="0 * * * *", zone="UTC")
START = utc("2026-03-02 08:30")


@pytest.fixture
async def owners(database: Database) -> AsyncIterator[Owners]:
    async with owners_of_a_chain(database) as owners:
        yield owners


async def test_paused_schedules_are_listed(owners: Owners) -> None:
    (failing,) = await owners.save(HOURLY, START, pause_after=1)
    await owners.save(HOURLY, START)
    await owners.tick(utc("2026-03-02 09:00"))
    await owners.finish(failing, utc("2026-03-02 09:05"), succeeded=False)
    async with owners.database.session() as session:
        (found,) = await list_paused(session, KIND, [owners.chain_id])
        nothing = await list_paused(session, KIND, [])
    assert (found.owner_id, found.failures) == (failing, 1)
    assert "resume the schedule" in found.reason
    assert nothing == []


async def test_missed_moments_count_until_a_run_starts(owners: Owners) -> None:
    (owner,) = await owners.save(HOURLY, START, catch_up_seconds=0)
    back = utc("2026-03-02 11:30")
    await owners.tick(back)
    async with owners.database.session() as session:
        (found,) = await list_missed(session, KIND, None, since=START)
        elsewhere = await list_missed(session, KIND, [], since=START)
        later = await list_missed(session, KIND, None, since=back)
    assert (found.owner_id, found.number, found.due_at) == (owner, 3, utc("2026-03-02 11:00"))
    assert (elsewhere, later) == ([], [])

    await owners.tick(back + timedelta(minutes=30))
    async with owners.database.session() as session:
        assert await list_missed(session, KIND, None, since=START) == []
