"""API keys in the room: whatever a maker has, what it makes has no more."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tessera.access.keys import (
    ApiKeyExceedsError,
    NewApiKey,
    create_api_keys,
    enable_api_key,
    find_api_key_actor,
    list_api_keys,
    revoke_api_key,
)
from tessera.access.keys.api_keys import check_key, make_key
from tessera.access.roles import ADMIN_ROLE_ID
from tessera.platform.actors import LEVELS, Actor, ActorKind, is_permission, system_actor
from tessera.platform.db import Database
from tessera.platform.errors import TesseraError
from tessera.platform.ids import new_id
from tessera.platform.secrets import KeyRing

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SYSTEM = system_actor("tests")
CHAINS = [UUID(int=number) for number in range(1, 5)]
PERMISSIONS = [f"{resource}:{level}" for resource, level in product(("api-keys", "members", "points"), LEVELS)]

chains = st.none() | st.frozensets(st.sampled_from(CHAINS))
permissions = st.none() | st.frozensets(st.sampled_from(PERMISSIONS))


@given(st.tuples(chains, permissions), st.tuples(chains, permissions))
@settings(max_examples=1000)
def test_key_never_has_more_than_its_maker(
    has: tuple[frozenset[UUID] | None, frozenset[str] | None],
    asked: tuple[frozenset[UUID] | None, frozenset[str] | None],
) -> None:
    maker = Actor(ActorKind.API_KEY, new_id(), "maker", *has)
    new = NewApiKey("child", *asked)

    try:
        check_key(maker, new, NOON)
    except TesseraError:
        assert not fits(maker, Actor(ActorKind.API_KEY, None, "child", *asked)) or None in asked
        return
    made = make_key(maker, new, new_id(), "tsr_" + "x" * 43, now=NOON, roles={})

    assert fits(maker, Actor(ActorKind.API_KEY, made.id, "child", made.chains, made.permissions))


def fits(maker: Actor, child: Actor) -> bool:
    """Say whether the child sees nothing and may do nothing that the maker cannot."""
    other = UUID(int=99)
    return all(maker.sees(chain) for chain in [*CHAINS, other] if child.sees(chain)) and all(
        maker.may(permission) for permission in [*PERMISSIONS, "other:admin"] if child.may(permission)
    )


async def test_revoked_key_is_nobody_at_once(database: Database, keys: KeyRing) -> None:
    async with database.session() as session:
        (made,) = await create_api_keys(
            session, SYSTEM, keys, [NewApiKey("Sync", roles=frozenset({ADMIN_ROLE_ID}))], now=NOON
        )

    async def find() -> Actor | None:
        async with database.session() as session:
            return await find_api_key_actor(session, keys, made.text, now=NOON)

    found = await find()
    assert found is not None
    assert (found.kind, found.id, found.name, found.chains) == (ActorKind.API_KEY, made.key.id, "Sync", None)
    async with database.session() as session:
        await revoke_api_key(session, SYSTEM, made.key.id, now=NOON)
    assert not any(await asyncio.gather(find(), find()))


async def test_key_of_another_ring_is_nobody(database: Database, keys: KeyRing) -> None:
    async with database.session() as session:
        assert await find_api_key_actor(session, keys, "tsr_" + "x" * 43, now=NOON) is None


async def test_key_that_holds_more_is_neither_switched_nor_revoked(database: Database, keys: KeyRing) -> None:
    weak = replace(SYSTEM, chains=frozenset({CHAINS[0]}), permissions=frozenset({"api-keys:admin"}))
    own = NewApiKey("Own", chains=frozenset({CHAINS[0]}), permissions=frozenset({"points:write"}))
    by_role = NewApiKey("By role", chains=frozenset({CHAINS[0]}), roles=frozenset({ADMIN_ROLE_ID}))
    async with database.session() as session:
        for made in await create_api_keys(session, SYSTEM, keys, [own, by_role], now=NOON):
            for enabled in (False, True):
                with pytest.raises(ApiKeyExceedsError):
                    await enable_api_key(session, weak, made.key.id, enabled=enabled)
            with pytest.raises(ApiKeyExceedsError):
                await revoke_api_key(session, weak, made.key.id, now=NOON)
        assert [(key.enabled, key.revoked_at) for key in await list_api_keys(session, weak)] == [(True, None)] * 2


def test_shape_of_a_permission() -> None:
    assert is_permission("members:read")
    for text in ("members", "members:", ":read", "members:all", "", "members:read:write"):
        assert not is_permission(text)
