"""Users are stored all or none, and known by address in whatever case."""

import asyncio

import pytest
from sqlalchemy import text
from tests.builders.locks import wait_until_blocked

from tessera.access.passwords import UserInvalidError
from tessera.access.roles import ADMIN_ROLE_ID
from tessera.access.users import (
    EmailTakenError,
    NewUser,
    UserNotFoundError,
    change_password,
    create_users,
    find_user_by_email,
    list_users,
)
from tessera.platform.actors import Actor, ActorKind, command_line_actor
from tessera.platform.clock import now
from tessera.platform.db import Database
from tessera.platform.errors import DeniedError
from tessera.platform.ids import new_id

ROOT = command_line_actor("test")
ADMIN = frozenset({ADMIN_ROLE_ID})
ADA = NewUser("Ada@example.com", "Ada", "a quiet sentence", permissions=frozenset({"exports:read"}))
BEN = NewUser("ben@example.com", "Ben", "a quiet sentence", chains=frozenset({new_id()}), roles=ADMIN)


async def test_users_come_back_as_given(database: Database) -> None:
    async with database.session() as session:
        ada, ben = await create_users(session, ROOT, [ADA, BEN])
    assert (ada.email, ada.name, ada.chains, ada.permissions) == ("Ada@example.com", "Ada", None, ADA.permissions)
    assert (ben.chains, ben.permissions, ben.enabled) == (BEN.chains, None, True)


async def test_user_acts_with_own_rights(database: Database) -> None:
    async with database.session() as session:
        ada, ben = await create_users(session, ROOT, [ADA, BEN])
    assert ada.act().may("exports:read")
    assert not ada.act().may("exports:write")
    assert not ben.act(origin="192.0.2.1").sees(new_id())


async def test_address_is_found_in_any_case(database: Database) -> None:
    async with database.session() as session:
        [ada] = await create_users(session, ROOT, [ADA])
        assert await find_user_by_email(session, ROOT, " ADA@EXAMPLE.COM ") == ada
        assert await find_user_by_email(session, ROOT, "nobody@example.com") is None
        assert await list_users(session, ROOT) == [ada]


async def test_taken_address_is_refused(database: Database) -> None:
    async with database.session() as session:
        await create_users(session, ROOT, [ADA])
        with pytest.raises(EmailTakenError, match="belongs to a user already"):
            await create_users(
                session, ROOT, [BEN, NewUser("ADA@example.com", "Other", "a quiet sentence", roles=ADMIN)]
            )
        assert [user.name for user in await list_users(session, ROOT)] == ["Ada"]


async def test_same_address_twice_is_refused(database: Database) -> None:
    async with database.session() as session:
        with pytest.raises(EmailTakenError):
            await create_users(session, ROOT, [ADA, ADA])


async def test_one_of_two_who_take_an_address_at_once_is_refused(database: Database) -> None:
    async def create() -> None:
        async with database.session() as session:
            await create_users(session, ROOT, [ADA])

    async with database.session() as session:
        await create_users(session, ROOT, [ADA])
        second = asyncio.create_task(create())
        await wait_until_blocked(session, second)
    with pytest.raises(EmailTakenError, match="belongs to a user already"):
        await second


@pytest.mark.parametrize(
    ("user", "field"),
    [
        (NewUser("ada", "Ada", "a quiet sentence", roles=ADMIN), "email"),
        (NewUser("a da@example.com", "Ada", "a quiet sentence", roles=ADMIN), "email"),
        (NewUser("ada@example.com", " ", "a quiet sentence", roles=ADMIN), "name"),
        (NewUser("ada@example.com", "Ada", "short", roles=ADMIN), "password"),
        (NewUser("ada@example.com", "Ada", "a quiet sentence", permissions=frozenset({"exports"})), "permissions"),
        (NewUser("ada@example.com", "Ada", "a quiet sentence", permissions=frozenset({"exports:own"})), "permissions"),
        (NewUser("ada@example.com", "Ada", "a quiet sentence"), "role_ids"),
    ],
)
async def test_unfit_user_is_refused(database: Database, user: NewUser, field: str) -> None:
    async with database.session() as session:
        with pytest.raises(UserInvalidError) as caught:
            await create_users(session, ROOT, [user])
    assert caught.value.details["field"] == field


async def test_only_administrators_make_users(database: Database) -> None:
    reader = Actor(ActorKind.USER, new_id(), "Reader", permissions=frozenset({"users:read"}))
    async with database.session() as session:
        with pytest.raises(DeniedError, match="users:admin"):
            await create_users(session, reader, [ADA])


async def test_unknown_user_gets_no_password(database: Database) -> None:
    async with database.session() as session:
        with pytest.raises(UserNotFoundError):
            await change_password(session, ROOT, user_id=new_id(), password="another sentence", now=now())


def test_password_does_not_print() -> None:
    assert "sentence" not in repr(ADA)


async def test_changes_of_users_are_in_the_audit_trail(database: Database) -> None:
    async with database.session() as session:
        (user,) = await create_users(
            session, ROOT, [NewUser("ada@example.com", "Ada", "a-long-enough-password", roles=ADMIN)]
        )
        await change_password(session, ROOT, user_id=user.id, password="another-long-password", now=now())
        rows = (await session.execute(text("SELECT action, object_name, after FROM audit_entries ORDER BY id"))).all()
    assert [(row.action, row.object_name) for row in rows] == [
        ("created", "ada@example.com"),
        ("password_changed", "ada@example.com"),
    ]
    assert "password" not in str([row.after for row in rows])
