"""Previews of exports: the bytes of a run, for every destination, without a trace."""

import json
from typing import Any

import pytest
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, run_to_end
from tests.builders.mparticle_receiver import Mparticle
from tests.builders.receivers import run_receiver
from tests.exports.test_mparticle_runs import QUERY, create_profile

from tessera import exports
from tessera.exports import Changes, Definition, DefinitionChange, NewDefinition, Selection
from tessera.exports.previews import DefinitionPreview, preview_change, preview_new
from tessera.platform.actors import Actor
from tessera.platform.assets import SettingsInvalidError
from tessera.platform.errors import DeniedError

LINES = [
    {"target": "user_identity", "name": "customer_id", "column": "id"},
    {"target": "user_attribute", "name": "$firstname", "column": "name"},
]
BATCH = {"records": "{{ records }}"}


async def preview(house: SmallHouse, definition: Definition, actor: Actor = ACTOR, **change: Any) -> DefinitionPreview:
    changed = DefinitionChange(**change)
    return await preview_change(house.resources, house.engine, actor, definition.id, changed)


async def update(house: SmallHouse, definition: Definition, **change: Any) -> Definition:
    async with house.database.session() as session:
        moment = house.resources.clock()
        return await exports.update_definition(
            session, ACTOR, definition, DefinitionChange(**change), keys=house.resources.keys, now=moment
        )


@pytest.mark.parametrize("batch", [1, 10, 100])
async def test_preview_and_run_make_the_same_bytes(house: SmallHouse, batch: int) -> None:
    chain_id = await create_members(house.database, 75)
    shape: dict[str, Any] = {"batch_size": batch} | ({"envelope": json.dumps(BATCH)} if batch > 1 else {})
    async with run_receiver() as receiver:
        definition = await create_export(house, chain_id, receiver.url, url_path="all/members", **shape)
        shown = await preview(house, definition)
        run = await run_to_end(house, definition)

    assert shown.first is not None
    assert (shown.rows, shown.first.rows) == (run.selected, min(batch, 75))
    bodies = {request.body.decode() for request in receiver.received}
    assert shown.first.text in bodies
    assert shown.first.title == f"POST {receiver.url}/all/members"
    assert shown.first.size == len(str(shown.first.text).encode())
    assert dict(shown.first.headers)["Authorization"] == "***"


async def test_definition_that_leads_to_mparticle_is_previewed_as_it_is_sent(house: SmallHouse) -> None:
    mparticle = Mparticle()
    chain_id = await create_members(house.database, 3)
    async with run_receiver(mparticle) as receiver:
        http = await create_export(house, chain_id, receiver.url, query=QUERY, body="{{ id }}")
        profile = await create_profile(house, chain_id, receiver.url)
        moved = await update(house, http, profile_id=profile.id, settings={"lines": LINES})
        shown = await preview(house, moved)
        await run_to_end(house, moved)

    assert (moved.template_id, moved.profile_id, moved.owner) == (None, profile.id, http.owner)
    assert shown.first is not None
    assert (shown.rows, shown.first.rows, shown.first.title) == (3, 3, f"POST {receiver.url}/v2/bulkevents")
    assert dict(shown.first.headers)["Authorization"] == "***"
    batches = json.loads(str(shown.first.text))
    assert [batch["user_identities"]["customer_id"] for batch in batches] == ["000000", "000001", "000002"]
    sent = [batch["user_attributes"] for batch in mparticle.accepted.values()]
    assert [batch["user_attributes"] for batch in batches] == sent


async def test_settings_without_meaning_are_left_behind(house: SmallHouse) -> None:
    chain_id = await create_members(house.database, 1)
    http = await create_export(house, chain_id, "http://127.0.0.1:9", query=QUERY, body="{{ id }}")
    full = await update(house, http, settings={"rows_per_request": 5, "concurrency": 2})
    profile = await create_profile(house, chain_id, "http://127.0.0.1:9")
    moved = await update(house, full, profile_id=profile.id, settings={"lines": LINES})
    back = await update(house, moved, template_id=full.template_id)

    assert (moved.settings["concurrency"], moved.settings["lines"]) == (2, LINES)
    assert "rows_per_request" not in moved.settings
    assert (back.profile_id, back.settings) == (None, {"rows_per_request": None, "concurrency": 2})
    with pytest.raises(SettingsInvalidError, match="lines: There is no such setting here"):
        await update(house, back, settings={"lines": LINES})


async def test_change_is_previewed_without_being_made(house: SmallHouse) -> None:
    chain_id = await create_members(house.database, 30)
    definition = await create_export(house, chain_id, "http://127.0.0.1:9")
    changes = Selection(changes=Changes())
    shown = await preview(house, definition, settings={"rows_per_request": 1}, selection=changes)
    async with house.database.session() as session:
        stored = await exports.get_definition(session, ACTOR, definition_id=definition.id)
        runs = await exports.list_runs(session, ACTOR)

    assert shown.first is not None
    assert (shown.rows, shown.first.rows) == (30, 1)
    assert stored == definition
    assert runs.total == 0


async def test_definition_is_previewed_before_it_is_made(house: SmallHouse) -> None:
    chain_id = await create_members(house.database, 4)
    other = await create_export(house, chain_id, "http://127.0.0.1:9")
    new = NewDefinition("New", other.query_id, other.template_id)
    shown = await preview_new(house.resources, house.engine, ACTOR, chain_id, new)

    assert (shown.rows, shown.first is not None) == (4, True)


async def test_rows_that_would_not_leave_are_named(house: SmallHouse) -> None:
    chain_id = await create_members(house.database, 3)
    query = "SELECT membership_id AS id, membership_number AS number, balance, first_name, last_name, "
    query += "nullif(membership_number, '000000') AS place FROM members"
    definition = await create_export(
        house,
        chain_id,
        "http://127.0.0.1:9",
        query=query,
        keys=("number",),
        url_path="{{ place }}",
        batch_size=1,
        envelope=None,
    )
    shown = await preview(house, definition)

    assert shown.first is not None
    assert [(row, code) for row, code, _ in shown.first.failures] == [(1, "value_null")]
    assert (shown.first.title, shown.first.rows) == ("POST http://127.0.0.1:9/000001", 1)


async def test_preview_of_members_is_for_those_who_may_see_them(house: SmallHouse) -> None:
    chain_id = await create_members(house.database, 1)
    definition = await create_export(house, chain_id, "http://127.0.0.1:9")
    reads = frozenset({"exports:read", "queries:read", "http-templates:read", "connection-profiles:read"})
    blind = Actor(ACTOR.kind, None, "Rita", None, reads)
    outsider = Actor(ACTOR.kind, None, "Charlie", frozenset(), None)

    with pytest.raises(DeniedError, match="members:read"):
        await preview(house, definition, blind)
    with pytest.raises(exports.DefinitionNotFoundError):
        await preview(house, definition, outsider)
