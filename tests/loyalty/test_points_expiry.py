"""Points leave when their time is over, to the instant, whoever looks first."""

import asyncio
from datetime import timedelta

import pytest

from tessera.loyalty import MovementKind, expire_due_points
from tessera.loyalty.errors import BalanceTooLowError
from tessera.loyalty.store.ledger import hold_memberships
from tessera.platform.db import Database

from .conftest import NOON, House
from .ledgers import Ledger, build_ledger

HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
async def ledger(database: Database, house: House) -> Ledger:
    """Return the points of the test's chain."""
    return await build_ledger(database, house)


async def test_points_leave_at_the_instant(ledger: Ledger) -> None:
    await ledger.earn(0, 10, expires_at=NOON + HOUR)
    await ledger.burn(0, 3)
    ledger.now = NOON + HOUR - INSTANT
    assert await ledger.expire() == 0
    ledger.now = NOON + HOUR

    assert await ledger.expire() == 1
    (line, *_) = await ledger.movements(0)
    assert (line.kind, line.points, line.balance, line.created_at) == (MovementKind.EXPIRE, -7, 0, ledger.now)
    assert await ledger.expire() == 0
    assert await ledger.faults() == []


async def test_points_that_are_over_cannot_be_spent_before_they_left(ledger: Ledger) -> None:
    await ledger.earn(0, 10, expires_at=NOON + HOUR)
    await ledger.earn(0, 5)
    ledger.now = NOON + HOUR
    assert (await ledger.balance(0)).balance == 5
    with pytest.raises(BalanceTooLowError):
        await ledger.burn(0, 6)
    assert await ledger.points(0) == [10, 5]
    await ledger.burn(0, 5)

    assert [line.kind for line in await ledger.movements(0)] == ["burn", "expire", "earn", "earn"]
    assert await ledger.expire() == 0


async def test_repeated_key_lets_nothing_leave(ledger: Ledger) -> None:
    line = await ledger.earn(0, 10, "k", expires_at=NOON + HOUR)
    ledger.now = NOON + HOUR

    assert await ledger.earn(0, 10, "k", expires_at=NOON + HOUR) == line
    assert await ledger.points(0) == [10]


async def test_set_balance_stands_although_points_are_over(ledger: Ledger) -> None:
    await ledger.earn(0, 10, expires_at=NOON + HOUR)
    ledger.now = NOON + HOUR
    for balance in (4, 12):
        await ledger.set_to(0, balance)
        assert await ledger.expire() == 0
        assert (await ledger.balance(0)).balance == balance


async def test_one_movement_a_membership_over_all_chains(ledger: Ledger, stranger: House) -> None:
    other = await build_ledger(ledger.database, stranger)
    for points in (1, 2, 3):
        await ledger.earn(0, points, expires_at=NOON + HOUR / points)
    await ledger.earn(1, 4, expires_at=NOON + HOUR)
    await other.earn(0, 5, expires_at=NOON + HOUR)
    await other.earn(1, 6, expires_at=NOON + 2 * HOUR)
    ledger.now = NOON + HOUR

    assert await expire_due_points(ledger.database, lambda: ledger.now) == 3
    assert await ledger.points(0) == [1, 2, 3, -6]
    assert await other.points(0) == [5, -5]
    assert await other.points(1) == [6]
    audit = await ledger.read(
        "SELECT chain_id, actor_name, after->'count', after->'points' FROM audit_entries WHERE action = 'expired'"
    )
    assert sorted(audit) == sorted(
        [(ledger.house.chain_id, "points expiry", 2, -10), (stranger.chain_id, "points expiry", 1, -5)]
    )
    events = await ledger.read(
        "SELECT payload FROM events WHERE subject_id = %s ORDER BY sequence DESC LIMIT 1", ledger.ids[0]
    )
    sequence = (await ledger.movements(0, count=1))[0].sequence
    assert events == [({"kind": "expire", "points": -6, "balance": 0, "sequence": sequence},)]


async def test_batches_go_on_until_nothing_is_due(ledger: Ledger) -> None:
    for place in range(5):
        await ledger.earn(place, 1, expires_at=NOON + HOUR)
    ledger.now = NOON + HOUR

    assert await ledger.expire(limit=2) == 2
    assert await ledger.expire(limit=2) == 2
    assert await expire_due_points(ledger.database, lambda: ledger.now) == 1


async def test_membership_at_work_is_left_for_the_next_time(ledger: Ledger) -> None:
    for place in (0, 1):
        await ledger.earn(place, 1, expires_at=NOON + HOUR)
    ledger.now = NOON + HOUR
    async with ledger.database.session() as session:
        await hold_memberships(session, ledger.house.chain_id, [ledger.ids[0]])
        assert await asyncio.wait_for(ledger.expire(limit=1), 10) == 1
        assert await asyncio.wait_for(ledger.expire(), 10) == 0

    assert await ledger.expire() == 1


async def test_points_of_deleted_memberships_leave_too(ledger: Ledger) -> None:
    await ledger.earn(0, 1, expires_at=NOON + HOUR)
    await ledger.read("UPDATE memberships SET deleted_at = now() WHERE id = %s RETURNING 1", ledger.ids[0])
    ledger.now = NOON + HOUR

    assert await ledger.expire() == 1
    assert await ledger.expire() == 0
