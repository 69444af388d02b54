"""Credentials: their shape, their hiding, their reach."""

import re
from dataclasses import replace
from typing import Any

import pytest
from tests.loyalty.conftest import NOON, SYSTEM, House

from tessera.access.chains import archive_chain, restore_chain
from tessera.access.chains.errors import EnterpriseNotFoundError
from tessera.access.keys import (
    NewAccessToken,
    create_access_tokens,
    create_client_tokens,
    create_demo_tokens,
    enable_token,
    find_scope,
    list_tokens,
    revoke_token,
)
from tessera.access.keys.errors import TokenExceedsError, TokenNotFoundError, TokenScopeError, TokenTakenError
from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing

SHAPE = re.compile(r"[0-9A-F]{32}-[0-9A-F]{31}")


async def make(database: Database, keys: KeyRing, house: House, **members: Any) -> tuple[str, str]:
    async with database.session() as session:
        (client,) = await create_client_tokens(session, SYSTEM, keys, ["CRM"], now=NOON)
        given = {"client_token_id": client.id, "label": "London", "enterprise_ids": [house.enterprise_id], **members}
        (access,) = await create_access_tokens(session, SYSTEM, keys, [NewAccessToken(**given)], now=NOON)
    return client.text, access.text


async def test_tokens_have_the_contract_shape_and_are_kept_as_hashes(
    database: Database, keys: KeyRing, house: House
) -> None:
    texts = await make(database, keys, house)
    assert all(SHAPE.fullmatch(text) for text in texts)

    async with await database.connect() as connection:
        for table in ("client_tokens", "access_tokens", "audit_entries"):
            rows = await (await connection.execute(f"SELECT t::text FROM {table} AS t".encode())).fetchall()
            assert rows
            assert not [row for row in rows for text in texts if text in row[0]]


async def test_tokens_of_an_archived_chain_open_nothing_until_it_is_restored(
    database: Database, keys: KeyRing, house: House
) -> None:
    client, access = await make(database, keys, house)
    digests = {
        "client_digest": keys.digest(client, "client-token"),
        "access_digest": keys.digest(access, "access-token"),
    }
    async with database.session() as session:
        await archive_chain(session, SYSTEM, house.chain_id, now=NOON)
        assert await find_scope(session, **digests, now=NOON) is None
        await restore_chain(session, SYSTEM, house.chain_id, now=NOON)
        assert await find_scope(session, **digests, now=NOON) is not None


async def test_labels_are_stored_without_blanks_around_them(database: Database, keys: KeyRing, house: House) -> None:
    await make(database, keys, house, label="  London ")
    async with database.session() as session:
        tokens = await list_tokens(session, SYSTEM)
    assert {token.label for token in tokens} == {"CRM", "London"}


async def test_scope_is_resolved_from_both(database: Database, keys: KeyRing, house: House) -> None:
    client, access = await make(database, keys, house)
    async with database.session() as session:
        scope = await find_scope(
            session,
            client_digest=keys.digest(client, "client-token"),
            access_digest=keys.digest(access, "access-token"),
            now=NOON,
        )

    assert scope is not None
    assert (scope.chain_ids, scope.enterprise_ids) == ((house.chain_id,), (house.enterprise_id,))
    assert (scope.portfolio, scope.permissions) == (False, frozenset({"members:write", "programs:write"}))


async def test_scope_must_fit_the_kind(database: Database, keys: KeyRing, house: House, stranger: House) -> None:
    both = [house.enterprise_id, stranger.enterprise_id]
    with pytest.raises(TokenScopeError):
        await make(database, keys, house, enterprise_ids=both)
    with pytest.raises(TokenScopeError):
        await make(database, keys, house, enterprise_ids=[], portfolio=True)

    await make(database, keys, house, enterprise_ids=both, portfolio=True)


async def test_actor_hands_out_and_sees_only_its_own(
    database: Database, keys: KeyRing, house: House, stranger: House
) -> None:
    await make(database, keys, house)
    async with database.session() as session:
        tokens = await list_tokens(session, house.actor)
        assert {(token.label, token.client_token_id is None) for token in tokens} == {("CRM", True), ("London", False)}
        assert await list_tokens(session, stranger.actor) == []
        with pytest.raises(TokenNotFoundError):
            await enable_token(session, stranger.actor, tokens[0].id, enabled=False)
        wanted = NewAccessToken(client_token_id=tokens[0].id, label="x", enterprise_ids=[house.enterprise_id])
        with pytest.raises(EnterpriseNotFoundError):
            await create_access_tokens(session, stranger.actor, keys, [wanted], now=NOON)


async def test_token_that_holds_more_is_neither_switched_nor_revoked(
    database: Database, keys: KeyRing, house: House
) -> None:
    await make(database, keys, house, permissions=["members:read"])
    weak = replace(SYSTEM, permissions=frozenset({"connector-tokens:admin"}))
    reader = replace(SYSTEM, permissions=frozenset({"connector-tokens:admin", "members:read"}))
    async with database.session() as session:
        tokens = await list_tokens(session, SYSTEM)
        for token in tokens:  # the client token takes its access tokens along
            for enabled in (False, True):
                with pytest.raises(TokenExceedsError, match="members:read"):
                    await enable_token(session, weak, token.id, enabled=enabled)
            with pytest.raises(TokenExceedsError):
                await revoke_token(session, weak, token.id, now=NOON)
        assert await list_tokens(session, SYSTEM) == tokens
        for token in tokens:
            await revoke_token(session, reader, token.id, now=NOON)


async def test_published_tokens_are_made_once(database: Database, keys: KeyRing, house: House) -> None:
    async with database.session() as session:
        await create_demo_tokens(session, SYSTEM, keys, [house.enterprise_id, house.enterprise_id], now=NOON)
        tokens = await list_tokens(session, SYSTEM)
    assert len(tokens) == 4 + 8

    with pytest.raises(TokenTakenError):
        async with database.session() as session:
            await create_demo_tokens(session, SYSTEM, keys, [house.enterprise_id], now=NOON)
