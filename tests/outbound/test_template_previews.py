"""Templates tried: what a preview shows and hides, what a test sends and leaves behind."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text
from tests.builders.house import ACTOR, QUERY, TOKEN, SmallHouse, create_members, make_settings, open_small_house
from tests.builders.receivers import Reply, run_receiver

from tessera import connectors, outbound, queries
from tessera.connectors import NewProfile, address_policy
from tessera.connectors.calls import list_calls
from tessera.outbound import NewTemplate, Template, TemplateChange
from tessera.outbound.errors import SampleMissingError, TemplateIncompleteError
from tessera.outbound.rendering import Header, Method, TemplateShape
from tessera.outbound.rendering.errors import TemplateError, UnknownColumnError
from tessera.platform.actors import Actor, ActorKind
from tessera.platform.assets.errors import SettingsInvalidError
from tessera.platform.db import Database
from tessera.platform.errors import DeniedError, NotFoundError
from tessera.platform.secrets import KeyRing
from tessera.queries import NewQuery

SHAPE = TemplateShape(
    Method.POST,
    url_path="/members/{{ number }}",
    headers=(Header("X-Key", "very-secret-value", secret=True), Header("X-Balance", "{{ balance }}")),
    body='{"id": "{{ id }}", "name": "{{ last_name }}"}',
)


@pytest.fixture
async def house(database: Database, query_address: str, keys: KeyRing, tmp_path: Path) -> AsyncIterator[SmallHouse]:
    async with open_small_house(database, query_address, keys, make_settings(tmp_path)) as opened:
        yield opened


async def make(house: SmallHouse, url: str, *, members: int = 2, shape: TemplateShape = SHAPE) -> Template:
    """Make a chain with members, a profile to the address, a query and a template."""
    chain = await create_members(house.database, members)
    settings = {"base_url": url, "token": TOKEN}
    async with house.database.session() as session:
        profile = await connectors.create_profile(
            session,
            ACTOR,
            chain_id=chain,
            new=NewProfile("http_api", "bearer", "CRM", settings=settings),
            keys=house.resources.keys,
            policy=address_policy(house.resources.settings),
        )
        query = await queries.create_query(
            session, ACTOR, house.engine, chain_id=chain, new=NewQuery("Members", QUERY, key_columns=("number",))
        )
        new = NewTemplate("Out", query.id, profile.id, shape)
        return await outbound.create_template(session, ACTOR, chain_id=chain, new=new, keys=house.resources.keys)


async def preview(house: SmallHouse, template: Template, actor: Actor = ACTOR, **instead: Any) -> Any:
    """Return the preview of the template, or of what its editor has instead."""
    async with house.database.session() as session:
        trial = await outbound.open_trial(session, actor, template, keys=house.resources.keys, **instead)
    assert trial is not None
    _, rows = await outbound.read_sample(actor, house.engine, trial)
    async with house.database.session() as session:
        return await outbound.preview_template(session, actor, trial, rows)


async def send(house: SmallHouse, template: Template, actor: Actor = ACTOR, **instead: Any) -> Any:
    """Send a test of the template."""
    async with house.database.session() as session:
        trial = await outbound.open_trial(session, actor, template, keys=house.resources.keys, **instead)
    assert trial is not None
    return await outbound.send_test(house.resources, house.engine, house.client, actor, trial)


async def test_preview_shows_the_request_and_hides_what_is_secret(house: SmallHouse) -> None:
    template = await make(house, "https://crm.example.com/v1")

    shown = (await preview(house, template)).request

    assert (shown.method, shown.url) == ("POST", "https://crm.example.com/v1/members/000000")
    headers = dict(shown.headers)
    assert headers["Authorization"] == "***"
    assert headers["X-Key"] == "***"
    assert headers["X-Balance"] == "0"
    assert msgspec.json.decode(shown.body)["name"] == "O'Neil 0"
    assert shown.size == len(shown.body.encode())
    assert TOKEN not in str(shown)
    assert "very-secret-value" not in str(shown)


async def test_preview_stands_still_and_follows_the_editor(house: SmallHouse) -> None:
    template = await make(house, "https://crm.example.com")
    batch = replace(SHAPE, url_path="all", headers=(), batch_size=10)

    first, second = await preview(house, template), await preview(house, template)
    changed = await preview(house, template, shape=batch)

    assert first == second
    assert changed.rows == 2
    assert len(msgspec.json.decode(changed.request.body)) == 2


async def test_preview_tells_the_place_of_a_fault(house: SmallHouse) -> None:
    template = await make(house, "https://crm.example.com")

    with pytest.raises(UnknownColumnError) as refused:
        await preview(house, template, shape=replace(SHAPE, body='{"id": "x {{ nobody }}"}'))
    assert refused.value.details["field"] == "body"
    with pytest.raises(TemplateError) as refused_header:
        await preview(house, template, shape=replace(SHAPE, headers=(Header("X-A", "a\r\nB: c"),)))
    assert refused_header.value.details["field"] == "headers"


async def test_row_that_makes_no_request_is_told(house: SmallHouse) -> None:
    template = await make(house, "https://crm.example.com", shape=replace(SHAPE, url_path="{{ first_name | int }}"))

    found = await preview(house, template)

    assert found.request is None
    assert "int" in found.failures[0].message


async def test_masked_header_keeps_its_value_when_saved(house: SmallHouse) -> None:
    template = await make(house, "https://crm.example.com")
    masked = replace(SHAPE, headers=(Header("x-key", "***", secret=True),))
    async with house.database.session() as session:
        saved = await outbound.update_template(
            session, ACTOR, template, TemplateChange(shape=masked), keys=house.resources.keys
        )
        assert saved.shape.headers == (Header("x-key", "***", secret=True),)
        given = {"X-Key": "very-secret-value"}
        assert not await outbound.differing_headers(
            session, ACTOR, template.chain_id, template.id, given, keys=house.resources.keys
        )
        bare = replace(SHAPE, headers=(Header("x-key", "***"),))
        with pytest.raises(TemplateError, match="enter the value again"):
            await outbound.update_template(session, ACTOR, saved, TemplateChange(shape=bare), keys=house.resources.keys)


async def test_sent_test_arrives_and_leaves_its_traces(house: SmallHouse) -> None:
    echo = f'{{"seen": "{TOKEN}", "key": "very-secret-value"}}'.encode()
    async with run_receiver(lambda _: Reply(201, {"X-Echo": "very-secret-value"}, body=echo)) as receiver:
        template = await make(house, receiver.url)
        sent = await send(house, template)

    (arrived,) = receiver.received
    assert arrived.headers["authorization"] == f"Bearer {TOKEN}"
    assert arrived.headers["x-key"] == "very-secret-value"
    assert sent.result.status == 201
    assert TOKEN not in sent.request + sent.answer
    assert "very-secret-value" not in sent.request + sent.answer + repr(sent)
    assert sent.answer.startswith("HTTP 201")
    assert template.profile_id is not None
    async with house.database.session() as session:
        calls = await list_calls(session, ACTOR, template.chain_id, template.profile_id)
        assert [(call.kind, call.passed, call.status) for call in calls] == [("send_test", True, 201)]
        entries = (await session.execute(text("SELECT after FROM audit_entries WHERE action = 'test_sent'"))).scalars()
        assert [entry["status"] for entry in entries] == [201]


async def test_refused_test_is_a_call_that_failed(house: SmallHouse) -> None:
    async with run_receiver(lambda _: Reply(500)) as receiver:
        template = await make(house, receiver.url)
        sent = await send(house, template)
    assert template.profile_id is not None
    async with house.database.session() as session:
        (call,) = await list_calls(session, ACTOR, template.chain_id, template.profile_id)
    assert sent.result.status == 500
    assert (call.passed, call.code) == (False, "status_500")


async def test_query_without_rows_has_nothing_to_send(house: SmallHouse) -> None:
    template = await make(house, "http://127.0.0.1:9", members=0)

    assert (await preview(house, template)).request is None
    with pytest.raises(SampleMissingError, match="no rows"):
        await send(house, template)


async def test_personal_rows_are_for_those_who_may_see_members(house: SmallHouse) -> None:
    template = await make(house, "https://crm.example.com")
    allowed = frozenset({"http-templates:write", "queries:read", "connection-profiles:read"})
    author = Actor(ActorKind.USER, None, "Rita", chains=frozenset({template.chain_id}), permissions=allowed)

    with pytest.raises(DeniedError, match="members:read"):
        await preview(house, template, author)
    with pytest.raises(DeniedError, match="members:read"):
        await send(house, template, author)
    stranger = Actor(ActorKind.USER, None, "Charlie", chains=frozenset())
    with pytest.raises(NotFoundError):
        await preview(house, template, stranger)


async def test_draft_is_kept_whatever_it_lacks_and_used_nowhere(house: SmallHouse) -> None:
    whole = await make(house, "https://crm.example.com")
    chain = whole.chain_id
    async with house.database.session() as session:
        draft = await outbound.create_template(
            session, ACTOR, chain_id=chain, new=NewTemplate("New", draft=True), keys=house.resources.keys
        )
        assert (draft.ready, draft.query_id, draft.profile_id, draft.shape.method) == (False, None, None, "POST")
        with pytest.raises(TemplateIncompleteError):
            await outbound.get_usable_template(session, ACTOR, chain, draft.id)
        broken = TemplateChange(shape=TemplateShape(Method.POST, body='{"half": '), draft=True)
        kept = await outbound.update_template(session, ACTOR, draft, broken, keys=house.resources.keys)
        assert kept.shape.body == '{"half": '
        assert not kept.ready
        change = TemplateChange(query=whole.query_id, profile=whole.profile_id)
        with pytest.raises(TemplateError):
            await outbound.update_template(session, ACTOR, kept, change, keys=house.resources.keys)
        change = replace(change, shape=SHAPE)
        assert (await outbound.update_template(session, ACTOR, kept, change, keys=house.resources.keys)).ready


async def test_ready_template_never_becomes_a_draft(house: SmallHouse) -> None:
    template = await make(house, "https://crm.example.com")
    async with house.database.session() as session:
        change = TemplateChange(shape=TemplateShape(Method.POST, body="{"), draft=True)
        with pytest.raises(TemplateError):
            await outbound.update_template(session, ACTOR, template, change, keys=house.resources.keys)


async def test_what_is_missing_is_named_by_its_field(house: SmallHouse) -> None:
    template = await make(house, "https://crm.example.com")
    async with house.database.session() as session:
        with pytest.raises(SettingsInvalidError) as refused:
            await outbound.create_template(
                session,
                ACTOR,
                chain_id=template.chain_id,
                new=NewTemplate("Bare", shape=SHAPE),
                keys=house.resources.keys,
            )
    faults = refused.value.details["faults"]
    assert isinstance(faults, dict)
    assert set(faults) == {"query_id", "profile_id"}
