"""What workers find after they were away: which of the missed moments start, and when."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from tests.builders.schedules import KIND, Owners, owners_of_a_chain, utc

from tessera.platform.calendar import Schedule
from tessera.platform.db import Database
from tessera.platform.schedules import Outcome, Policies, list_moments
from tessera.platform.schedules.catch_up import plan_moments

EVE = utc("2026-05-01 00:30")
EVERY_TEN, HOURLY, DAILY = Schedule(cron="*/10 * * * *"), Schedule(cron="0 * * * *"), Schedule(cron="0 9 * * *")
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
MISSED, STARTED, QUEUED = Outcome.MISSED, Outcome.STARTED, Outcome.QUEUED


@pytest.fixture
async def owners(database: Database) -> AsyncIterator[Owners]:
    async with owners_of_a_chain(database) as owners:
        yield owners


async def test_outage_of_ten_minutes_starts_once(owners: Owners) -> None:
    (owner,) = await owners.save(DAILY, EVE, stagger_seconds=0)

    claim = await owners.tick(utc("2026-05-01 09:10"))

    assert [each.late for each in claim.moments] == [True]
    assert await owners.history(owner) == [("01 09:00", STARTED)]


async def test_outage_of_five_hours_starts_the_newest_only(owners: Owners) -> None:
    (owner,) = await owners.save(HOURLY, EVE, stagger_seconds=0)

    claim = await owners.tick(utc("2026-05-01 06:30"))

    assert claim.missed == {owner: 5}
    assert await owners.history(owner) == [(f"01 0{hour}:00", MISSED) for hour in range(1, 6)] + [("01 06:00", STARTED)]


async def test_moment_older_than_the_window_is_missed(owners: Owners) -> None:
    (owner,) = await owners.save(DAILY, EVE, stagger_seconds=0)

    claim = await owners.tick(utc("2026-05-01 14:00"))

    assert (claim.moments, claim.missed) == ([], {owner: 1})
    assert await owners.history(owner) == [("01 09:00", MISSED)]


async def test_several_are_caught_up_with_one_after_another(owners: Owners) -> None:
    (owner,) = await owners.save(EVERY_TEN, EVE, stagger_seconds=0, catch_up_number=3)

    await owners.tick(utc("2026-05-01 01:35"))
    first = await owners.history(owner)
    for minute in range(3):
        await owners.finish(owner, utc("2026-05-01 01:36") + minute * MINUTE)

    assert first == [(f"01 {time}", MISSED) for time in ("00:40", "00:50", "01:00")] + [
        ("01 01:10", STARTED),
        ("01 01:20", QUEUED),
        ("01 01:30", QUEUED),
    ]
    assert [due for _, due in owners.started] == [utc(f"2026-05-01 01:{minute}") for minute in (10, 20, 30)]
    assert owners.active == {}


async def test_missed_starts_are_spread_by_owner(owners: Owners) -> None:
    """Each owner has a place of its own in the minutes after the outage, the same every time."""
    ids = await owners.save(DAILY, EVE, count=50, stagger_seconds=300)
    back = utc("2026-05-01 09:10")

    starts: dict[UUID, datetime] = {}
    for seconds in range(0, 310, 5):
        now = back + seconds * SECOND
        starts |= {each.owner_id: now for each in (await owners.tick(now)).moments}

    assert starts.keys() == set(ids)
    assert len(set(starts.values())) > 20
    plans = {each: plan_moments([utc("2026-05-01 09:00")], back, Policies(stagger_seconds=300), each) for each in ids}
    for each, plan in plans.items():
        assert timedelta() <= starts[each] - (plan.starts_at or back) < 5 * SECOND


async def test_what_is_on_time_is_not_spread(owners: Owners) -> None:
    await owners.save(DAILY, EVE, count=50, stagger_seconds=300)

    claim = await owners.tick(utc("2026-05-01 09:00:59"))

    assert len(claim.moments) == 50
    assert not any(each.late for each in claim.moments)


async def test_outage_of_days_is_caught_up_with_within_its_window(owners: Owners) -> None:
    window = 3 * 24 * 3600
    (owner,) = await owners.save(DAILY, EVE, stagger_seconds=0, catch_up_seconds=window, catch_up_number=3)

    await owners.tick(utc("2026-05-05 08:00"))

    assert [outcome for _, outcome in await owners.history(owner)] == [MISSED, STARTED, QUEUED, QUEUED]


async def test_claim_after_an_outage_is_cut_and_goes_on(owners: Owners) -> None:
    """So many moments were missed that one transaction would be long."""
    ids = await owners.save(Schedule(cron="*/5 * * * *"), EVE, count=40, stagger_seconds=0)
    back = utc("2026-05-02 00:33")

    first = await owners.tick(back)
    second, third = await owners.tick(back), await owners.tick(back)

    assert [len(each.moments) for each in (first, second, third)] == [18, 18, 4]
    assert [each.more for each in (first, second, third)] == [True, True, False]
    assert {owner for owner, _ in owners.started} == set(ids)


async def test_outage_of_months_is_recorded_in_short(owners: Owners) -> None:
    (owner,) = await owners.save(EVERY_TEN, EVE, stagger_seconds=0)

    claim = await owners.tick(utc("2026-09-01 00:05"))

    history = await owners.history(owner)
    assert history[0] == ("01 00:40", MISSED)
    assert history[-1] == ("01 00:00", STARTED)
    assert claim.missed[owner] == len(history) - 1 == 24 * 6
    async with owners.database.session() as session:
        latest = await list_moments(session, KIND, owner, count=200)
    assert (
        latest[-1].reason
        == "no worker was there for long: the moments after this one, up to the last day, are not listed"
    )
    assert {each.reason for each in latest[1:-1]} == {"no worker was there in time"}


@pytest.mark.parametrize(
    ("policies", "now", "chosen"),
    [
        (Policies(), "10:05", ["10:00"]),
        # A run on time makes catching up needless.
        (Policies(), "10:00", ["10:00"]),
        (Policies(catch_up_number=2), "10:05", ["09:50", "10:00"]),
        (Policies(catch_up_number=2), "10:00", ["09:50", "10:00"]),
        (Policies(catch_up_number=9, catch_up_seconds=1500), "10:05", ["09:40", "09:50", "10:00"]),
        (Policies(catch_up_number=0), "10:05", []),
        (Policies(catch_up_number=0), "10:00", ["10:00"]),
        (Policies(catch_up_seconds=0), "10:05", []),
        (Policies(catch_up_seconds=0, catch_up_number=3), "10:00", ["10:00"]),
    ],
)
def test_policy_chooses_among_the_missed(policies: Policies, now: str, chosen: list[str]) -> None:
    due = [utc(f"2026-05-01 {time}") for time in ("09:20", "09:30", "09:40", "09:50", "10:00")]

    plan = plan_moments(due, utc(f"2026-05-01 {now}"), policies, UUID(int=7))

    assert [f"{each:%H:%M}" for each in plan.chosen] == chosen
    assert [*plan.missed, *plan.chosen] == due
