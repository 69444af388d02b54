"""Due moments are claimed once, by whichever worker, however many come at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import event, text
from tests.builders.schedules import KIND, Owners, owners_of_a_chain, utc

from tessera.platform.calendar import Recurrence, Schedule
from tessera.platform.db import Database
from tessera.platform.schedules import Outcome, ScheduleState, claim_due, find_schedule, has_due, next_executions

EVE, DUE = utc("2026-05-01 00:00"), utc("2026-05-01 09:00")
DAILY = Schedule(cron="0 9 * * *")
SECOND = timedelta(seconds=1)


@pytest.fixture
async def owners(database: Database) -> AsyncIterator[Owners]:
    async with owners_of_a_chain(database) as owners:
        yield owners


async def test_moment_starts_once_and_the_next_is_known(owners: Owners) -> None:
    (owner,) = await owners.save(DAILY, EVE)

    before = await owners.tick(DUE - SECOND)
    claimed = await owners.tick(DUE + SECOND)
    again = await owners.tick(DUE + 2 * SECOND)

    assert [each.due_at for each in claimed.moments] == [DUE]
    assert (before.moments, again.moments, claimed.more) == ([], [], False)
    async with owners.database.session() as session:
        assert await next_executions(session, KIND, [owner]) == {owner: DUE + timedelta(days=1)}


async def test_workers_claim_disjoint_moments(owners: Owners) -> None:
    """Each holds its transaction open until all have claimed."""
    ids = await owners.save(DAILY, EVE, count=90)
    meeting = asyncio.Barrier(3)

    async def work() -> list[object]:
        async with owners.database.session() as session:
            claim = await claim_due(session, KIND, DUE, most=30)
            await meeting.wait()
            await owners.start(session, claim.moments, DUE)
        assert claim.more
        return [each.owner_id for each in claim.moments]

    claimed = await asyncio.gather(work(), work(), work())

    assert [len(each) for each in claimed] == [30, 30, 30]
    assert sorted(owner for each in claimed for owner in each) == sorted(ids)  # type: ignore[type-var]


async def test_crash_between_claim_and_commit_changes_nothing(owners: Owners) -> None:
    (owner,) = await owners.save(DAILY, EVE)

    with suppress(ZeroDivisionError):
        async with owners.database.session() as session:
            assert (await claim_due(session, KIND, DUE)).moments
            raise ZeroDivisionError
    claim = await owners.tick(DUE + SECOND)

    assert [each.owner_id for each in claim.moments] == [owner]
    assert await owners.history(owner) == [("01 09:00", Outcome.STARTED)]


async def test_moment_that_was_recorded_never_starts_again(owners: Owners) -> None:
    """Whatever becomes of a schedule: the key of the moment decides."""
    (owner,) = await owners.save(DAILY, EVE)
    await owners.tick(DUE)
    await owners.change([owner], Schedule(cron="0 9 * * *", advanced=True), EVE)

    claim = await owners.tick(DUE + SECOND)

    assert claim.moments == []
    assert owners.started == [(owner, DUE)]


async def test_two_thousand_start_in_the_same_minute(owners: Owners) -> None:
    """In as many statements as one takes: claimed, recorded and moved on together."""
    await owners.save(DAILY, EVE, count=2_000)
    statements = list[str]()

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(owners.database.engine.sync_engine, "before_cursor_execute", count)
    claim = await owners.tick(DUE)

    assert len(claim.moments) == len(set(owners.started)) == 2_000
    assert len(statements) == 5
    assert (await owners.tick(DUE + SECOND)).moments == []


async def test_unreadable_schedule_does_not_stop_the_others(owners: Owners) -> None:
    """Its zone was known where it was saved, and is not here."""
    broken, sound = await owners.save(DAILY, EVE, count=2)
    move = """UPDATE schedules SET document = document || '{"zone": "Europe/Atlantis"}' WHERE owner_id = :id"""
    async with owners.database.session() as session:
        await session.execute(text(move), {"id": broken})

    claim = await owners.tick(DUE)

    assert [each.owner_id for each in claim.moments] == [sound]
    assert [(each.owner_id, each.reason[:20]) for each in claim.paused] == [(broken, "“Europe/Atlantis” is")]
    assert not await has_due(owners.database.reader, KIND, DUE + timedelta(days=1) - SECOND)


async def test_other_kinds_are_left_alone(owners: Owners) -> None:
    await owners.save(DAILY, EVE)

    async with owners.database.session() as session:
        assert (await claim_due(session, "pull", DUE)).moments == []
        assert not await has_due(session, "pull", DUE)
    assert await has_due(owners.database.reader, KIND, DUE)
    assert not await has_due(owners.database.reader, KIND, DUE - SECOND)


async def test_clock_change_starts_each_day_once(owners: Owners) -> None:
    """A worker that looks every ten minutes through the night in which New York skips 02:30."""
    night = utc("2026-03-07 06:00")
    (owner,) = await owners.save(Schedule(cron="30 2 * * *", zone="America/New_York"), night)

    for count in range(52 * 6):
        await owners.tick(night + timedelta(minutes=10) * count)
        if owner in owners.active:
            await owners.finish(owner, night + timedelta(minutes=10) * count + SECOND)

    assert [f"{due:%d %H:%M}" for _, due in owners.started] == ["07 07:30", "08 07:00", "09 06:30"]


async def test_once_is_executed_and_armed_again_by_editing(owners: Owners) -> None:
    def at(hour: int) -> Schedule:
        return Schedule(Recurrence.ONCE, once_at=DUE.replace(tzinfo=None, hour=hour))

    async def state() -> ScheduleState:
        async with owners.database.session() as session:
            found = await find_schedule(session, KIND, owner)
        assert found is not None
        return found.state

    (owner,) = await owners.save(at(9), EVE)
    await owners.tick(DUE)
    executed = await state()
    await owners.change([owner], at(9), DUE + SECOND, catch_up_number=2)
    kept = await state()
    await owners.change([owner], at(11), DUE + SECOND)

    assert (executed, kept, await state()) == (ScheduleState.EXECUTED, ScheduleState.EXECUTED, ScheduleState.ACTIVE)
    await owners.finish(owner, DUE + SECOND)
    await owners.tick(utc("2026-05-01 11:00"))
    assert await owners.history(owner) == [("01 09:00", Outcome.STARTED), ("01 11:00", Outcome.STARTED)]
