"""Of lots that end at the same moment, those that began first are spent first, whoever takes the points."""

from datetime import datetime, timedelta

import pytest

from tessera.platform.db import Database

from .conftest import NOON, House
from .ledgers import Ledger, build_ledger

HOUR = timedelta(hours=1)
END = NOON + 9 * HOUR


@pytest.fixture
async def ledger(database: Database, house: House) -> Ledger:
    """Return points that all end together: 30 that begin last, 20 that begin first, 10 that always were, 5 later."""
    ledger = await build_ledger(database, house)
    for points, active_at in ((30, NOON + 2 * HOUR), (20, NOON + HOUR), (10, None), (5, NOON + 5 * HOUR)):
        await ledger.earn(0, points, active_at=active_at, expires_at=END)
    ledger.now = NOON + 3 * HOUR
    return ledger


async def take(ledger: Ledger, points: int, *, way: str) -> None:
    """Take points by a burn, or by an update of the membership that sets the balance."""
    if way == "burn":
        await ledger.burn(0, points)
    else:
        await ledger.set_to(0, ((await ledger.balance(0)).balance or 0) - points)


async def left(ledger: Ledger) -> dict[datetime | None, int]:
    """Return what is left of each lot that has points, by its begin."""
    return {active_at: remaining for remaining, active_at, _ in await ledger.lots(0) if remaining}


@pytest.mark.parametrize("way", ["burn", "set"])
async def test_lots_are_spent_in_the_order_in_which_they_began(ledger: Ledger, way: str) -> None:
    always, first, last, pending = None, NOON + HOUR, NOON + 2 * HOUR, NOON + 5 * HOUR
    await take(ledger, 4, way=way)
    assert await left(ledger) == {always: 6, first: 20, last: 30, pending: 5}
    await take(ledger, 10, way=way)
    assert await left(ledger) == {first: 16, last: 30, pending: 5}
    await take(ledger, 20, way=way)
    assert await left(ledger) == {last: 26, pending: 5}
    await take(ledger, 26, way=way)
    assert await left(ledger) == {pending: 5}
    assert await ledger.faults() == []
