"""Saved templates: compiled when saved, found by their own chain only, shaped the same after JSON."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from sqlalchemy import text
from tests.integrations.places import OWNER, POLICY, Place

from tessera import integrations
from tessera.integrations import (
    NewProfile,
    NewTemplate,
    Profile,
    Template,
    TemplateChange,
    TemplateFilter,
    TemplateShape,
)
from tessera.integrations.errors import (
    ProfileDisabledError,
    ProfileNotFoundError,
    TemplateError,
    TemplateNotFoundError,
    UnknownColumnError,
    UrlNotAllowedError,
    VersionMismatchError,
)
from tessera.integrations.rendering import Header, Method
from tessera.platform.db import Database, Session
from tessera.platform.errors import DeniedError, NotFoundError
from tessera.platform.secrets import KeyRing

SHAPE = TemplateShape(Method.POST, url_path="/members", body='{"id": "{{ id }}", "n": "{{ balance }}"}', batch_size=50)


async def create_profile(session: Session, place: Place, keys: KeyRing, **given: Any) -> Profile:
    """Create a profile without credentials."""
    new = replace(NewProfile("http_api", "none", "CRM", settings={"base_url": "https://api.example.com"}), **given)
    return await integrations.create_profile(session, OWNER, chain_id=place.chain_id, new=new, keys=keys, policy=POLICY)


async def create(session: Session, place: Place, profile: Profile, shape: TemplateShape = SHAPE) -> Template:
    """Create a template."""
    new = NewTemplate("Members", place.query.id, profile.internal_name, shape)
    return await integrations.create_template(session, OWNER, chain_id=place.chain_id, new=new)


async def test_template_comes_back_as_it_was_saved(database: Database, place: Place, keys: KeyRing) -> None:
    shape = replace(SHAPE, headers=(Header("X-A", "1", secret=True),), success_statuses=((200, 299), (409, 409)))
    async with database.session() as session:
        profile = await create_profile(session, place, keys)
        made = await create(session, place, profile, shape)
        read = await integrations.get_template(session, OWNER, place.chain_id, "MEMBERS")
    assert made == read
    assert made.shape == shape
    assert (made.query_label, made.profile_label, made.template_type) == ("Members", "CRM", "outbound_api")
    assert integrations.read_shape(msgspec.to_builtins(made.shape)) == shape


async def test_outsider_finds_nothing(database: Database, place: Place, keys: KeyRing) -> None:
    outsider = place.outsider
    async with database.session() as session:
        profile = await create_profile(session, place, keys)
        made = await create(session, place, profile)
        assert (await integrations.list_templates(session, outsider)).items == []
        assert (await integrations.list_templates(session, outsider, TemplateFilter(place.chain_id))).items == []
        with pytest.raises(TemplateNotFoundError):
            await integrations.get_template(session, outsider, place.chain_id, made.id)
        with pytest.raises(TemplateNotFoundError):
            await integrations.get_template(session, outsider, place.other_id, made.id)
        with pytest.raises(TemplateNotFoundError):
            await integrations.update_template(session, outsider, made, TemplateChange(label="x"))
        with pytest.raises(TemplateNotFoundError):
            await integrations.copy_template(session, outsider, place.chain_id, made.id)
        with pytest.raises(TemplateNotFoundError):
            await integrations.delete_template(session, outsider, place.chain_id, made.id)
        new = NewTemplate("Theft", place.query.id, profile.id, SHAPE)
        with pytest.raises(NotFoundError):
            await integrations.create_template(session, outsider, chain_id=place.chain_id, new=new)


async def test_choosing_a_profile_needs_to_see_it(database: Database, place: Place, keys: KeyRing) -> None:
    writer = place.reader("http-templates:write", "queries:read")
    async with database.session() as session:
        profile = await create_profile(session, place, keys)
        with pytest.raises(DeniedError, match="connection-profiles:read"):
            await integrations.create_template(
                session, writer, chain_id=place.chain_id, new=NewTemplate("M", place.query.id, profile.id, SHAPE)
            )


async def test_unknown_column_is_refused_when_saved(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        profile = await create_profile(session, place, keys)
        with pytest.raises(UnknownColumnError, match='Body at /x, character 3: there is no column "email"'):
            await create(session, place, profile, replace(SHAPE, body='{"x": "{{ email }}"}'))
        made = await create(session, place, profile)
        with pytest.raises(UnknownColumnError):
            await integrations.update_template(
                session, OWNER, made, TemplateChange(shape=replace(SHAPE, body='"{{ email }}"'))
            )


async def test_missing_columns_are_listed(place: Place) -> None:
    shape = replace(SHAPE, body='["{{ id }}", "{{ zeta }}", "{{ row[\'a b\'] }}"]')
    assert integrations.missing_columns(shape, place.query.columns) == ("a b", "zeta")


async def test_unusable_profile_cannot_be_chosen(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        for given in ({"enabled": False}, {"settings": {}, "draft": True}):
            profile = await create_profile(session, place, keys, **given)
            with pytest.raises(ProfileDisabledError):
                await create(session, place, profile)


async def test_two_query_strings_are_refused(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        profile = await create_profile(session, place, keys, settings={"base_url": "https://api.example.com/?v=1"})
        with pytest.raises(UrlNotAllowedError, match="query string"):
            await create(session, place, profile, replace(SHAPE, url_path="/m?x=1"))


async def test_request_without_body_carries_one_row(database: Database, place: Place, keys: KeyRing) -> None:
    shape = TemplateShape(Method.GET, url_path="/m/{{ id }}", batch_size=100)
    async with database.session() as session:
        profile = await create_profile(session, place, keys)
        assert (await create(session, place, profile, shape)).shape.batch_size == 1


async def test_changes_are_kept_and_noted(database: Database, place: Place, keys: KeyRing) -> None:
    shape = replace(SHAPE, headers=(Header("X-Key", "canary-1", secret=True),))
    async with database.session() as session:
        profile = await create_profile(session, place, keys)
        made = await create(session, place, profile, shape)
        new_shape = replace(shape, batch_size=100, headers=(Header("X-Key", "canary-2", secret=True),))
        changed = await integrations.update_template(
            session, OWNER, made, TemplateChange(label="M2", shape=new_shape, version=1)
        )
        with pytest.raises(VersionMismatchError):
            await integrations.update_template(session, OWNER, made, TemplateChange(label="M3", version=1))
        statement = text("SELECT before, after, e::text AS row FROM audit_entries e WHERE object_id = :id ORDER BY id")
        entries = (await session.execute(statement, {"id": made.id})).all()
    assert (changed.label, changed.shape, changed.version) == ("M2", new_shape, 2)
    masked = [{"name": "X-Key", "value": "***", "secret": True}]
    assert entries[1].before == {"label": "Members", "batch_size": 50, "headers": masked}
    assert entries[1].after == {"label": "M2", "batch_size": 100, "headers": masked}
    assert not any("canary" in entry.row for entry in entries)


async def test_copy_gets_the_next_number(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        profile = await create_profile(session, place, keys)
        made = await create(session, place, profile)
        copy = await integrations.copy_template(session, OWNER, place.chain_id, made.id)
        listed = await integrations.list_templates(session, OWNER, TemplateFilter(place.chain_id, search="mem"))
    assert (copy.label, copy.internal_name, copy.shape) == ("Members (1)", "members_1", made.shape)
    assert [template.label for template in listed.items] == ["Members", "Members (1)"]


async def test_profile_of_another_chain_is_not_found(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        new = NewProfile("http_api", "none", "Theirs", settings={"base_url": "https://api.example.com"})
        theirs = await integrations.create_profile(
            session, OWNER, chain_id=place.other_id, new=new, keys=keys, policy=POLICY
        )
        with pytest.raises(ProfileNotFoundError):
            await integrations.create_template(
                session, OWNER, chain_id=place.chain_id, new=NewTemplate("M", place.query.id, theirs.id, SHAPE)
            )


@pytest.mark.parametrize(
    "plain", [{}, {"method": "HEAD"}, {"method": "GET", "path": "/"}, {"method": "GET", "batch_size": "many"}]
)
def test_malformed_shape_is_refused(plain: dict[str, Any]) -> None:
    with pytest.raises(TemplateError, match="Template"):
        integrations.read_shape(plain)
