"""Roles are read where a request begins, and nobody grants more than they hold."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.access.test_sessions import ground_of
from tests.builders.locks import wait_until_blocked

from tessera.access.keys import NewApiKey, create_api_keys, find_api_key_actor, revoke_api_key
from tessera.access.roles import (
    ADMIN_ROLE_ID,
    AUTHOR_ROLE_ID,
    CSR_ROLE_ID,
    GrantExceedsError,
    LastAdministratorError,
    NewRole,
    Role,
    RoleBuiltInError,
    RoleChange,
    RoleExceedsError,
    RoleInUseError,
    RoleInvalidError,
    RoleNotFoundError,
    RoleReachError,
    RoleTakenError,
    create_role,
    delete_role,
    find_role,
    get_role,
    list_role_page,
    list_roles,
    update_role,
)
from tessera.access.sign_in import sign_in
from tessera.access.users import NewUser, UserChange, Visitor, create_users, find_session, update_user
from tessera.platform.actors import Actor, ActorKind, command_line_actor
from tessera.platform.assets import VersionConflictError
from tessera.platform.db import Database, Session
from tessera.platform.errors import DeniedError, TesseraError
from tessera.platform.ids import new_id
from tessera.platform.secrets import KeyRing

ROOT = command_line_actor("test")
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HELPER = NewRole("Helper", frozenset({"members:read"}), "Answers the telephone.")
KEEPER = Actor(
    ActorKind.USER, new_id(), "Keeper", permissions=frozenset({"roles:admin", "users:admin", "members:read"})
)
ADMIN = frozenset({ADMIN_ROLE_ID})


async def make_role(session: Session, **changed: Any) -> Role:
    return await create_role(session, ROOT, replace(HELPER, **changed), now=NOON)


async def test_house_begins_with_three_roles(database: Database) -> None:
    async with database.session() as session:
        roles = await list_roles(session, ROOT)
    assert [(role.label, role.built_in) for role in roles] == [("Admin", True), ("Author", True), ("CSR", True)]
    assert [role.id for role in roles] == [ADMIN_ROLE_ID, AUTHOR_ROLE_ID, CSR_ROLE_ID]
    assert roles[0].permissions is None
    assert roles[2].permissions == frozenset({"members:read"})


async def test_label_taken_while_a_change_waits_is_refused(database: Database) -> None:
    async with database.session() as session:
        one, two = [await make_role(session, label=label) for label in ("One", "Two")]

    async def rename(role: Role) -> None:
        async with database.session() as session:
            await update_role(session, ROOT, role.id, RoleChange(label="New"), version=None, now=NOON)

    async with database.session() as session:
        await update_role(session, ROOT, one.id, RoleChange(label="New"), version=None, now=NOON)
        second = asyncio.create_task(rename(two))
        await wait_until_blocked(session, second)
    with pytest.raises(RoleTakenError, match="There is a role New already"):
        await second


async def test_name_taken_while_a_new_role_waits_is_refused_as_such(database: Database) -> None:
    async def create() -> None:
        async with database.session() as session:
            await make_role(session, label="Night-desk")

    async with database.session() as session:
        await make_role(session, label="Night desk")
        second = asyncio.create_task(create())
        await wait_until_blocked(session, second)
    with pytest.raises(RoleTakenError, match="The internal name night_desk is taken") as refused:
        await second
    assert refused.value.details["field"] == "internal_name"


async def test_change_of_a_role_acts_on_the_next_request(database: Database, keys: KeyRing) -> None:
    visitor = Visitor(None, None, timedelta(hours=1))
    async with database.session() as session:
        role = await make_role(session)
        new = NewUser("ada@example.com", "Ada", "a quiet sentence", roles=frozenset({role.id, CSR_ROLE_ID}))
        await create_users(session, ROOT, [new])
        (made,) = await create_api_keys(session, ROOT, keys, [NewApiKey("Sync", roles=frozenset({role.id}))], now=NOON)
        resources = ground_of(database, keys)
        opened = await sign_in(session, resources, visitor, email=new.email, password=new.password, now=NOON)
    assert opened
    token = opened.token

    async def find_actors() -> list[Actor]:
        async with database.session() as session:
            found = await find_session(session, keys, token, now=NOON, lifetime=visitor.lifetime)
            actor = await find_api_key_actor(session, keys, made.text, now=NOON)
        assert found
        assert actor
        return [found.user.act(), actor]

    assert not any(actor.may("points:write") for actor in await find_actors())
    async with database.session() as session:
        change = RoleChange(permissions=frozenset({"points:write"}))
        await update_role(session, ROOT, role.id, change, version=role.version, now=NOON)
    user, key = await find_actors()
    assert user.permissions == frozenset({"points:write", "members:read"})
    assert key.permissions == frozenset({"points:write"})


async def test_holder_of_admin_may_do_everything(database: Database, keys: KeyRing) -> None:
    async with database.session() as session:
        (user,) = await create_users(
            session, ROOT, [NewUser("ada@example.com", "Ada", "a quiet sentence", roles=ADMIN)]
        )
        (made,) = await create_api_keys(session, ROOT, keys, [NewApiKey("Sync", roles=ADMIN)], now=NOON)
    assert [role.id for role in user.roles] == [role.id for role in made.key.roles] == [ADMIN_ROLE_ID]
    assert user.permissions is made.key.permissions is None
    assert user.is_administrator


@pytest.mark.parametrize(
    ("permissions", "fits"),
    [
        (frozenset({"members:read"}), True),
        (frozenset({"users:read"}), True),
        (frozenset({"members:write"}), False),
        (frozenset({"members:read", "points:read"}), False),
        (None, False),
    ],
)
async def test_nobody_makes_a_role_with_more_than_they_hold(
    database: Database, permissions: frozenset[str] | None, fits: bool
) -> None:
    async with database.session() as session:
        new = NewRole("Wide", permissions)
        if fits:
            await create_role(session, KEEPER, new, now=NOON)
            return
        with pytest.raises(GrantExceedsError) as caught:
            await create_role(session, KEEPER, new, now=NOON)
    assert caught.value.details["field"] == "permissions"


async def test_nobody_gives_a_role_that_has_more_than_they_hold(database: Database, keys: KeyRing) -> None:
    async with database.session() as session:
        (user,) = await create_users(
            session, KEEPER, [NewUser("a@b.example", "A", "a quiet sentence", permissions=frozenset())]
        )
        for role_id in (ADMIN_ROLE_ID, AUTHOR_ROLE_ID):
            change = UserChange(roles=frozenset({role_id}))
            with pytest.raises(GrantExceedsError, match="cannot be given"):
                await update_user(session, KEEPER, user.id, change, version=None, now=NOON)
            new = NewUser("b@b.example", "B", "a quiet sentence", roles=frozenset({role_id}))
            with pytest.raises(GrantExceedsError):
                await create_users(session, KEEPER, [new])
            maker = replace(KEEPER, permissions=frozenset({"api-keys:admin"}))
            with pytest.raises(GrantExceedsError):
                await create_api_keys(session, maker, keys, [NewApiKey("K", roles=frozenset({role_id}))], now=NOON)
        changed = await update_user(
            session, KEEPER, user.id, UserChange(roles=frozenset({CSR_ROLE_ID})), version=user.version, now=NOON
        )
    assert [role.label for role in changed.roles] == ["CSR"]


async def test_role_that_holds_more_is_neither_changed_nor_deleted(database: Database) -> None:
    async with database.session() as session:
        role = await make_role(session, permissions=frozenset({"exports:admin"}))
        for change in (
            RoleChange(description="New words"),
            RoleChange(permissions=frozenset({"members:read"})),
            RoleChange(permissions=frozenset({"exports:admin", "points:read"})),
        ):
            with pytest.raises(RoleExceedsError, match="exports:admin"):
                await update_role(session, KEEPER, role.id, change, version=None, now=NOON)
        with pytest.raises(RoleExceedsError):
            await delete_role(session, KEEPER, role.id)
        assert await get_role(session, ROOT, role.id) == role


async def test_everything_is_not_taken_from_a_role_by_someone_with_less(database: Database) -> None:
    async with database.session() as session:
        role = await make_role(session, permissions=None)
        with pytest.raises(RoleExceedsError, match="everything"):
            await update_role(session, KEEPER, role.id, RoleChange(permissions=frozenset()), version=None, now=NOON)


async def test_who_sees_some_chains_changes_no_role(database: Database) -> None:
    local = replace(ROOT, chains=frozenset({UUID(int=7)}))
    async with database.session() as session:
        role = await make_role(session)
        with pytest.raises(RoleReachError):
            await create_role(session, local, replace(HELPER, label="Other"), now=NOON)
        with pytest.raises(RoleReachError):
            await update_role(session, local, role.id, RoleChange(label="Mine"), version=None, now=NOON)
        with pytest.raises(RoleReachError):
            await delete_role(session, local, role.id)
        assert (await get_role(session, local, role.id)).label == "Helper"


async def test_holders_elsewhere_are_not_counted(database: Database) -> None:
    local = replace(ROOT, chains=frozenset({UUID(int=7)}))
    async with database.session() as session:
        role = await make_role(session)
        new = NewUser("ada@example.com", "Ada", "a quiet sentence", roles=frozenset({role.id}))
        await create_users(session, ROOT, [new, replace(new, email="b@b.example", chains=local.chains)])
        assert (await get_role(session, ROOT, role.id)).users == 2
        assert (await get_role(session, local, role.id)).users == 1


async def test_built_in_role_stays(database: Database) -> None:
    async with database.session() as session:
        for role_id in (ADMIN_ROLE_ID, CSR_ROLE_ID, AUTHOR_ROLE_ID):
            with pytest.raises(RoleBuiltInError, match="Copy it"):
                await update_role(session, ROOT, role_id, RoleChange(label="Mine"), version=None, now=NOON)
            with pytest.raises(RoleBuiltInError):
                await delete_role(session, ROOT, role_id)


async def test_role_in_use_is_not_deleted(database: Database, keys: KeyRing) -> None:
    async with database.session() as session:
        role = await make_role(session)
        new = NewUser("ada@example.com", "Ada", "a quiet sentence", roles=frozenset({role.id}))
        (user,) = await create_users(session, ROOT, [new])
        (made,) = await create_api_keys(session, ROOT, keys, [NewApiKey("Sync", roles=frozenset({role.id}))], now=NOON)
        with pytest.raises(RoleInUseError, match=r"held by ada@example\.com, Sync") as caught:
            await delete_role(session, ROOT, role.id)
        holders: Any = caught.value.details["holders"]
        assert [holder["kind"] for holder in holders] == ["user", "api_key"]
        await update_user(session, ROOT, user.id, UserChange(roles=frozenset()), version=None, now=NOON)
        with pytest.raises(RoleInUseError, match="Sync"):
            await delete_role(session, ROOT, role.id)
        await revoke_api_key(session, ROOT, made.key.id, now=NOON)
        await delete_role(session, ROOT, role.id)
        with pytest.raises(RoleNotFoundError):
            await get_role(session, ROOT, role.id)


async def test_second_of_two_changes_loses(database: Database) -> None:
    async with database.session() as session:
        role = await make_role(session)
        await update_role(session, ROOT, role.id, RoleChange(label="First"), version=1, now=NOON)
        with pytest.raises(VersionConflictError):
            await update_role(session, ROOT, role.id, RoleChange(label="Second"), version=1, now=NOON)
        with pytest.raises(VersionConflictError):
            await delete_role(session, ROOT, role.id, version=1)


@pytest.mark.parametrize(
    ("change", "error", "field"),
    [
        ({"label": " "}, RoleInvalidError, "label"),
        ({"label": "x" * 101}, RoleInvalidError, "label"),
        ({"label": "a\0b"}, RoleInvalidError, "label"),
        ({"label": "ADMIN"}, RoleTakenError, "label"),
        ({"internal_name": "a b"}, RoleInvalidError, "internal_name"),
        ({"internal_name": "CSR"}, RoleTakenError, "internal_name"),
        ({"description": "x" * 1001}, RoleInvalidError, "description"),
        ({"description": "\0"}, RoleInvalidError, "description"),
        ({"permissions": frozenset({"members:admin"})}, RoleInvalidError, "permissions"),
        ({"permissions": frozenset({"nonsense"})}, RoleInvalidError, "permissions"),
    ],
)
async def test_unfit_role_is_refused(
    database: Database, change: dict[str, Any], error: type[TesseraError], field: str
) -> None:
    async with database.session() as session:
        with pytest.raises(error) as caught:
            await make_role(session, **change)
        assert caught.value.details["field"] == field
        role = await make_role(session)
        with pytest.raises(error):
            await update_role(session, ROOT, role.id, RoleChange(**change), version=None, now=NOON)


async def test_names_are_made_and_found(database: Database) -> None:
    async with database.session() as session:
        first = await make_role(session)
        second = await make_role(session, label="Helper!")
        assert (first.internal_name, second.internal_name) == ("helper", "helper_1")
        assert await find_role(session, ROOT, "HELPER_1") == second
        assert await find_role(session, ROOT, str(first.id)) == first
        with pytest.raises(RoleNotFoundError):
            await find_role(session, ROOT, "nobody")
        page = await list_role_page(session, ROOT, search="telephone", sort="-label", size=1)
    assert (page.total, [role.label for role in page.items]) == (2, ["Helper!"])


async def test_last_way_to_everything_is_kept(database: Database) -> None:
    async with database.session() as session:
        role = await make_role(session, permissions=None)
        new = NewUser("ada@example.com", "Ada", "a quiet sentence", roles=frozenset({role.id}))
        await create_users(session, ROOT, [new])
        change = RoleChange(permissions=frozenset({"members:read"}))
        with pytest.raises(LastAdministratorError):
            await update_role(session, ROOT, role.id, change, version=None, now=NOON)
        await create_users(session, ROOT, [NewUser("ben@example.com", "Ben", "a quiet sentence", roles=ADMIN)])
        await update_role(session, ROOT, role.id, change, version=None, now=NOON)


async def test_roles_need_their_permission(database: Database) -> None:
    reader = Actor(ActorKind.USER, new_id(), "Reader", permissions=frozenset({"roles:read"}))
    nobody = replace(reader, permissions=frozenset())
    async with database.session() as session:
        with pytest.raises(DeniedError, match="roles:read"):
            await list_roles(session, nobody)
        with pytest.raises(DeniedError, match="roles:admin"):
            await create_role(session, reader, HELPER, now=NOON)


async def test_changes_of_roles_are_in_the_audit_trail(database: Database) -> None:
    async with database.session() as session:
        role = await make_role(session)
        change = RoleChange(permissions=frozenset({"points:read"}))
        await update_role(session, ROOT, role.id, change, version=1, now=NOON)
        await delete_role(session, ROOT, role.id)
        rows = (await session.execute(text("SELECT action, before, after FROM audit_entries ORDER BY id"))).all()
    assert [row.action for row in rows] == ["created", "updated", "deleted"]
    assert rows[1].before == {"permissions": ["members:read"]}
    assert rows[1].after == {"permissions": ["points:read"]}
    assert rows[2].before["label"] == "Helper"
