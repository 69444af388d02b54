"""Many callers at once: nothing is spent or paid twice, and nobody waits for ever."""

import asyncio
from collections.abc import Awaitable, Iterable
from datetime import timedelta

import pytest

from tessera.loyalty import Movement
from tessera.loyalty.errors import BalanceTooLowError, MovementReversedError
from tessera.platform.db import Database

from .conftest import NOON, House
from .ledgers import Ledger, build_ledger

HOUR = timedelta(hours=1)


@pytest.fixture
async def ledger(database: Database, house: House) -> Ledger:
    """Return the points of the test's chain."""
    return await build_ledger(database, house)


async def try_all(calls: Iterable[Awaitable[object]]) -> list[object]:
    """Return what each call made of it, refusals among it."""
    return await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 60)


async def test_fifty_burns_spend_a_balance_once(ledger: Ledger) -> None:
    await ledger.earn(0, 60, expires_at=NOON + HOUR)
    await ledger.earn(0, 43)
    results = await try_all(ledger.burn(0, 5) for _ in range(50))

    assert sum(isinstance(each, Movement) for each in results) == 20
    assert sum(isinstance(each, BalanceTooLowError) for each in results) == 30
    assert (await ledger.balance(0)).balance == 3
    assert await ledger.faults() == []


async def test_fifty_replays_pay_once(ledger: Ledger) -> None:
    results = await try_all(ledger.earn(0, 5, "k", expires_at=NOON + HOUR) for _ in range(50))

    assert results == [results[0]] * 50
    assert await ledger.points(0) == [5]
    assert await ledger.lots(0) == [(5, None, NOON + HOUR)]


async def test_fifty_reversals_undo_once(ledger: Ledger) -> None:
    line = await ledger.earn(0, 5)
    await ledger.earn(0, 500)
    results = await try_all(ledger.reverse(line) for _ in range(50))

    assert sum(isinstance(each, Movement) for each in results) == 1
    assert sum(isinstance(each, MovementReversedError) for each in results) == 49
    assert (await ledger.balance(0)).balance == 500


async def test_transfers_both_ways_do_not_wait_for_each_other(ledger: Ledger) -> None:
    for place in range(3):
        await ledger.earn(place, 100, expires_at=NOON + HOUR)
    ways = [(0, 1), (1, 0), (1, 2), (2, 1), (2, 0), (0, 2)] * 8
    results = await try_all(ledger.transfer(start, end, 1) for start, end in ways)

    assert all(isinstance(each, list) for each in results), results
    assert [(await ledger.balance(place)).balance for place in range(3)] == [100, 100, 100]
    assert [sum(lot[0] for lot in await ledger.lots(place)) for place in range(3)] == [100, 100, 100]
    assert await ledger.faults() == []


async def test_expiry_beside_burns_lets_points_go_once(ledger: Ledger) -> None:
    for place in range(5):
        await ledger.earn(place, 10, expires_at=NOON + HOUR)
        await ledger.earn(place, 5)
    ledger.now = NOON + HOUR
    burns = [ledger.burn(place, 1) for place in range(5) for _ in range(6)]
    sweeps = [ledger.expire() for _ in range(10)]
    results = await try_all([*burns, *sweeps])

    assert sum(isinstance(each, BalanceTooLowError) for each in results) == 5
    assert sum(isinstance(each, Movement) for each in results) == 25
    await ledger.expire()
    assert [(await ledger.balance(place)).balance for place in range(5)] == [0] * 5
    assert await ledger.faults() == []


async def test_sets_beside_burns_keep_lots_within_the_balance(ledger: Ledger) -> None:
    await ledger.earn(0, 50, expires_at=NOON + HOUR)
    calls: list[Awaitable[object]] = [ledger.set_to(0, balance) for balance in (30, 5, 40, 0)]
    calls += [ledger.burn(0, 3) for _ in range(10)]
    calls += [ledger.earn(0, 4, expires_at=NOON + HOUR) for _ in range(5)]
    results = await try_all(calls)

    assert {type(each) for each in results} <= {Movement, BalanceTooLowError, type(None)}
    assert await ledger.faults() == []
