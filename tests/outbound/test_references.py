"""What refers to what: written with the referrer, asked before a target is deleted."""

import asyncio
from dataclasses import replace
from importlib import import_module

import psycopg
import pytest
from sqlalchemy import text
from tests.builders.locks import wait_until_blocked
from tests.builders.places import OWNER, POLICY, Place
from tests.connectors.test_references import make_key, make_profile
from tests.outbound.test_templates import SHAPE, create, create_profile

from tessera import connectors, exports, outbound, queries
from tessera.access.keys import NewApiKey, create_api_keys
from tessera.connectors import ProfileChange
from tessera.outbound import TemplateChange
from tessera.outbound.rendering import Header
from tessera.platform.assets import InUseError, Referrer, SettingsInvalidError
from tessera.platform.clock import now
from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing

ALL = """
SELECT from_label, from_kind, to_kind, to_id, carries_secrets FROM asset_references ORDER BY from_kind, to_kind, to_id
"""
REFERENCES = text("SELECT to_kind, to_id FROM asset_references WHERE from_id = :id ORDER BY to_kind")


async def test_deletion_waits_for_whoever_takes_the_target_up(database: Database, place: Place, keys: KeyRing) -> None:
    async def delete() -> None:
        async with database.session() as session:
            await queries.delete_query(session, OWNER, query=place.query)

    async with database.session() as session:
        profile = await create_profile(session, place, keys)
    async with database.session() as session:
        await create(session, place, keys, profile)
        deletion = asyncio.create_task(delete())
        await wait_until_blocked(session, deletion)
    with pytest.raises(InUseError, match="The query Members is used by Members"):
        await deletion


async def test_references_follow_the_template(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        first, second = [await create_profile(session, place, keys, label=label) for label in ("One", "Two")]
        made = await create(session, place, keys, first)
        copied = await outbound.copy_template(session, OWNER, place.chain_id, made.id)
        change = TemplateChange(label="Renamed", profile=second.id)
        await outbound.update_template(session, OWNER, made, change, keys=keys)
        assert await connectors.list_profile_users(session, OWNER, first) == [
            Referrer("http_template", copied.id, "Members (1)")
        ]
        assert await queries.list_query_users(session, OWNER, place.query) == [
            Referrer("http_template", copied.id, "Members (1)"),
            Referrer("http_template", made.id, "Renamed"),
        ]
        await outbound.delete_template(session, OWNER, place.chain_id, copied.id)
        await connectors.delete_profile(session, OWNER, place.chain_id, first.id)
        left = (await session.execute(REFERENCES, {"id": copied.id})).all()
        kept = (await session.execute(REFERENCES, {"id": made.id})).all()
    assert left == []
    assert kept == [("connection_profile", second.id), ("query", place.query.id)]


async def test_address_stays_while_secrets_of_templates_go_there(
    database: Database, place: Place, keys: KeyRing
) -> None:
    change = ProfileChange(settings={"base_url": "https://other.example.com"})
    async with database.session() as session:
        profile = await create_profile(session, place, keys)
        made = await create(session, place, keys, profile, replace(SHAPE, headers=(Header("X-Key", "s", secret=True),)))
        with pytest.raises(SettingsInvalidError, match="Templates send secret headers there: Members"):
            await connectors.update_profile(session, OWNER, profile, change, keys=keys, policy=POLICY)
        open_again = TemplateChange(shape=SHAPE)
        await outbound.update_template(session, OWNER, made, open_again, keys=keys)
        moved = await connectors.update_profile(session, OWNER, profile, change, keys=keys, policy=POLICY)
    assert moved.settings["base_url"] == "https://other.example.com"


async def test_migration_finds_what_saving_writes(
    database: Database, place: Place, keys: KeyRing, admin_address: str
) -> None:
    migration = import_module("tessera.migrations.versions.0024_references")
    headers = (Header("X-Key", "s", secret=True),)
    async with database.session() as session:
        key = await make_key(session, place.chain_id, keys)
        await make_profile(session, place, keys, "LOGIN")
        made = await create(
            session, place, keys, await create_profile(session, place, keys), replace(SHAPE, headers=headers)
        )
        new_key = NewApiKey("Exports", frozenset({place.chain_id}), frozenset({"members:read"}))
        (owner,) = await create_api_keys(session, OWNER, keys, [new_key], now=now())
        new = exports.NewDefinition(
            "Members",
            query_id=place.query.id,
            template_id=made.id,
            owner=await exports.find_owner(session, OWNER, str(owner.key.id)),
        )
        await exports.create_definition(session, OWNER, chain_id=place.chain_id, new=new, keys=keys, now=now())
    with psycopg.connect(admin_address, options="-c search_path=tessera") as connection:
        written = connection.execute(ALL).fetchall()
        connection.execute("TRUNCATE asset_references")
        connection.execute(migration.FILL)
        filled = connection.execute(ALL).fetchall()
    assert filled == written
    assert len(filled) == 5
    assert ("connection_profile", "encryption_key", key.id, False) in [row[1:] for row in filled]
