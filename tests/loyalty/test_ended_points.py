"""Points that are over count nowhere from that instant on, whether or not the expiry has come by."""

from datetime import timedelta
from typing import Any

import pytest

from tessera import loyalty
from tessera.loyalty import MemberSearch, MembershipChange, MembershipFilter
from tessera.platform.clock import now as real_now
from tessera.platform.db import Database, driver

from .conftest import NOON, House
from .ledgers import Ledger, build_ledger

HOUR = timedelta(hours=1)
BIND = "INSERT INTO query_bindings (backend_pid, chain_id) VALUES (pg_backend_pid(), %s)"


@pytest.fixture
async def ledger(database: Database, house: House) -> Ledger:
    """Return the points of the test's chain."""
    return await build_ledger(database, house)


async def read_everywhere(ledger: Ledger, place: int) -> list[int | None]:
    """Return the balance of a membership as every read tells it at the ledger's moment."""
    chain_id, membership_id, now = ledger.house.chain_id, ledger.ids[place], ledger.now
    whole = MembershipFilter(chain_ids=[chain_id])
    by_id = MembershipFilter(chain_ids=[chain_id], ids=[membership_id])
    async with ledger.database.session() as session:
        actor = ledger.actor
        (listed,) = [
            item for item in await loyalty.list_memberships(session, actor, whole, now=now) if item.id == membership_id
        ]
        (found,) = await loyalty.list_memberships(session, actor, by_id, now=now)
        member = await loyalty.get_member(session, actor, chain_id, membership_id, now=now)
        page = await loyalty.list_members(session, actor, chain_id, MemberSearch(text=str(membership_id)), now=now)
        newest = await loyalty.list_members(session, actor, chain_id, MemberSearch(), now=now)
        (same,) = await loyalty.update_memberships(
            session, actor, chain_id, [MembershipChange(id=membership_id)], now=now
        )
        (shown,) = [one for one in newest.items if one.id == membership_id]
        told: list[Any] = [listed, found, member, page.items[0], shown, same]
    (gathered,) = await loyalty.list_memberships(ledger.database.reader, ledger.actor, by_id, now=now)
    balance = await ledger.balance(place)
    return [balance.balance, gathered.balance, *(one.balance for one in told)]


async def test_every_read_counts_the_same(ledger: Ledger) -> None:
    await ledger.earn(0, 7, expires_at=NOON + HOUR)
    await ledger.earn(0, 5, expires_at=NOON + 2 * HOUR)
    await ledger.earn(0, 3)

    for moment, expected in ((NOON, 15), (NOON + HOUR - timedelta(microseconds=1), 15), (NOON + HOUR, 8)):
        ledger.now = moment
        assert set(await read_everywhere(ledger, 0)) == {expected}
    await ledger.expire()
    assert set(await read_everywhere(ledger, 0)) == {8}
    assert set(await read_everywhere(ledger, 1)) == {None}


async def test_queries_count_the_same(ledger: Ledger) -> None:
    await ledger.earn(0, 7, expires_at=real_now() - HOUR)
    await ledger.earn(0, 3)

    async with ledger.database.session() as session:
        connection = await driver(session)
        await connection.execute(BIND, [ledger.house.chain_id])
        for column, view in (("id", "memberships"), ("membership_id", "members")):
            found = await connection.execute(
                f"SELECT balance FROM datasets.{view} WHERE {column} = %s".encode(), [ledger.ids[0]]
            )
            assert await found.fetchall() == [(3,)]


async def test_movements_are_numbered_within_their_membership(ledger: Ledger) -> None:
    for place in (0, 1, 0, 1, 1):
        await ledger.earn(place, 4, expires_at=NOON + HOUR)
    await ledger.set_to(0, 20)
    ledger.now = NOON + HOUR
    await ledger.expire()

    assert [line.sequence for line in await ledger.movements(0)] == [4, 3, 2, 1]
    assert [line.sequence for line in await ledger.movements(1)] == [4, 3, 2, 1]
