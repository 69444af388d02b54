"""Reversals: what can be undone, from where the points come, and that it happens once."""

from datetime import timedelta
from typing import Any

import pytest

from tessera import loyalty
from tessera.loyalty import Movement, MovementKind, Reversal
from tessera.loyalty.errors import (
    BalanceTooLowError,
    MovementInvalidError,
    MovementNotFoundError,
    MovementNotReversibleError,
    MovementReversedError,
)
from tessera.platform.db import Database

from .conftest import NOON, House
from .ledgers import Ledger, build_ledger

HOUR = timedelta(hours=1)


@pytest.fixture
async def ledger(database: Database, house: House) -> Ledger:
    """Return the points of the test's chain."""
    return await build_ledger(database, house)


async def test_reversal_is_the_opposite_once(ledger: Ledger) -> None:
    for line in (await ledger.adjust(0, 10), await ledger.burn(0, 4), await ledger.earn(0, 1))[::-1]:
        undone = await ledger.reverse(line)
        assert (undone.kind, undone.points, undone.reverses) == (MovementKind.REVERSE, -line.points, line.sequence)
        with pytest.raises(MovementReversedError):
            await ledger.reverse(line)

    assert await ledger.points(0) == [10, -4, 1, -1, 4, -10]
    assert await ledger.faults() == []


async def test_same_movement_twice_in_a_call_is_refused(ledger: Ledger) -> None:
    line = await ledger.earn(0, 10)
    item = Reversal(membership_id=ledger.ids[0], sequence=line.sequence, reason="r")
    with pytest.raises(MovementReversedError):
        await ledger.call(loyalty.reverse_movements, [item, item])

    assert await ledger.points(0) == [10]


async def test_earning_takes_back_its_own_lot_first(ledger: Ledger) -> None:
    await ledger.earn(0, 10, expires_at=NOON + HOUR)
    line = await ledger.earn(0, 10, active_at=NOON + HOUR, expires_at=NOON + 3 * HOUR)
    await ledger.reverse(line)

    assert await ledger.lots(0) == [(10, None, NOON + HOUR)]


async def test_spent_earning_takes_from_what_is_spendable(ledger: Ledger) -> None:
    line = await ledger.earn(0, 10, expires_at=NOON + HOUR)
    await ledger.burn(0, 7)
    with pytest.raises(BalanceTooLowError):
        await ledger.reverse(line)
    await ledger.earn(0, 20, active_at=NOON + HOUR)
    with pytest.raises(BalanceTooLowError):
        await ledger.reverse(line)
    await ledger.earn(0, 7)

    assert (await ledger.reverse(line)).balance == 20
    assert await ledger.lots(0) == [(20, NOON + HOUR, None)]


async def test_reversal_overdraws_where_the_program_allows(ledger: Ledger) -> None:
    line = await ledger.earn(0, 10)
    await ledger.burn(0, 7)
    await ledger.allow_overdraft()

    assert (await ledger.reverse(line)).balance == -7


async def find(ledger: Ledger, **wanted: Any) -> Movement:
    lines = await ledger.movements(0)
    return next(line for line in lines if all(getattr(line, name) == value for name, value in wanted.items()))


async def test_some_movements_cannot_be_reversed(ledger: Ledger) -> None:
    await ledger.set_to(0, 50)
    earned = await ledger.earn(0, 10, expires_at=NOON + HOUR)
    burn, earning = await ledger.transfer(0, 1, 5)
    undone = await ledger.reverse(await ledger.burn(0, 1))
    ledger.now = NOON + HOUR
    await ledger.expire()
    lines = [
        await find(ledger, kind=MovementKind.SET),
        await find(ledger, kind=MovementKind.EXPIRE),
        undone,
        burn,
        earning,
        earned,
    ]
    for line in lines:
        with pytest.raises(MovementNotReversibleError) as refusal:
            await ledger.reverse(line)
        assert refusal.value.message.endswith("instead.")


async def test_unknown_movement_is_refused(ledger: Ledger) -> None:
    line = await ledger.earn(0, 10)
    for place, sequence in ((0, line.sequence + 1), (1, line.sequence), (0, 0)):
        item = Reversal(membership_id=ledger.ids[place], sequence=sequence, reason="r")
        with pytest.raises(MovementNotFoundError):
            await ledger.call(loyalty.reverse_movements, [item])


async def test_reversal_says_why(ledger: Ledger) -> None:
    line = await ledger.earn(0, 10)
    item = Reversal(membership_id=ledger.ids[0], sequence=line.sequence, reason=" ")
    with pytest.raises(MovementInvalidError):
        await ledger.call(loyalty.reverse_movements, [item])
