"""The missed-run detector: each deadline that passes unmet is reported once."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from tests.builders.schedules import KIND, Owners, owners_of_a_chain, utc

from tessera.platform.calendar import Recurrence, Schedule
from tessera.platform.db import Database
from tessera.platform.schedules import Deadline, Outcome, list_overdue, note_starts

EVE, DUE = utc("2026-05-01 00:00"), utc("2026-05-01 09:00")
DAILY = Schedule(cron="0 9 * * *")
MINUTE = timedelta(minutes=1)
DEADLINES = {"started_within_seconds": 300, "finished_within_seconds": 1800, "stagger_seconds": 0}


@pytest.fixture
async def owners(database: Database) -> AsyncIterator[Owners]:
    async with owners_of_a_chain(database) as owners:
        yield owners


async def overdue(owners: Owners, now: datetime) -> list[tuple[Deadline, datetime, Outcome | None]]:
    async with owners.database.session() as session:
        return [(each.deadline, each.by, each.outcome) for each in await list_overdue(session, KIND, now)]


async def begin(owners: Owners, owner: UUID, now: datetime) -> None:
    async with owners.database.session() as session:
        await note_starts(session, [owners.active[owner]], now=now)


async def test_run_in_time_is_not_reported(owners: Owners) -> None:
    (owner,) = await owners.save(DAILY, EVE, **DEADLINES)
    await owners.tick(DUE)
    await begin(owners, owner, DUE + 4 * MINUTE)
    await owners.finish(owner, DUE + 29 * MINUTE)

    assert await overdue(owners, DUE + 60 * MINUTE) == []


async def test_run_that_waits_and_then_lasts_is_reported_twice(owners: Owners) -> None:
    (owner,) = await owners.save(DAILY, EVE, **DEADLINES)
    await owners.tick(DUE)

    assert await overdue(owners, DUE + 4 * MINUTE) == []
    assert await overdue(owners, DUE + 5 * MINUTE) == [(Deadline.START, DUE + 5 * MINUTE, Outcome.STARTED)]
    await begin(owners, owner, DUE + 6 * MINUTE)
    assert await overdue(owners, DUE + 7 * MINUTE) == []
    assert await overdue(owners, DUE + 31 * MINUTE) == [(Deadline.FINISH, DUE + 30 * MINUTE, Outcome.STARTED)]
    await owners.finish(owner, DUE + 32 * MINUTE)
    assert await overdue(owners, DUE + 60 * MINUTE) == []


async def test_late_start_and_end_between_two_looks_are_reported(owners: Owners) -> None:
    (owner,) = await owners.save(DAILY, EVE, **DEADLINES)
    await owners.tick(DUE)
    await begin(owners, owner, DUE + 6 * MINUTE)
    await owners.finish(owner, DUE + 31 * MINUTE)

    assert [deadline for deadline, *_ in await overdue(owners, DUE + 60 * MINUTE)] == [Deadline.START, Deadline.FINISH]


async def test_moment_that_no_worker_claims_is_reported_once(owners: Owners) -> None:
    (owner,) = await owners.save(DAILY, EVE, **DEADLINES)

    unclaimed = await overdue(owners, DUE + 6 * MINUTE)
    await owners.tick(DUE + 7 * MINUTE)
    await begin(owners, owner, DUE + 7 * MINUTE)

    assert unclaimed == [(Deadline.START, DUE + 5 * MINUTE, None)]
    assert await overdue(owners, DUE + 8 * MINUTE) == []


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(cron="0 9 1 5 *"),
        Schedule(cron="0 9 * * *", from_date=DUE.date(), to_date=DUE.date()),
        Schedule(Recurrence.ONCE, once_at=DUE.replace(tzinfo=None)),
    ],
    ids=["yearly", "from and to", "once"],
)
async def test_rare_moment_that_is_missed_is_reported(owners: Owners, schedule: Schedule) -> None:
    await owners.save(schedule, EVE, **DEADLINES)
    await owners.tick(DUE + 300 * MINUTE)

    assert await overdue(owners, DUE + 301 * MINUTE) == [(Deadline.START, DUE + 5 * MINUTE, Outcome.MISSED)]
    assert await overdue(owners, DUE + 302 * MINUTE) == []


async def test_skipped_moment_has_no_deadlines(owners: Owners) -> None:
    (owner,) = await owners.save(Schedule(cron="*/10 * * * *"), DUE - MINUTE, **DEADLINES)
    await owners.tick(DUE)
    await begin(owners, owner, DUE)
    await owners.tick(DUE + 10 * MINUTE)

    assert await overdue(owners, DUE + 19 * MINUTE) == []
