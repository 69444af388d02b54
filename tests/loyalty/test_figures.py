"""Figures of each day against a plain count of members and movements, whatever happens to these."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tessera import loyalty
from tessera.access.chains import ChainNotFoundError
from tessera.loyalty import (
    AccountMerge,
    DailyFigures,
    MembershipChange,
    NewMembership,
    NewProgram,
    count_figures,
    list_daily_figures,
)
from tessera.loyalty import figures as room
from tessera.loyalty.store import figures as store
from tessera.platform.actors import Actor, ActorKind
from tessera.platform.db import Database, change_in_batches, driver
from tessera.platform.errors import DeniedError
from tessera.platform.ids import new_id

from .conftest import NOON, House
from .ledgers import Ledger, build_ledger

DAY = timedelta(days=1)


@pytest.fixture
async def ledger(database: Database, house: House) -> Ledger:
    """Return the points of the test's chain."""
    return await build_ledger(database, house)


async def read_figures(ledger: Ledger, days: int = 4, **more: Any) -> list[DailyFigures]:
    async with ledger.database.session() as session:
        return await list_daily_figures(session, ledger.actor, ledger.house.chain_id, days, now=NOON + 3 * DAY, **more)


async def count_plainly(ledger: Ledger, days: int = 4, program_id: UUID | None = None) -> list[DailyFigures]:
    """Count every day anew from all members and movements, in the simplest way."""
    chain_id = ledger.house.chain_id
    members = await ledger.read(
        "SELECT id, program_id, created_at, deleted_at FROM memberships WHERE chain_id = %s", chain_id
    )
    lines = await ledger.read(
        "SELECT membership_id, sequence, kind, points, created_at, transfer_id, reverses FROM points_movements"
        " WHERE chain_id = %s",
        chain_id,
    )
    mine = {row[0]: row for row in members if program_id in (None, row[1])}
    moved = [row for row in lines if row[0] in mine]
    known = {(row[0], row[1]): row for row in lines}
    last = (NOON + 3 * DAY).date()
    return [count_day(last - number * DAY, mine, moved, known) for number in reversed(range(days))]


def count_day(day: date, members: dict[UUID, Any], lines: list[Any], known: dict[Any, Any]) -> DailyFigures:
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + DAY
    there = {one for one, row in members.items() if row[2] < end and (row[3] is None or row[3] >= end)}
    flows = {"earned": 0, "burned": 0, "expired": 0}
    for line in lines:
        cause = known[line[0], line[6]] if line[6] else line
        kind = cause[2]
        if kind == "set" and cause[1] > 1:
            kind = "earn" if cause[3] > 0 else "burn"
        name = {"earn": "earned", "burn": "burned", "expire": "expired"}.get(kind)
        if name and line[4].date() == day and cause[5] is None:
            flows[name] += line[3] if name == "earned" else -line[3]
    return DailyFigures(
        day=day,
        members=len(there),
        points=sum(line[3] for line in lines if line[4] < end and line[0] in there),
        enrolments=sum(row[2].date() == day for row in members.values()),
        **flows,
    )


async def live_through(ledger: Ledger) -> None:
    """Let everything happen that moves a figure, over four days."""
    await ledger.set_to(0, 100)
    await ledger.earn(1, 50, expires_at=NOON + 2 * DAY)
    await ledger.earn(2, 30)
    ledger.now = NOON + DAY
    await ledger.burn(0, 40)
    await ledger.set_to(0, 75)
    await ledger.set_to(0, 70)
    await ledger.transfer(2, 3, 10)
    await ledger.reverse(await ledger.earn(2, 500))
    await ledger.adjust(3, 7)
    ledger.now = NOON + 2 * DAY
    await ledger.expire()
    await ledger.reverse(await ledger.burn(0, 5))
    async with ledger.database.session() as session:
        target, source = ledger.house.account_ids[4], ledger.house.account_ids[3]
        merge = AccountMerge(kind="customer", target_id=target, source_ids=[source])
        await loyalty.merge_accounts(session, ledger.actor, ledger.house.chain_id, [merge], now=ledger.now)
    ledger.now = NOON + 3 * DAY
    await delete(ledger, 0)


async def delete(ledger: Ledger, place: int) -> None:
    async with ledger.database.session() as session:
        await loyalty.delete_memberships(
            session, ledger.actor, ledger.house.chain_id, [ledger.ids[place]], now=ledger.now
        )


