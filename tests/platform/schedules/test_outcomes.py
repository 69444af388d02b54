"""Overlap both ways, and pausing after failures."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from tests.builders.schedules import KIND, Owners, owners_of_a_chain, utc

from tessera.platform.calendar import Schedule
from tessera.platform.db import Database
from tessera.platform.schedules import (
    MomentOutcome,
    Outcome,
    Overlap,
    ScheduleState,
    StoredSchedule,
    claim_due,
    find_schedule,
    list_moments,
    list_waiting,
    record_outcomes,
    resume_schedules,
)

EVE = utc("2026-05-01 00:55")
EVERY_TEN = Schedule(cron="*/10 * * * *")
SECOND = timedelta(seconds=1)
STARTED, SKIPPED, QUEUED = Outcome.STARTED, Outcome.SKIPPED, Outcome.QUEUED


@pytest.fixture
async def owners(database: Database) -> AsyncIterator[Owners]:
    async with owners_of_a_chain(database) as owners:
        yield owners


async def find(owners: Owners, owner: UUID) -> StoredSchedule:
    async with owners.database.session() as session:
        found = await find_schedule(session, KIND, owner)
    assert found is not None
    return found


async def test_moment_during_a_run_is_skipped(owners: Owners) -> None:
    (owner,) = await owners.save(EVERY_TEN, EVE)

    for minute in (0, 10, 20):
        await owners.tick(utc(f"2026-05-01 01:{minute:02}"))
    await owners.finish(owner, utc("2026-05-01 01:25"))
    await owners.tick(utc("2026-05-01 01:30"))

    assert [outcome for _, outcome in await owners.history(owner)] == [STARTED, SKIPPED, SKIPPED, STARTED]
    async with owners.database.session() as session:
        reasons = [each.reason for each in await list_moments(session, KIND, owner)]
    assert reasons == [None, "previous run active", "previous run active", None]


async def test_one_run_starts_after_the_active_one(owners: Owners) -> None:
    (owner,) = await owners.save(EVERY_TEN, EVE, overlap=Overlap.AFTER)

    for minute in (0, 10, 20):
        await owners.tick(utc(f"2026-05-01 01:{minute:02}"))
    during = await owners.history(owner)
    async with owners.database.session() as session:
        waiting = await list_waiting(session, KIND)
    await owners.finish(owner, utc("2026-05-01 01:25"))
    after = await owners.history(owner)
    await owners.finish(owner, utc("2026-05-01 01:26"))

    assert [outcome for _, outcome in during] == [STARTED, QUEUED, SKIPPED]
    assert waiting == [owner]
    assert [outcome for _, outcome in after] == [STARTED, STARTED, SKIPPED]
    assert owners.active == {}


async def test_end_of_a_run_meets_the_moment_that_queues(owners: Owners) -> None:
    """A worker saw the run active and has not committed; the end of the run waits for it, and starts what it queued."""
    (owner,) = await owners.save(EVERY_TEN, EVE, overlap=Overlap.AFTER)
    await owners.tick(utc("2026-05-01 01:00"))
    claimed, end = asyncio.Event(), asyncio.Event()

    async def queue() -> None:
        async with owners.database.session() as session:
            claim = await claim_due(session, KIND, utc("2026-05-01 01:10"))
            claimed.set()
            await end.wait()
            outcomes = [MomentOutcome(each.owner_id, each.due_at) for each in claim.moments]
            await record_outcomes(session, KIND, outcomes, now=utc("2026-05-01 01:10"))

    queuing = asyncio.create_task(queue())
    await claimed.wait()
    finishing = asyncio.create_task(owners.finish(owner, utc("2026-05-01 01:10")))
    done, _ = await asyncio.wait([finishing], timeout=0.3)
    end.set()
    await asyncio.gather(queuing, finishing)

    assert done == set()
    assert await owners.history(owner) == [("01 01:00", STARTED), ("01 01:10", STARTED)]


async def test_moment_that_cannot_start_does_not_wait(owners: Owners) -> None:
    (owner,) = await owners.save(EVERY_TEN, EVE, overlap=Overlap.AFTER)

    async with owners.database.session() as session:
        now = utc("2026-05-01 01:00")
        await claim_due(session, KIND, now)
        refused = MomentOutcome(owner, now, reason="destination disabled", may_wait=False)
        assert await record_outcomes(session, KIND, [refused], now=now) == {(owner, now): SKIPPED}


async def test_failures_in_a_row_pause(owners: Owners) -> None:
    (owner,) = await owners.save(EVERY_TEN, EVE, pause_after=2)
    paused = []

    for minute, succeeded in enumerate([False, True, False, None, False]):
        await owners.tick(utc(f"2026-05-01 01:{minute}0"))
        paused.append(await owners.finish(owner, utc(f"2026-05-01 01:{minute}1"), succeeded=succeeded))

    assert [len(each) for each in paused] == [0, 0, 0, 0, 1]
    assert (paused[-1][0].failures, paused[-1][0].reason[:24]) == (2, "It failed 2 times in a r")
    assert (await find(owners, owner)).state is ScheduleState.PAUSED
    assert (await owners.tick(utc("2026-05-01 02:00"))).moments == []


async def test_paused_schedule_stays_paused_until_it_is_resumed(owners: Owners) -> None:
    (owner,) = await owners.save(EVERY_TEN, EVE, pause_after=1)
    await owners.tick(utc("2026-05-01 01:00"))
    await owners.finish(owner, utc("2026-05-01 01:01"), succeeded=False)

    await owners.change([owner], Schedule(cron="*/15 * * * *"), utc("2026-05-01 01:02"), pause_after=1)
    changed = await find(owners, owner)
    async with owners.database.session() as session:
        await resume_schedules(session, KIND, [owner], now=utc("2026-05-01 01:20"))
    resumed = await find(owners, owner)

    assert (changed.state, changed.next_at) == (ScheduleState.PAUSED, None)
    assert (resumed.state, resumed.failures) == (ScheduleState.ACTIVE, 0)
    assert resumed.next_at == utc("2026-05-01 01:30")


async def test_what_waits_is_given_up_with_the_schedule(owners: Owners) -> None:
    (owner,) = await owners.save(EVERY_TEN, EVE, overlap=Overlap.AFTER)
    await owners.tick(utc("2026-05-01 01:00"))
    await owners.tick(utc("2026-05-01 01:10"))

    off = Schedule(cron=EVERY_TEN.cron, enabled=False)
    await owners.change([owner], off, utc("2026-05-01 01:15"), overlap=Overlap.AFTER)
    await owners.finish(owner, utc("2026-05-01 01:20"))

    assert (await find(owners, owner)).state is ScheduleState.DISABLED
    assert await owners.history(owner) == [("01 01:00", STARTED), ("01 01:10", SKIPPED)]
    assert owners.active == {}
