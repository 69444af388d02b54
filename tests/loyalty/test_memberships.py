"""Memberships: what is stored beside them, and who is refused."""

from collections.abc import Sequence
from typing import Any

import pytest

from tessera.access.chains.errors import ChainNotFoundError
from tessera.loyalty import Membership, MembershipFilter, NewMembership, create_memberships, list_memberships
from tessera.loyalty.errors import AccountNotFoundError, ProgramNotFoundError
from tessera.platform.actors import Actor, ActorKind
from tessera.platform.db import Database
from tessera.platform.ids import new_id

from .conftest import NOON, House


async def add(database: Database, house: House, items: Sequence[NewMembership], **other: Any) -> list[Membership]:
    actor, chain_id = other.get("actor", house.actor), other.get("chain_id", house.chain_id)
    async with database.session() as session:
        return await create_memberships(session, actor, chain_id, items, now=NOON)


async def read(database: Database, statement: str) -> list[tuple[Any, ...]]:
    async with await database.connect() as connection:
        return await (await connection.execute(statement)).fetchall()


def one_each(house: House, **members: Any) -> list[NewMembership]:
    return [NewMembership(account_id=one, program_id=house.program_id, **members) for one in house.account_ids]


async def test_memberships_come_back_newest_first(database: Database, house: House) -> None:
    made = await add(database, house, one_each(house, points=7, tier_id=house.tier_id, expires_at=NOON))

    async with database.session() as session:
        assert await list_memberships(session, house.actor, MembershipFilter(), now=NOON) == made[::-1]


async def test_points_begin_the_ledger(database: Database, house: House) -> None:
    accounts = house.account_ids
    items = [
        NewMembership(account_id=account, program_id=house.program_id, points=points)
        for account, points in zip(accounts, (0, 5, -3, None, None), strict=True)
    ]
    made = await add(database, house, items)

    rows = await read(database, "SELECT membership_id, kind, points, source FROM points_movements ORDER BY sequence")
    assert rows == [(made[place].id, "set", points, "access_token") for place, points in enumerate((0, 5, -3))]
    sums = "SELECT count(*) FROM memberships m WHERE coalesce(balance, 0) <> coalesce((SELECT sum(points) "
    sums += "FROM points_movements p WHERE p.membership_id = m.id), 0)"
    assert await read(database, sums) == [(0,)]


async def test_every_change_is_an_event(database: Database, house: House) -> None:
    made = await add(database, house, one_each(house, is_primary=True))

    rows = await read(database, "SELECT name, subject_id, chain_id FROM events WHERE name LIKE '%membership%'")
    assert rows == [("membership.created", item.id, house.chain_id) for item in made]
    audit = await read(
        database, "SELECT actor_name, action, after->>'count' FROM audit_entries WHERE object_kind = 'membership'"
    )
    assert audit == [("token of Harbour", "created", "5")]


async def test_refused_call_leaves_nothing(database: Database, house: House) -> None:
    items = [*one_each(house, points=1), NewMembership(account_id=new_id(), program_id=house.program_id)]
    with pytest.raises(AccountNotFoundError):
        await add(database, house, items)

    assert await read(database, "SELECT count(*) FROM memberships") == [(0,)]
    assert await read(database, "SELECT count(*) FROM points_movements") == [(0,)]
    assert await read(database, "SELECT count(*) FROM events WHERE name LIKE '%membership%'") == [(0,)]


async def test_stranger_cannot_write_or_read(database: Database, house: House, stranger: House) -> None:
    with pytest.raises(ChainNotFoundError):
        await add(database, house, one_each(house), actor=stranger.actor)
    with pytest.raises(ProgramNotFoundError):
        await add(database, stranger, one_each(house))
    await add(database, house, one_each(house))

    async with database.session() as session:
        assert await list_memberships(session, stranger.actor, MembershipFilter(), now=NOON) == []
        with pytest.raises(ChainNotFoundError):
            await list_memberships(session, stranger.actor, MembershipFilter(chain_ids=[house.chain_id]), now=NOON)


async def test_deleted_account_gets_no_membership(database: Database, house: House) -> None:
    await read(database, "UPDATE accounts SET deleted_at = now() RETURNING id")
    with pytest.raises(AccountNotFoundError):
        await add(database, house, one_each(house))


async def test_deleted_program_gets_no_membership(database: Database, house: House) -> None:
    await read(database, "UPDATE programs SET deleted_at = now() RETURNING id")
    with pytest.raises(ProgramNotFoundError):
        await add(database, house, one_each(house))


async def test_people_of_the_enterprise_leave_their_name(database: Database, house: House) -> None:
    person = Actor(ActorKind.USER, new_id(), "Ada", frozenset({house.chain_id}))
    (made, *_) = await add(database, house, one_each(house), actor=person)

    assert (made.creator_kind, made.creator_id) == ("Enterprise", person.id)


async def test_texts_survive_whatever_they_hold(database: Database, house: House) -> None:
    texts = ['quote " \\ brace {} , NULL', "null", "\n\t\b\x01 control", "émoji 🎫", "'; DROP TABLE x"]
    items = [
        NewMembership(
            account_id=account, program_id=house.program_id, membership_number=text, provider_membership_id=text
        )
        for account, text in zip(house.account_ids, texts, strict=True)
    ]
    await add(database, house, items)

    async with database.session() as session:
        for text in texts:
            found = await list_memberships(session, house.actor, MembershipFilter(membership_numbers=[text]), now=NOON)
            assert [(item.membership_number, item.provider_membership_id) for item in found] == [(text, text)]
