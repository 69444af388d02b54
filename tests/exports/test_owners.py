"""Owners: runs of members' data go out with the rights of a user or an API key, and wait where those are gone."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.builders.house import (
    ACTOR,
    SmallHouse,
    create_export,
    create_members,
    create_owner,
    read_run,
    release_run,
    run_to_end,
    start_run,
)
from tests.builders.receivers import run_receiver

from tessera import exports
from tessera.access import keys as access_keys
from tessera.access import users as access_users
from tessera.access.keys import NewApiKey
from tessera.access.users import NewUser, UserChange
from tessera.exports import Definition, DefinitionChange, Owner, Run, RunState
from tessera.exports.errors import OwnerInvalidError
from tessera.platform.actors import Actor, ActorKind
from tessera.platform.clock import now
from tessera.platform.db import Session
from tessera.platform.errors import DeniedError

PASSWORD = "a long enough password"
SENDER = frozenset({"exports:write", "members:read", "connection-profiles:read", "http-templates:read", "queries:read"})
IMPERSONAL = "SELECT name AS id, name AS number, 1 AS balance, name AS first_name, name AS last_name FROM tiers"
OWNERS_OF = """
SELECT before ->> 'owner', after ->> 'owner' FROM audit_entries WHERE action = 'updated' AND object_id = :id
"""
Change = Callable[[Session, UUID], Awaitable[object]]


async def disable(session: Session, key_id: UUID) -> None:
    await access_keys.enable_api_key(session, ACTOR, key_id, enabled=False)


async def revoke(session: Session, key_id: UUID) -> None:
    await access_keys.revoke_api_key(session, ACTOR, key_id, now=now())


async def expire(session: Session, key_id: UUID) -> None:
    await session.execute(
        text("UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = :id"), {"id": key_id}
    )


async def disable_user(session: Session, user_id: UUID) -> None:
    await access_users.update_user(session, ACTOR, user_id, UserChange(enabled=False), version=None, now=now())


async def take_right(session: Session, user_id: UUID) -> None:
    change = UserChange(permissions=frozenset({"exports:write"}))
    await access_users.update_user(session, ACTOR, user_id, change, version=None, now=now())


async def take_chain(session: Session, user_id: UUID) -> None:
    (other,) = await session.scalars(text("SELECT id FROM chains WHERE name = 'Elsewhere'"))
    await access_users.update_user(
        session, ACTOR, user_id, UserChange(chains=frozenset({other})), version=None, now=now()
    )


async def delete_user(session: Session, user_id: UUID) -> None:
    await access_users.delete_user(session, ACTOR, user_id)


async def create_user(session: Session, name: str, *permissions: str, chain: UUID) -> Actor:
    """Create a user with those permissions in the chain; return the user as one who acts."""
    held = frozenset(permissions)
    new = NewUser(f"{name.lower()}@example.com", name, PASSWORD, chains=frozenset({chain}), permissions=held)
    (user,) = await access_users.create_users(session, ACTOR, [new])
    return user.act()


async def make_owner(house: SmallHouse, chain: UUID, kind: ActorKind) -> Owner:
    """Return a user or an API key that may send members of the chain."""
    async with house.database.session() as session:
        if kind is ActorKind.API_KEY:
            return await create_owner(house, session, chain)
        user = await create_user(session, "Olga", *SENDER, chain=chain)
    assert user.id is not None
    return Owner(ActorKind.USER, user.id, user.name)


async def run_after(house: SmallHouse, url: str, change: Change, kind: ActorKind) -> tuple[Definition, Run]:
    """Run an export whose owner was changed since it was saved."""
    chain = await create_members(house.database, 10)
    await create_members(house.database, 1, chain="Elsewhere")
    owner = await make_owner(house, chain, kind)
    definition = await create_export(house, chain, url, choices={"owner": owner})
    async with house.database.session() as session:
        await change(session, owner.id)
    return definition, await run_to_end(house, definition)


@pytest.mark.parametrize(
    ("change", "kind", "reason"),
    [
        (disable, ActorKind.API_KEY, "Exports, who owns this export, is gone or switched off."),
        (revoke, ActorKind.API_KEY, "Exports, who owns this export, is gone or switched off."),
        (expire, ActorKind.API_KEY, "Exports, who owns this export, is gone or switched off."),
        (disable_user, ActorKind.USER, "Olga, who owns this export, is gone or switched off."),
        (delete_user, ActorKind.USER, "Olga, who owns this export, is gone or switched off."),
        (take_right, ActorKind.USER, "Olga, who owns this export, may not see the members of this chain."),
        (take_chain, ActorKind.USER, "Olga, who owns this export, may not see the members of this chain."),
    ],
)
async def test_run_waits_when_its_owner_may_not_send(
    house: SmallHouse, change: Change, kind: ActorKind, reason: str
) -> None:
    async with run_receiver() as receiver:
        _, run = await run_after(house, receiver.url, change, kind)
    assert (run.state, run.selected, receiver.received) == (RunState.HELD, None, [])
    (finding,) = run.findings
    assert (finding.gate, finding.level) == ("owner", "hold")
    assert finding.message == f"{reason} Take the export over to send it."


@pytest.mark.parametrize("kind", [ActorKind.API_KEY, ActorKind.USER])
async def test_owner_with_the_right_lets_the_run_go(house: SmallHouse, kind: ActorKind) -> None:
    async def leave(_: Session, __: UUID) -> None:
        return None

    async with run_receiver() as receiver:
        _, run = await run_after(house, receiver.url, leave, kind)
    assert (run.state, run.sent, run.findings) == (RunState.COMPLETED, 10, [])


async def test_whoever_releases_the_run_owns_the_export(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        definition, run = await run_after(house, receiver.url, revoke, ActorKind.API_KEY)
        async with house.database.session() as session:
            nora = await create_user(session, "Nora", *SENDER, chain=run.chain_id)
        released = await release_run(house, run, nora)
        assert (released.state, released.released_by) == (RunState.PENDING, "Nora")
        await house.executor().execute(str(run.id))
        again = await run_to_end(house, definition)
    ended = await read_run(house, run.id)
    assert (ended.state, ended.sent, ended.findings) == (RunState.COMPLETED, 10, [])
    assert (again.state, again.sent) == (RunState.COMPLETED, 10)
    async with house.database.session() as session:
        stored = await exports.get_definition(session, ACTOR, definition_id=definition.id)
        written = await session.execute(text(OWNERS_OF), {"id": definition.id})
        assert written.all() == [("Exports", "Nora")]
    assert stored.owner == Owner(ActorKind.USER, nora.id, "Nora")  # type: ignore[arg-type]


async def test_person_without_the_right_cannot_release(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        definition, run = await run_after(house, receiver.url, disable, ActorKind.API_KEY)
    async with house.database.session() as session:
        mike = await create_user(session, "Mike", *(SENDER - {"members:read"}), chain=run.chain_id)
    with pytest.raises(DeniedError, match="members:read"):
        await release_run(house, run, mike)
    with pytest.raises(OwnerInvalidError, match="Name a user or an API key"):
        await release_run(house, run, ACTOR)
    async with house.database.session() as session:
        stored = await exports.get_definition(session, ACTOR, definition_id=definition.id)
    assert stored.owner == definition.owner
    assert (await read_run(house, run.id)).state is RunState.HELD


async def test_run_of_nobodys_export_waits(house: SmallHouse) -> None:
    chain = await create_members(house.database, 1)
    definition = await create_export(house, chain, "http://127.0.0.1:9")
    async with house.database.session() as session:
        await session.execute(text("UPDATE export_definitions SET owner = NULL, owner_kind = NULL, owner_id = NULL"))
    run = await run_to_end(house, definition)
    assert run.state is RunState.HELD
    assert run.findings[0].message.startswith("Nobody owns this export")


async def test_what_describes_no_member_needs_no_owner(house: SmallHouse) -> None:
    chain = await create_members(house.database, 1)
    definition = await create_export(
        house, chain, "http://127.0.0.1:9", query=IMPERSONAL, body="{{ id }}", choices={"owner": None}
    )
    run = await run_to_end(house, definition)
    assert (definition.owner, run.personal, run.state) == (None, False, RunState.COMPLETED)


async def test_members_need_an_owner_when_they_are_saved(house: SmallHouse) -> None:
    chain = await create_members(house.database, 1)
    with pytest.raises(OwnerInvalidError, match=r"Nobody owns this export.*members:read"):
        await create_export(house, chain, "http://127.0.0.1:9", choices={"owner": None})


async def test_owner_has_to_have_the_right_when_it_is_saved(house: SmallHouse) -> None:
    chain = await create_members(house.database, 1)
    definition = await create_export(house, chain, "http://127.0.0.1:9")
    parts: dict[str, Any] = {"keys": house.resources.keys, "now": now()}
    async with house.database.session() as session:
        new = NewApiKey("Blind", frozenset({chain}), frozenset({"exports:write"}))
        (blind,) = await access_keys.create_api_keys(session, ACTOR, house.resources.keys, [new], now=now())
        owner = Owner(ActorKind.API_KEY, blind.key.id, "Blind")
        with pytest.raises(OwnerInvalidError, match="Blind, who owns this export, may not see"):
            await exports.update_definition(session, ACTOR, definition, DefinitionChange(owner=owner), **parts)


async def test_user_who_saves_an_export_owns_it(house: SmallHouse) -> None:
    chain = await create_members(house.database, 1)
    first = await create_export(house, chain, "http://127.0.0.1:9")
    new = exports.NewDefinition("Mine", first.query_id, first.template_id)
    async with house.database.session() as session:
        olga = await create_user(session, "Olga", *SENDER, chain=chain)
        mine = await exports.create_definition(
            session, olga, chain_id=chain, new=new, keys=house.resources.keys, now=now()
        )
    assert mine.owner is not None
    assert (mine.owner.kind, mine.owner.id) == (ActorKind.USER, olga.id)
    run = await start_run(house, mine)
    assert run.personal
