"""Changes of memberships beside the ledger's own: what is set and what was earned with an end."""

from datetime import timedelta
from uuid import UUID

from tessera.loyalty import (
    Earning,
    MembershipChange,
    NewMembership,
    create_memberships,
    earn_points,
    expire_points,
    get_balance,
    list_faults,
    update_memberships,
)
from tessera.platform.db import Database

from .conftest import NOON, SYSTEM, House


async def add_earned(database: Database, house: House) -> UUID:
    """Add a membership with 100 points for good and 50 that end in a day."""
    new = NewMembership(account_id=house.account_ids[0], program_id=house.program_id, points=100)
    async with database.session() as session:
        (made,) = await create_memberships(session, house.actor, house.chain_id, [new], now=NOON)
        earning = Earning(membership_id=made.id, points=50, idempotency_key="k", expires_at=NOON + timedelta(days=1))
        await earn_points(session, house.actor, house.chain_id, [earning], now=NOON)
    return made.id


async def set_points(database: Database, house: House, membership_id: UUID, points: int | None) -> None:
    async with database.session() as session:
        change = MembershipChange(id=membership_id, points=points)
        await update_memberships(session, house.actor, house.chain_id, [change], now=NOON)


async def balance_after_expiry(database: Database, house: House, membership_id: UUID) -> int | None:
    later = NOON + timedelta(days=2)
    async with database.session() as session:
        await expire_points(session, SYSTEM, now=later)
        found = await get_balance(session, house.actor, house.chain_id, membership_id, at=None, now=later)
        assert await list_faults(session, SYSTEM) == []
    return found.balance


async def test_points_set_to_less_are_taken_from_what_ends_first(database: Database, house: House) -> None:
    membership_id = await add_earned(database, house)
    await set_points(database, house, membership_id, 120)
    assert await balance_after_expiry(database, house, membership_id) == 100


async def test_cleared_points_do_not_expire_again(database: Database, house: House) -> None:
    membership_id = await add_earned(database, house)
    await set_points(database, house, membership_id, None)
    assert await balance_after_expiry(database, house, membership_id) is None


async def test_points_set_to_more_leave_the_end_of_others(database: Database, house: House) -> None:
    membership_id = await add_earned(database, house)
    await set_points(database, house, membership_id, 200)
    assert await balance_after_expiry(database, house, membership_id) == 150
