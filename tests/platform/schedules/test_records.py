"""Saving, deleting, listing, new zone data and purging."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from tests.builders.schedules import KIND, Owners, owners_of_a_chain, utc

from tessera.platform.calendar import CronTooFrequentError, Schedule, ScheduleInvalidError
from tessera.platform.db import Database
from tessera.platform.ids import new_id
from tessera.platform.schedules import (
    OwnedSchedule,
    Policies,
    check_policies,
    delete_schedules,
    find_schedule,
    list_moments,
    list_upcoming,
    next_executions,
    purge_moments,
    recompute_schedules,
    save_schedules,
)

EVE, DUE = utc("2026-05-01 00:00"), utc("2026-05-01 09:00")
DAILY, HOURLY = Schedule(cron="0 9 * * *"), Schedule(cron="0 * * * *")


@pytest.fixture
async def owners(database: Database) -> AsyncIterator[Owners]:
    async with owners_of_a_chain(database) as owners:
        yield owners


async def test_schedule_is_found_as_it_was_saved(owners: Owners) -> None:
    schedule = Schedule(cron="0 9 * * MON", zone="Europe/Berlin", advanced=True, excluded_dates=(DUE.date(),))
    (owner,) = await owners.save(schedule, EVE, pause_after=3, started_within_seconds=60)

    async with owners.database.session() as session:
        found = await find_schedule(session, KIND, owner)

    assert found is not None
    assert (found.schedule, found.policies) == (schedule, Policies(pause_after=3, started_within_seconds=60))
    assert (found.next_at, found.normal_form) == (utc("2026-05-04 07:00"), "0 9 * * 1")


async def test_saving_unchanged_keeps_a_moment_that_is_due(owners: Owners) -> None:
    (owner,) = await owners.save(DAILY, EVE)

    await owners.change([owner], DAILY, DUE + timedelta(seconds=1), pause_after=2)

    assert [each.due_at for each in (await owners.tick(DUE + timedelta(seconds=2))).moments] == [DUE]


async def test_disabled_schedule_keeps_everything_but_its_next_moment(owners: Owners) -> None:
    (owner,) = await owners.save(DAILY, EVE)

    await owners.change([owner], Schedule(cron=DAILY.cron, enabled=False), EVE)

    async with owners.database.session() as session:
        assert await next_executions(session, KIND, [owner]) == {}
    await owners.change([owner], DAILY, EVE)
    async with owners.database.session() as session:
        assert await next_executions(session, KIND, [owner]) == {owner: DUE}


async def test_faulty_schedule_is_not_saved(owners: Owners) -> None:
    async with owners.database.session() as session:
        given = [OwnedSchedule(new_id(), owners.chain_id, Schedule(cron="*/10 * * * *"))]
        with pytest.raises(CronTooFrequentError):
            await save_schedules(session, KIND, given, now=EVE, shortest_minutes=15)


@pytest.mark.parametrize(
    ("policies", "member"),
    [
        ({"catch_up_seconds": -1}, "catch_up_seconds"),
        ({"catch_up_number": 101}, "catch_up_number"),
        ({"stagger_seconds": 4000}, "stagger_seconds"),
        ({"pause_after": 0}, "pause_after"),
        ({"started_within_seconds": 0}, "started_within_seconds"),
        ({"started_within_seconds": 60, "finished_within_seconds": 30}, "finished_within_seconds"),
    ],
)
def test_impossible_policy_is_refused(policies: dict[str, Any], member: str) -> None:
    with pytest.raises(ScheduleInvalidError) as caught:
        check_policies(Policies(**policies))

    assert caught.value.details["member"] == member


async def test_deleting_takes_the_moments_along(owners: Owners) -> None:
    (owner, other) = await owners.save(DAILY, EVE, count=2)
    await owners.tick(DUE)

    async with owners.database.session() as session:
        assert await delete_schedules(session, KIND, [owner]) == 1
        assert await list_moments(session, KIND, owner) == []
        assert len(await list_moments(session, KIND, other)) == 1


async def test_upcoming_are_those_of_the_chains_given(owners: Owners, database: Database) -> None:
    (daily,), (hourly,) = await owners.save(DAILY, EVE), await owners.save(HOURLY, EVE)
    async with owners_of_a_chain(database) as others:
        (theirs,) = await others.save(HOURLY, EVE - timedelta(hours=1))

    async with database.session() as session:
        ours = await list_upcoming(session, KIND, [owners.chain_id])
        every = await list_upcoming(session, KIND, None, count=1)

    assert ours == [(hourly, utc("2026-05-01 01:00")), (daily, DUE)]
    assert every == [(theirs, EVE)]


async def test_new_zone_data_moves_the_next_moments(owners: Owners) -> None:
    """What the new rules put into the past is due at once; what newer data found stays."""
    ids = await owners.save(DAILY, EVE, count=3)
    old, new, late = ids
    wrong = "UPDATE schedules SET next_at = :next_at, zone_data = :version WHERE owner_id = :id"
    async with owners.database.session() as session:
        for each, version, hour in ((old, "2020a", 20), (new, "2099z", 20), (late, "2020a", 8)):
            values = {"id": each, "version": version, "next_at": DUE.replace(hour=hour)}
            await session.execute(text(wrong), values)

    now = utc("2026-05-01 09:30")
    async with owners.database.session() as session:
        assert await recompute_schedules(session, now=now, version="2026a") == 1
        found = await next_executions(session, KIND, ids)
        assert await recompute_schedules(session, now=now, version="2026a") == 0

    assert found == {old: DUE, new: DUE.replace(hour=20), late: DUE.replace(hour=8)}


async def test_old_moments_are_purged(owners: Owners) -> None:
    (owner,) = await owners.save(HOURLY, EVE, stagger_seconds=0)
    await owners.tick(utc("2026-05-02 00:30"))
    await owners.tick(utc("2026-05-03 00:30"))

    async with owners.database.session() as session:
        assert await purge_moments(session, days=1, now=utc("2026-05-03 12:30")) == 36
        assert len(await list_moments(session, KIND, owner, count=100)) == 12
