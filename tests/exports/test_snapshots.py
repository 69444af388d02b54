"""Snapshots: runs of an unchanged definition share one, and a run works from what was there when it was created."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, read_run, run_to_end, start_run
from tests.builders.receivers import run_receiver

from tessera import connectors, exports, outbound, queries
from tessera.connectors import ProfileChange, address_policy
from tessera.exports import Definition, DefinitionChange
from tessera.outbound import TemplateChange
from tessera.platform.clock import now
from tessera.platform.db import Session
from tessera.queries import NewQuery

Change = Callable[[SmallHouse, Session, Definition], Awaitable[object]]


async def change_definition(house: SmallHouse, session: Session, definition: Definition) -> None:
    change = DefinitionChange(settings={"concurrency": 3})
    await exports.update_definition(session, ACTOR, definition, change, keys=house.resources.keys, now=now())


async def change_query(house: SmallHouse, session: Session, definition: Definition) -> None:
    assert definition.query_id is not None
    query = await queries.get_query(session, ACTOR, definition.chain_id, definition.query_id)
    new = NewQuery(query.label, f"{query.text} WHERE balance < 2", key_columns=query.key_columns)
    await queries.update_query(session, ACTOR, house.engine, query=query, new=new)


async def change_template(house: SmallHouse, session: Session, definition: Definition) -> None:
    assert definition.template_id is not None
    template = await outbound.get_template(session, ACTOR, definition.chain_id, definition.template_id)
    await outbound.update_template(session, ACTOR, template, TemplateChange(label="Renamed"), keys=house.resources.keys)


async def change_profile(house: SmallHouse, session: Session, definition: Definition) -> None:
    assert definition.template_id is not None
    template = await outbound.get_template(session, ACTOR, definition.chain_id, definition.template_id)
    assert template.profile_id is not None
    profile = await connectors.get_profile(session, ACTOR, definition.chain_id, template.profile_id)
    policy = address_policy(house.resources.settings)
    await connectors.update_profile(
        session, ACTOR, profile, ProfileChange(label="Renamed"), keys=house.resources.keys, policy=policy
    )


async def list_used(house: SmallHouse) -> list[UUID]:
    """Return the snapshot of each run, oldest first."""
    async with house.database.session() as session:
        return list(await session.scalars(text("SELECT snapshot_id FROM runs ORDER BY created_at")))


async def count_snapshots(house: SmallHouse) -> int:
    async with house.database.session() as session:
        return int(await session.scalar(text("SELECT count(*) FROM run_snapshots")) or 0)


async def test_runs_of_an_unchanged_definition_share_a_snapshot(house: SmallHouse) -> None:
    chain = await create_members(house.database, 1)
    async with run_receiver() as receiver:
        definition = await create_export(house, chain, receiver.url)
        for _ in range(3):
            await run_to_end(house, definition)
    assert len(set(await list_used(house))) == await count_snapshots(house) == 1


@pytest.mark.parametrize("change", [change_definition, change_query, change_template, change_profile])
async def test_change_makes_a_new_snapshot(house: SmallHouse, change: Change) -> None:
    chain = await create_members(house.database, 1)
    async with run_receiver() as receiver:
        definition = await create_export(house, chain, receiver.url)
        await run_to_end(house, definition)
        async with house.database.session() as session:
            await change(house, session, definition)
        await run_to_end(house, definition)
        await run_to_end(house, definition)
    first, second, third = await list_used(house)
    assert first != second == third
    assert await count_snapshots(house) == 2


async def test_run_works_from_its_own_snapshot(house: SmallHouse) -> None:
    chain = await create_members(house.database, 10)
    async with run_receiver() as receiver:
        definition = await create_export(house, chain, receiver.url)
        run = await start_run(house, definition)
        async with house.database.session() as session:
            await change_query(house, session, definition)
        await house.executor().execute(str(run.id))
        after = await run_to_end(house, definition)
    assert (await read_run(house, run.id)).sent == 10
    assert after.selected == 2


async def test_definitions_never_share_a_snapshot(house: SmallHouse) -> None:
    chain = await create_members(house.database, 1)
    async with run_receiver() as receiver:
        definition = await create_export(house, chain, receiver.url)
        async with house.database.session() as session:
            copied = await exports.copy_definition(
                session, ACTOR, definition_id=definition.id, keys=house.resources.keys, now=now()
            )
        await run_to_end(house, definition)
        await run_to_end(house, copied)
    first, second = await list_used(house)
    assert first != second