async def test_figures_equal_a_plain_count(ledger: Ledger) -> None:
    await live_through(ledger)
    expected = await count_plainly(ledger)

    assert [(day.earned, day.burned, day.expired) for day in expected] == [
        (80, 0, 0),
        (15, 45, 0),
        (0, 0, 50),
        (0, 0, 0),
    ]
    assert [day.members for day in expected] == [5, 5, 4, 3]
    assert await read_figures(ledger) == expected
    assert await ledger.faults() == []


async def test_adding_up_changes_nothing(ledger: Ledger) -> None:
    await live_through(ledger)
    before = await read_figures(ledger)

    assert await count_figures(ledger.database) > 10
    assert await read_figures(ledger) == before
    assert await ledger.read("SELECT count(*) FROM figure_changes") == [(0,)]
    assert await count_figures(ledger.database) == 0
    assert await read_figures(ledger) == before


async def test_workers_add_up_once(ledger: Ledger) -> None:
    await live_through(ledger)
    expected = await count_plainly(ledger)
    counted = await asyncio.gather(*(room.count_figures(ledger.database) for _ in range(4)))

    assert sum(counted) > 10
    assert await read_figures(ledger) == expected


async def test_broken_off_batch_is_not_lost(ledger: Ledger) -> None:
    await live_through(ledger)
    before = await read_figures(ledger)
    with pytest.raises(RuntimeError):
        await break_off(ledger)

    await count_figures(ledger.database)
    assert await read_figures(ledger) == before


async def break_off(ledger: Ledger) -> None:
    async with ledger.database.session() as session:
        assert await store.fold_changes(session, most=5) == 5
        raise RuntimeError


async def test_late_commit_still_counts(ledger: Ledger) -> None:
    item = loyalty.Earning(membership_id=ledger.ids[0], points=9, idempotency_key="late")
    async with ledger.database.session() as late:
        await loyalty.earn_points(late, ledger.actor, ledger.house.chain_id, [item], now=NOON)
        await ledger.earn(1, 5)
        await count_figures(ledger.database)
        assert (await read_figures(ledger))[0].earned == 5

    assert (await read_figures(ledger))[0].earned == 14
    await count_figures(ledger.database)
    assert await read_figures(ledger) == await count_plainly(ledger)


async def test_refused_movement_leaves_no_trace(ledger: Ledger) -> None:
    before = await read_figures(ledger)
    with pytest.raises(psycopg.errors.CheckViolation):
        await ledger.read("UPDATE memberships SET balance = 5 WHERE id = %s RETURNING 1", ledger.ids[0])
    with pytest.raises(loyalty.BalanceTooLowError):
        await ledger.burn(0, 1)

    assert await read_figures(ledger) == before


async def forget_figures(ledger: Ledger) -> None:
    """Leave the database as a migration does that finds members and points."""
    await ledger.read("DELETE FROM daily_figures RETURNING 1")
    await ledger.read("DELETE FROM figure_changes RETURNING 1")
    await ledger.read("INSERT INTO uncounted_chains SELECT id FROM chains RETURNING 1")


async def test_past_is_counted_once(ledger: Ledger, stranger: House) -> None:
    await live_through(ledger)
    expected = await count_plainly(ledger)
    await forget_figures(ledger)
    assert await read_figures(ledger) == []

    await count_figures(ledger.database)
    assert await read_figures(ledger) == expected
    await count_figures(ledger.database)
    assert await read_figures(ledger) == expected
    assert await ledger.read("SELECT count(*) FROM uncounted_chains") == [(0,)]


async def test_what_happens_while_the_past_is_counted_counts_once(ledger: Ledger) -> None:
    await live_through(ledger)
    await forget_figures(ledger)
    await ledger.earn(1, 3)
    async with ledger.database.session() as counting:
        chain_id = await store.find_uncounted(counting)
        assert chain_id is not None
        await ledger.earn(1, 11)
        await delete(ledger, 2)
        await change_in_batches(ledger.database, store.fold_changes, most=10)
        await store.recount(counting, chain_id)
        assert await store.mark_counted(counting, chain_id)

    await count_figures(ledger.database)
    assert await read_figures(ledger) == await count_plainly(ledger)


async def test_two_who_count_the_past_count_once(ledger: Ledger) -> None:
    await live_through(ledger)
    expected = await count_plainly(ledger)
    await forget_figures(ledger)
    await asyncio.gather(*(room.count_chain(ledger.database) for _ in range(3)), return_exceptions=True)

    await count_figures(ledger.database)
    assert await read_figures(ledger) == expected


