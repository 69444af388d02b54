"""A chain with an export, and the scope that files are applied in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, make_settings, open_small_house

from tessera import configuration, exports
from tessera.access.users import NewUser, create_users
from tessera.configuration import Outcome
from tessera.configuration.scope import secret_reader
from tessera.exports import Definition, DefinitionChange
from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing

HEADERS = [{"name": "X-Team", "value": "blue"}, {"name": "X-Key", "value": "blue-moon-42", "secret": True}]
Apply = Callable[..., Awaitable[Outcome]]
Export = Callable[[], Awaitable[str]]


@pytest.fixture
async def house(database: Database, query_address: str, keys: KeyRing, tmp_path: Path) -> AsyncIterator[SmallHouse]:
    async with open_small_house(database, query_address, keys, make_settings(tmp_path)) as opened:
        yield opened


@pytest.fixture
async def definition(house: SmallHouse) -> Definition:
    """An export of a chain that Ada owns, with a profile that has secrets of both kinds."""
    chain_id = await create_members(house.database, 3)
    made = await create_export(house, chain_id, "http://127.0.0.1:9/api", settings={"static_headers": HEADERS})
    async with house.database.session() as session:
        ada = NewUser("ada@example.com", "Ada", "a password for tests", permissions=frozenset({"members:read"}))
        await create_users(session, ACTOR, [ada])
        change = DefinitionChange(owner=await exports.find_owner(session, ACTOR, "ada@example.com"))
        keys, moment = house.resources.keys, house.resources.clock()
        return await exports.update_definition(session, ACTOR, made, change, keys=keys, now=moment)


@pytest.fixture
def apply(house: SmallHouse, definition: Definition) -> Apply:
    """Apply a text to the chain, with these environment variables."""

    async def apply_text(text: str, *, prune: bool = False, **environment: str) -> Outcome:
        document = configuration.read_documents({"test.yaml": text})
        async with house.database.session() as session:
            scope = configuration.make_scope(session, ACTOR, definition.chain_id, house.resources, house.engine)
            scope = replace(scope, read_secret=secret_reader(environment))
            return await configuration.apply_configuration(scope, document, prune=prune)

    return apply_text


@pytest.fixture
def export(house: SmallHouse, definition: Definition) -> Export:
    """Write the chain's configuration down."""

    async def export_text() -> str:
        async with house.database.session() as session:
            scope = configuration.make_scope(session, ACTOR, definition.chain_id, house.resources, house.engine)
            return await configuration.export_configuration(scope, "Harbour Hotels")

    return export_text
