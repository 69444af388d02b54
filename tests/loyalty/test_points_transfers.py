"""Transfers: two halves of one thing, whose points live no longer than before."""

from datetime import timedelta

import pytest

from tessera import loyalty
from tessera.loyalty import MovementKind, Transfer
from tessera.loyalty.errors import (
    BalanceTooLowError,
    IdempotencyKeyReusedError,
    MembershipNotFoundError,
    MovementInvalidError,
)
from tessera.platform.db import Database

from .conftest import NOON, House
from .ledgers import Ledger, build_ledger, new_key

HOUR = timedelta(hours=1)


@pytest.fixture
async def ledger(database: Database, house: House) -> Ledger:
    """Return the points of the test's chain."""
    return await build_ledger(database, house)


async def test_transfer_is_a_burn_and_an_earning(ledger: Ledger) -> None:
    await ledger.earn(0, 10)
    burn, earning = await ledger.transfer(0, 1, 4)

    assert (burn.kind, burn.points, burn.balance) == (MovementKind.BURN, -4, 6)
    assert (earning.kind, earning.points, earning.balance) == (MovementKind.EARN, 4, 4)
    assert burn.transfer_id == earning.transfer_id is not None
    assert await ledger.faults() == []


async def test_receiver_gains_no_longer_life(ledger: Ledger) -> None:
    await ledger.earn(0, 3, expires_at=NOON + HOUR)
    await ledger.earn(0, 2, expires_at=NOON + HOUR)
    await ledger.earn(0, 4, active_at=NOON, expires_at=NOON + 2 * HOUR)
    await ledger.earn(0, 10)
    await ledger.transfer(0, 1, 11)

    assert await ledger.lots(0) == []
    assert await ledger.lots(1) == [(5, None, NOON + HOUR), (4, NOON, NOON + 2 * HOUR)]
    ledger.now = NOON + HOUR
    await ledger.expire()
    assert (await ledger.balance(1)).balance == 6
    ledger.now = NOON + 2 * HOUR
    await ledger.expire()
    assert (await ledger.balance(1)).balance == 2


async def test_pending_points_are_not_passed_on(ledger: Ledger) -> None:
    await ledger.earn(0, 5, active_at=NOON + HOUR)
    await ledger.earn(0, 5)
    with pytest.raises(BalanceTooLowError):
        await ledger.transfer(0, 1, 6)
    await ledger.transfer(0, 1, 5)

    assert await ledger.lots(0) == [(5, NOON + HOUR, None)]


async def test_repeated_transfer_gives_both_halves_back(ledger: Ledger) -> None:
    await ledger.earn(0, 10)
    made = await ledger.transfer(0, 1, 4, "k")

    assert await ledger.transfer(0, 1, 4, "k") == made
    item = Transfer(from_membership_id=ledger.ids[0], to_membership_id=ledger.ids[2], points=1, idempotency_key="two")
    twice = await ledger.call(loyalty.transfer_points, [item, item])
    assert twice[:2] == twice[2:]
    assert await ledger.points(0) == [10, -4, -1]
    for to, points in ((2, 4), (1, 5)):
        with pytest.raises(IdempotencyKeyReusedError):
            await ledger.transfer(0, to, points, "k")
    with pytest.raises(IdempotencyKeyReusedError):
        await ledger.burn(0, 4, "k")


async def test_points_can_travel_on_in_one_call(ledger: Ledger) -> None:
    await ledger.earn(0, 10, expires_at=NOON + HOUR)
    items = [
        Transfer(
            from_membership_id=ledger.ids[start],
            to_membership_id=ledger.ids[end],
            points=points,
            idempotency_key=new_key(),
        )
        for start, end, points in ((0, 1, 8), (1, 2, 7), (2, 0, 3))
    ]
    made = await ledger.call(loyalty.transfer_points, items)

    assert [line.points for line in made] == [-8, 8, -7, 7, -3, 3]
    assert [(await ledger.balance(place)).balance for place in range(3)] == [5, 1, 4]
    assert [sum(lot[0] for lot in await ledger.lots(place)) for place in range(3)] == [5, 1, 4]
    assert await ledger.faults() == []


async def test_transfer_in_a_circle_or_out_of_the_chain_is_refused(ledger: Ledger, stranger: House) -> None:
    await ledger.earn(0, 10)
    with pytest.raises(MovementInvalidError):
        await ledger.transfer(0, 0, 1)
    ledger.ids[1] = (await build_ledger(ledger.database, stranger)).ids[0]
    with pytest.raises(MembershipNotFoundError):
        await ledger.transfer(0, 1, 1)

    assert await ledger.points(0) == [10]
