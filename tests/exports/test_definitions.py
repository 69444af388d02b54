"""Export definitions, where two callers meet."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members

from tessera import exports
from tessera.exports import NewDefinition
from tessera.platform.assets.errors import NameTakenError
from tessera.platform.clock import now
from tessera.platform.db import Session

BLOCKED = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


async def test_name_taken_by_another_save_under_way_is_refused(house: SmallHouse) -> None:
    chain_id = await create_members(house.database, 1)
    first = await create_export(house, chain_id, "http://127.0.0.1:9/api")
    new = NewDefinition("Again", query_id=first.query_id, template_id=first.template_id, owner=first.owner)
    parts: dict[str, Any] = {"keys": house.resources.keys, "now": now()}

    async def create(session: Session) -> None:
        await exports.create_definition(session, ACTOR, chain_id=chain_id, new=new, **parts)

    async def create_too() -> None:
        async with house.database.session() as session:
            await create(session)

    async with house.database.session() as session:
        await create(session)
        second = asyncio.create_task(create_too())
        while not await session.scalar(BLOCKED):
            assert not second.done()
            await asyncio.sleep(0.01)
    with pytest.raises(NameTakenError):
        await second