async def test_erasure_leaves_figures_alone(ledger: Ledger) -> None:
    await live_through(ledger)
    before = await read_figures(ledger)
    async with ledger.database.session() as session:
        await loyalty.clear_account(session, ledger.actor, ledger.house.account_ids[1], now=ledger.now)
    await loyalty.clear_deleted_records(ledger.database, days=1, now=NOON + 30 * DAY)

    assert await read_figures(ledger) == before


async def test_members_take_points_to_another_program(ledger: Ledger) -> None:
    chain_id = ledger.house.chain_id
    async with ledger.database.session() as session:
        other = NewProgram(name="Two", code="TWO")
        (program,) = await loyalty.create_programs(session, ledger.actor, chain_id, [other], now=NOON)
    await ledger.earn(0, 40)
    await ledger.earn(1, 2)
    async with ledger.database.session() as session:
        change = MembershipChange(id=ledger.ids[0], program_id=program.id, points=45)
        await loyalty.update_memberships(session, ledger.actor, chain_id, [change], now=NOON + DAY)

    left = await read_figures(ledger, program_id=ledger.house.program_id)
    came = await read_figures(ledger, program_id=program.id)
    assert [(day.members, day.points) for day in left] == [(5, 42), (4, 2), (4, 2), (4, 2)]
    assert [(day.members, day.points, day.earned) for day in came] == [(0, 0, 0), (1, 45, 5), (1, 45, 0), (1, 45, 0)]
    assert await read_figures(ledger) == await count_plainly(ledger)


async def test_opening_balances_are_not_earned(ledger: Ledger) -> None:
    async with ledger.database.session() as session:
        people = [loyalty.NewCustomer(last_name="Guest")]
        (account,) = await loyalty.create_accounts(session, ledger.actor, ledger.house.chain_id, people, now=NOON)
        item = NewMembership(account_id=account, program_id=ledger.house.program_id, points=1000)
        await loyalty.create_memberships(session, ledger.actor, ledger.house.chain_id, [item], now=NOON + DAY)
    first, second, *_ = await read_figures(ledger)

    assert (first.points, second.points, second.earned, second.enrolments) == (0, 1000, 0, 1)
    assert await read_figures(ledger) == await count_plainly(ledger)


async def test_days_before_the_first_count_for_what_is_there(ledger: Ledger) -> None:
    await live_through(ledger)
    await count_figures(ledger.database)

    assert await read_figures(ledger, 2) == (await count_plainly(ledger))[2:]


async def test_figures_of_another_chain_stay_hidden(ledger: Ledger, stranger: House) -> None:
    await ledger.earn(0, 5)
    async with ledger.database.session() as session:
        with pytest.raises(ChainNotFoundError):
            await list_daily_figures(session, stranger.actor, ledger.house.chain_id, now=NOON)
        mine = await list_daily_figures(session, stranger.actor, stranger.chain_id, now=NOON)

    assert {(day.members, day.points, day.earned) for day in mine} == {(0, 0, 0)}
    assert len(mine) == 30


@pytest.mark.parametrize(
    ("permission", "sees"),
    [("members:read", True), ("points:read", True), ("programs:write", True), ("exports:read", False)],
)
async def test_whoever_sees_a_part_of_loyalty_sees_figures(ledger: Ledger, permission: str, sees: bool) -> None:
    actor = Actor(ActorKind.USER, new_id(), "Ada", frozenset({ledger.house.chain_id}), frozenset({permission}))
    async with ledger.database.session() as session:
        if sees:
            assert await list_daily_figures(session, actor, ledger.house.chain_id, now=NOON)
            return
        with pytest.raises(DeniedError, match="members:read"):
            await list_daily_figures(session, actor, ledger.house.chain_id, now=NOON)


async def test_many_in_a_statement_are_one_change(ledger: Ledger) -> None:
    await ledger.read("DELETE FROM figure_changes RETURNING 1")
    items = [loyalty.Earning(membership_id=one, points=1, idempotency_key="k") for one in ledger.ids]
    await ledger.call(loyalty.earn_points, items)
    async with ledger.database.session() as session:
        rows = await (await driver(session)).execute("SELECT points, earned FROM figure_changes")
        assert await rows.fetchall() == [(5, 5)]
