"""Users are changed by those who hold as much, and one who may do everything always stays."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.access.test_sessions import ground_of
from tests.builders.locks import wait_until_blocked

from tessera.access.passwords import UserInvalidError
from tessera.access.roles import (
    ADMIN_ROLE_ID,
    CSR_ROLE_ID,
    GrantExceedsError,
    LastAdministratorError,
    RoleNotFoundError,
)
from tessera.access.sign_in import sign_in
from tessera.access.users import (
    EmailTakenError,
    NewUser,
    User,
    UserChange,
    UserExceedsError,
    UserNotFoundError,
    Visitor,
    change_password,
    create_users,
    delete_user,
    end_sessions,
    find_session,
    find_user_by_email,
    get_user,
    list_user_page,
    list_users,
    update_user,
)
from tessera.platform.actors import Actor, ActorKind, command_line_actor
from tessera.platform.assets import VersionConflictError
from tessera.platform.db import Database, Session
from tessera.platform.errors import TesseraError
from tessera.platform.ids import new_id
from tessera.platform.secrets import KeyRing

ROOT = command_line_actor("test")
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HARBOUR, ALPINE = UUID(int=1), UUID(int=2)
ADA = NewUser("ada@example.com", "Ada", "a quiet sentence", roles=frozenset({ADMIN_ROLE_ID}))
READER = NewUser("ben@example.com", "Ben", "a quiet sentence", chains=frozenset({HARBOUR}), permissions=frozenset())
KEEPER = Actor(ActorKind.USER, new_id(), "Keeper", permissions=frozenset({"users:admin", "members:read"}))
LOCAL = replace(ROOT, chains=frozenset({HARBOUR}))


async def add(session: Session, *new: NewUser) -> list[User]:
    return await create_users(session, ROOT, new)


async def change(session: Session, actor: Actor, user: User, **asked: Any) -> User:
    return await update_user(session, actor, user.id, UserChange(**asked), version=None, now=NOON)


async def test_user_is_changed(database: Database) -> None:
    async with database.session() as session:
        (ben,) = await add(session, READER)
        await change(
            session, ROOT, ben, name=" Benno ", email="BEN@example.com", roles=frozenset({CSR_ROLE_ID}), chains=None
        )
        found = await get_user(session, ROOT, ben.id)
        (row,) = (
            await session.execute(text("SELECT action, before, after FROM audit_entries WHERE action <> 'created'"))
        ).all()
    assert (found.name, found.email, found.permissions, found.chains) == (
        "Benno",
        "BEN@example.com",
        frozenset({"members:read"}),
        None,
    )
    assert found.version == 2
    assert (row.action, row.before["roles"], row.after["roles"]) == ("updated", [], ["CSR"])
    assert "password" not in str(row.after)


@pytest.mark.parametrize(
    ("asked", "error", "field"),
    [
        ({"name": ""}, UserInvalidError, "name"),
        ({"name": "a\0b"}, UserInvalidError, "name"),
        ({"name": "x" * 256}, UserInvalidError, "name"),
        ({"email": "ada"}, UserInvalidError, "email"),
        ({"email": "a\0@example.com"}, UserInvalidError, "email"),
        ({"email": "ADA@example.com"}, EmailTakenError, "email"),
        ({"permissions": frozenset({"all"})}, UserInvalidError, "permissions"),
        ({"roles": frozenset({UUID(int=9)})}, RoleNotFoundError, "role_ids"),
    ],
)
async def test_unfit_change_is_refused(
    database: Database, asked: dict[str, Any], error: type[TesseraError], field: str
) -> None:
    async with database.session() as session:
        ben, _ = await add(session, READER, ADA)
        with pytest.raises(error) as caught:
            await change(session, ROOT, ben, **asked)
    assert caught.value.details["field"] == field


async def test_nobody_grants_more_than_they_hold(database: Database) -> None:
    async with database.session() as session:
        (ben,) = await add(session, READER)
        with pytest.raises(GrantExceedsError, match="points:read"):
            await change(session, KEEPER, ben, permissions=frozenset({"points:read"}))
        with pytest.raises(GrantExceedsError, match="every chain"):
            await change(session, LOCAL, ben, chains=None)
        with pytest.raises(GrantExceedsError):
            await change(session, LOCAL, ben, chains=frozenset({HARBOUR, ALPINE}))
        with pytest.raises(GrantExceedsError):
            await create_users(session, LOCAL, [replace(ADA, chains=None)])
        with pytest.raises(GrantExceedsError):
            await create_users(session, KEEPER, [replace(ADA, permissions=frozenset({"points:read"}))])
        await change(session, KEEPER, ben, permissions=frozenset({"members:read"}))


async def test_nobody_changes_who_holds_more(database: Database) -> None:
    async with database.session() as session:
        (ada,) = await add(session, ADA)
        for action in (
            change(session, KEEPER, ada, name="Mine"),
            change_password(session, KEEPER, user_id=ada.id, password="a new sentence", now=NOON),
            end_sessions(session, KEEPER, ada.id),
            delete_user(session, KEEPER, ada.id),
        ):
            with pytest.raises(UserExceedsError, match="everything"):
                await action
        assert await get_user(session, ROOT, ada.id) == ada


async def test_user_of_another_chain_is_not_found(database: Database) -> None:
    async with database.session() as session:
        (foreign,) = await add(session, replace(READER, chains=frozenset({ALPINE})))
        (whole,) = await add(session, ADA)
        (both,) = await add(session, replace(READER, email="c@b.example", chains=frozenset({HARBOUR, ALPINE})))
        (ours,) = await add(session, replace(READER, email="d@b.example"))
        for user in (foreign, whole, both):
            for action in (
                get_user(session, LOCAL, user.id),
                change(session, LOCAL, user, name="Mine"),
                change_password(session, LOCAL, user_id=user.id, password="a new sentence", now=NOON),
                end_sessions(session, LOCAL, user.id),
                delete_user(session, LOCAL, user.id),
            ):
                with pytest.raises(UserNotFoundError):
                    await action
        assert await list_users(session, LOCAL) == [ours]
        assert (await list_user_page(session, LOCAL)).items == [ours]


async def test_last_administrator_stays(database: Database) -> None:
    async with database.session() as session:
        (ada,) = await add(session, ADA)
        for asked in (
            {"enabled": False},
            {"roles": frozenset({CSR_ROLE_ID})},
            {"roles": frozenset[UUID]()},
            {"chains": frozenset({HARBOUR})},
        ):
            with pytest.raises(LastAdministratorError, match="last enabled user"):
                await change(session, ROOT, ada, **asked)
        with pytest.raises(LastAdministratorError):
            await delete_user(session, ROOT, ada.id)
        await add(session, replace(ADA, email="off@example.com"))
        (off,) = [user for user in await list_users(session, ROOT) if user.email == "off@example.com"]
        await change(session, ROOT, off, enabled=False)
        with pytest.raises(LastAdministratorError):
            await delete_user(session, ROOT, ada.id)
        await change(session, ROOT, off, enabled=True)
        await delete_user(session, ROOT, ada.id)


async def test_two_who_demote_each_other_leave_one(database: Database) -> None:
    async with database.session() as session:
        users = await add(session, ADA, replace(ADA, email="eve@example.com"))

    async def demote(user: User) -> bool:
        try:
            async with database.session() as session:
                await change(session, ROOT, user, roles=frozenset())
        except LastAdministratorError:
            return False
        return True

    assert sorted(await asyncio.gather(*map(demote, users))) == [False, True]


async def test_address_taken_while_a_change_waits_is_refused(database: Database) -> None:
    async with database.session() as session:
        ada, ben = await add(session, ADA, READER)

    async def rename(user: User) -> None:
        async with database.session() as session:
            await change(session, ROOT, user, email="new@example.com")

    async with database.session() as session:
        await change(session, ROOT, ada, email="new@example.com")
        second = asyncio.create_task(rename(ben))
        await wait_until_blocked(session, second)
    with pytest.raises(EmailTakenError, match="belongs to a user already"):
        await second


async def test_second_of_two_changes_loses(database: Database) -> None:
    async with database.session() as session:
        (ben,) = await add(session, READER)
        await update_user(session, ROOT, ben.id, UserChange(name="One"), version=1, now=NOON)
        with pytest.raises(VersionConflictError):
            await update_user(session, ROOT, ben.id, UserChange(name="Two"), version=1, now=NOON)
        with pytest.raises(VersionConflictError):
            await delete_user(session, ROOT, ben.id, version=1)


async def test_disabled_user_is_out_at_once(database: Database, keys: KeyRing) -> None:
    visitor = Visitor(None, None, timedelta(hours=1))

    async def open_session() -> str:
        async with database.session() as session:
            resources = ground_of(database, keys)
            opened = await sign_in(session, resources, visitor, email=READER.email, password=READER.password, now=NOON)
        assert opened
        return opened.token

    async def is_in(token: str) -> bool:
        async with database.session() as session:
            return await find_session(session, keys, token, now=NOON, lifetime=visitor.lifetime) is not None

    async with database.session() as session:
        (ben,) = await add(session, READER)
    first = await open_session()
    async with database.session() as session:
        await change(session, ROOT, ben, enabled=False)
        assert await find_user_by_email(session, ROOT, READER.email) is None
        assert await find_user_by_email(session, ROOT, READER.email, enabled=False) is not None
        await change(session, ROOT, ben, enabled=True)
    assert not await is_in(first)
    second = await open_session()
    assert await is_in(second)
    async with database.session() as session:
        await end_sessions(session, ROOT, ben.id)
        actions = (
            (await session.execute(text("SELECT action FROM audit_entries WHERE action <> 'signed_in' ORDER BY id")))
            .scalars()
            .all()
        )
    assert not await is_in(second)
    assert [action for action in actions if action != "signed_in"] == [
        "created",
        "disabled",
        "enabled",
        "session_ended",
    ]


async def test_users_are_searched_and_sorted(database: Database) -> None:
    async with database.session() as session:
        await add(
            session, READER, ADA, replace(READER, email="zoe@b.example", name="zoe", roles=frozenset({CSR_ROLE_ID}))
        )
        by_name = await list_user_page(session, ROOT, sort="-name", size=2)
        assert ([user.name for user in by_name.items], by_name.total) == (["zoe", "Ben"], 3)
        assert [user.name for user in (await list_user_page(session, ROOT, search="EXAMPLE.com")).items] == [
            "Ada",
            "Ben",
        ]
        assert [user.name for user in (await list_user_page(session, ROOT, role_id=CSR_ROLE_ID)).items] == ["zoe"]
        for sort in ("email", "-email", "seen", "-seen", "created", "-created", "nonsense"):
            assert len((await list_user_page(session, ROOT, sort=sort)).items) == 3
