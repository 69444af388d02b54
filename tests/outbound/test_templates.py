"""Saved templates: compiled when saved, found by their own chain only, shaped the same after JSON."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from sqlalchemy import text
from tests.builders.places import OWNER, POLICY, Place

from tessera import connectors, outbound
from tessera.connectors import NewProfile, Profile, ProfileChange
from tessera.connectors.errors import ProfileDisabledError, ProfileNotFoundError, UrlNotAllowedError
from tessera.outbound import NewTemplate, Template, TemplateChange, TemplateFilter
from tessera.outbound.errors import TemplateNotFoundError
from tessera.outbound.header_seals import reseal_templates
from tessera.outbound.rendering import Header, Method, TemplateShape
from tessera.outbound.rendering.errors import TemplateError, UnknownColumnError
from tessera.platform.assets.errors import SettingsInvalidError, VersionConflictError
from tessera.platform.clock import now
from tessera.platform.db import Database, Session
from tessera.platform.errors import DeniedError, NotFoundError
from tessera.platform.http import OutboundClient
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyNotFoundError, KeyRing
from tessera.platform.secrets.rings import make_key

SHAPE = TemplateShape(Method.POST, url_path="/members", body='{"id": "{{ id }}", "n": "{{ balance }}"}', batch_size=50)


async def create_profile(session: Session, place: Place, keys: KeyRing, **given: Any) -> Profile:
    """Create a profile without credentials."""
    new = replace(NewProfile("http_api", "none", "CRM", settings={"base_url": "https://api.example.com"}), **given)
    return await connectors.create_profile(session, OWNER, chain_id=place.chain_id, new=new, keys=keys, policy=POLICY)


async def create(
    session: Session, place: Place, keys: KeyRing, profile: Profile, shape: TemplateShape = SHAPE
) -> Template:
    """Create a template."""
    new = NewTemplate("Members", place.query.id, profile.internal_name, shape)
    return await outbound.create_template(session, OWNER, chain_id=place.chain_id, new=new, keys=keys)


async def test_template_comes_back_as_it_was_saved(database: Database, place: Place, keys: KeyRing) -> None:
    shape = replace(SHAPE, headers=(Header("X-A", "1", secret=True),), success_statuses=((200, 299), (409, 409)))
    async with database.session() as session:
        profile = await create_profile(session, place, keys)
        made = await create(session, place, keys, profile, shape)
        read = await outbound.get_template(session, OWNER, place.chain_id, "MEMBERS")
    assert made == read
    assert made.shape == replace(shape, headers=(Header("X-A", "***", secret=True),))
    assert (made.query_label, made.profile_label, made.template_type) == ("Members", "CRM", "outbound_api")
    assert outbound.read_shape(msgspec.to_builtins(made.shape)) == made.shape


async def test_outsider_finds_nothing(database: Database, place: Place, keys: KeyRing) -> None:
    outsider = place.outsider
    async with database.session() as session:
        profile = await create_profile(session, place, keys)
        made = await create(session, place, keys, profile)
        assert (await outbound.list_templates(session, outsider)).items == []
        assert (await outbound.list_templates(session, outsider, TemplateFilter(place.chain_id))).items == []
        with pytest.raises(TemplateNotFoundError):
            await outbound.get_template(session, outsider, place.chain_id, made.id)
        with pytest.raises(TemplateNotFoundError):
            await outbound.get_template(session, outsider, place.other_id, made.id)
        with pytest.raises(TemplateNotFoundError):
            await outbound.update_template(session, outsider, made, TemplateChange(label="x"), keys=keys)
        with pytest.raises(TemplateNotFoundError):
            await outbound.copy_template(session, outsider, place.chain_id, made.id)
        with pytest.raises(TemplateNotFoundError):
            await outbound.delete_template(session, outsider, place.chain_id, made.id)
        new = NewTemplate("Theft", place.query.id, profile.id, SHAPE)
        with pytest.raises(NotFoundError):
            await outbound.create_template(session, outsider, chain_id=place.chain_id, new=new, keys=keys)


async def test_choosing_a_profile_needs_to_see_it(database: Database, place: Place, keys: KeyRing) -> None:
    writer = place.reader("http-templates:write", "queries:read")
    async with database.session() as session:
        profile = await create_profile(session, place, keys)
        with pytest.raises(DeniedError, match="connection-profiles:read"):
            await outbound.create_template(
                session,
                writer,
                chain_id=place.chain_id,
                new=NewTemplate("M", place.query.id, profile.id, SHAPE),
                keys=keys,
            )


async def test_unknown_column_is_refused_when_saved(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        profile = await create_profile(session, place, keys)
        with pytest.raises(UnknownColumnError, match='Body at /x, character 3: there is no column "email"'):
            await create(session, place, keys, profile, replace(SHAPE, body='{"x": "{{ email }}"}'))
        made = await create(session, place, keys, profile)
        with pytest.raises(UnknownColumnError):
            await outbound.update_template(
                session, OWNER, made, TemplateChange(shape=replace(SHAPE, body='"{{ email }}"')), keys=keys
            )


async def test_missing_columns_are_listed_whatever_is_sealed(database: Database, place: Place, keys: KeyRing) -> None:
    shape = replace(SHAPE, headers=(Header("X-Key", "key-{{ id }}", secret=True),), batch_size=1)
    async with database.session() as session:
        made = await create(session, place, keys, await create_profile(session, place, keys), shape)
        missing = await outbound.missing_columns(session, OWNER, made, (), keys=keys)
        assert await outbound.missing_columns(session, OWNER, made, place.query.columns, keys=keys) == ()
    assert missing == ("balance", "id")


async def test_unusable_profile_cannot_be_chosen(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        for given in ({"enabled": False}, {"settings": {}, "draft": True}):
            profile = await create_profile(session, place, keys, **given)
            with pytest.raises(ProfileDisabledError):
                await create(session, place, keys, profile)


async def test_two_query_strings_are_refused(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        profile = await create_profile(session, place, keys, settings={"base_url": "https://api.example.com/?v=1"})
        with pytest.raises(UrlNotAllowedError, match="query string"):
            await create(session, place, keys, profile, replace(SHAPE, url_path="/m?x=1"))


async def test_request_without_body_carries_one_row(database: Database, place: Place, keys: KeyRing) -> None:
    shape = TemplateShape(Method.GET, url_path="/m/{{ id }}", batch_size=100)
    async with database.session() as session:
        profile = await create_profile(session, place, keys)
        assert (await create(session, place, keys, profile, shape)).shape.batch_size == 1


async def test_changes_are_kept_and_noted(database: Database, place: Place, keys: KeyRing) -> None:
    shape = replace(SHAPE, headers=(Header("X-Key", "canary-1", secret=True),))
    async with database.session() as session:
        profile = await create_profile(session, place, keys)
        made = await create(session, place, keys, profile, shape)
        new_shape = replace(shape, batch_size=100, headers=(Header("X-Key", "canary-2", secret=True),))
        changed = await outbound.update_template(
            session, OWNER, made, TemplateChange(label="M2", shape=new_shape, version=1), keys=keys
        )
        with pytest.raises(VersionConflictError):
            await outbound.update_template(session, OWNER, made, TemplateChange(label="M3", version=1), keys=keys)
        statement = text("SELECT before, after, e::text AS row FROM audit_entries e WHERE object_id = :id ORDER BY id")
        entries = (await session.execute(statement, {"id": made.id})).all()
    assert (changed.label, changed.shape.batch_size, changed.version) == ("M2", 100, 2)
    masked = [{"name": "X-Key", "value": "***", "secret": True}]
    assert entries[1].before == {"label": "Members", "batch_size": 50, "headers": masked}
    assert entries[1].after == {"label": "M2", "batch_size": 100, "headers": masked}
    assert not any("canary" in entry.row for entry in entries)


async def test_copy_gets_the_next_number(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        profile = await create_profile(session, place, keys)
        made = await create(session, place, keys, profile)
        copy = await outbound.copy_template(session, OWNER, place.chain_id, made.id)
        listed = await outbound.list_templates(session, OWNER, TemplateFilter(place.chain_id, search="mem"))
    assert (copy.label, copy.internal_name, copy.shape) == ("Members (1)", "members_1", made.shape)
    assert [template.label for template in listed.items] == ["Members", "Members (1)"]


async def test_profile_of_another_chain_is_not_found(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        new = NewProfile("http_api", "none", "Theirs", settings={"base_url": "https://api.example.com"})
        theirs = await connectors.create_profile(
            session, OWNER, chain_id=place.other_id, new=new, keys=keys, policy=POLICY
        )
        with pytest.raises(ProfileNotFoundError):
            await outbound.create_template(
                session,
                OWNER,
                chain_id=place.chain_id,
                new=NewTemplate("M", place.query.id, theirs.id, SHAPE),
                keys=keys,
            )


@pytest.mark.parametrize(
    "plain", [{}, {"method": "HEAD"}, {"method": "GET", "path": "/"}, {"method": "GET", "batch_size": "many"}]
)
def test_malformed_shape_is_refused(plain: dict[str, Any]) -> None:
    with pytest.raises(TemplateError, match="Template"):
        outbound.read_shape(plain)


CANARY = "canary-6f1d"
SEALED = replace(SHAPE, headers=(Header("X-Key", CANARY, secret=True), Header("X-Team", "blue")))


async def stored_of(session: Session, template: Template) -> dict[str, Any]:
    """Return the template's shape as the database has it."""
    statement = text("SELECT shape FROM http_templates WHERE id = :id")
    shape: dict[str, Any] = await session.scalar(statement, {"id": template.id})
    return shape


async def test_secret_header_is_sealed_and_an_unchanged_one_stays_as_it_is(
    database: Database, place: Place, keys: KeyRing
) -> None:
    kept = replace(SEALED, headers=(Header("x-key", "***", secret=True), Header("X-Team", "red")))
    again = replace(SEALED, headers=(Header("x-key", CANARY, secret=True), Header("X-Team", "red")))
    async with database.session() as session:
        made = await create(session, place, keys, await create_profile(session, place, keys), SEALED)
        first = (await stored_of(session, made))["headers"]
        for shape in (kept, again):
            await outbound.update_template(session, OWNER, made, TemplateChange(shape=shape), keys=keys)
        await outbound.update_template(session, OWNER, made, TemplateChange(label="New"), keys=keys)
        last = (await stored_of(session, made))["headers"]
        entries = await session.scalars(text("SELECT after FROM audit_entries WHERE action = 'updated' ORDER BY id"))
        changes = [sorted(entry) for entry in entries if entry]
    assert first[0]["value"].startswith("v1.")
    assert CANARY not in str(first)
    assert [line["value"] for line in last] == [first[0]["value"], "red"]
    assert changes == [["headers"], ["label"]]


async def test_copy_has_the_same_secret(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        made = await create(session, place, keys, await create_profile(session, place, keys), SEALED)
        copy = await outbound.copy_template(session, OWNER, place.chain_id, made.id)
        for name, value, differs in (("X-KEY", CANARY, False), ("X-Key", "other", True), ("X-Other", CANARY, True)):
            found = await outbound.differing_headers(session, OWNER, place.chain_id, copy.id, {name: value}, keys=keys)
            assert found == ({name} if differs else set())


async def test_rotation_reseals_templates(database: Database, place: Place, keys: KeyRing) -> None:
    rotated = KeyRing([*keys.keys, make_key(now())])
    async with database.session() as session:
        made = await create(session, place, keys, await create_profile(session, place, keys), SEALED)
        await outbound.copy_template(session, OWNER, place.chain_id, made.id)
        assert await reseal_templates(session, rotated) == 2
        assert await reseal_templates(session, rotated) == 0
        only_new = KeyRing([rotated.newest])
        given = {"X-Key": CANARY}
        assert not await outbound.differing_headers(session, OWNER, place.chain_id, made.id, given, keys=only_new)


async def test_secret_whose_key_is_lost_can_be_given_anew(database: Database, place: Place, keys: KeyRing) -> None:
    others = KeyRing([make_key(now())])
    async with database.session() as session:
        made = await create(session, place, keys, await create_profile(session, place, keys), SEALED)
        masked = TemplateChange(shape=replace(SEALED, headers=(Header("X-Key", "***", secret=True),)))
        with pytest.raises(KeyNotFoundError):
            await outbound.update_template(session, OWNER, made, masked, keys=others)
        await outbound.update_template(session, OWNER, made, TemplateChange(shape=SEALED), keys=others)
        given = {"X-Key": CANARY}
        assert not await outbound.differing_headers(session, OWNER, place.chain_id, made.id, given, keys=others)


async def test_secret_header_does_not_follow_to_another_profile(
    database: Database, place: Place, keys: KeyRing
) -> None:
    shape = replace(SHAPE, headers=(Header("X-Key", "canary", secret=True),))
    masked = replace(shape, headers=(Header("X-Key", "***", secret=True),))
    elsewhere = NewProfile("http_api", "none", "Elsewhere", settings={"base_url": "https://elsewhere.example.net"})
    async with database.session() as session:
        profile = await create_profile(session, place, keys)
        same = await create_profile(
            session, place, keys, label="Same", settings={"base_url": "https://api.example.com/b"}
        )
        other = await connectors.create_profile(
            session, OWNER, chain_id=place.chain_id, new=elsewhere, keys=keys, policy=POLICY
        )
        made = await create(session, place, keys, profile, shape)
        copy = await outbound.copy_template(session, OWNER, place.chain_id, made.id)
        for template in (made, copy):
            for change in (TemplateChange(profile=other.id), TemplateChange(profile=other.id, shape=masked)):
                with pytest.raises(TemplateError, match="does not follow"):
                    await outbound.update_template(session, OWNER, template, change, keys=keys)
        with pytest.raises(TemplateError, match="does not follow"):
            await outbound.open_trial(session, OWNER, made, profile=other.id, shape=masked, keys=keys)
        made = await outbound.update_template(session, OWNER, made, TemplateChange(profile=same.id), keys=keys)
        change = TemplateChange(profile=other.id, shape=shape)
        made = await outbound.update_template(session, OWNER, made, change, keys=keys)
    assert made.profile_id == other.id


async def test_profile_does_not_take_secret_headers_elsewhere(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        profile = await create_profile(session, place, keys)
        await create(session, place, keys, profile, replace(SHAPE, headers=(Header("X-Key", "canary", secret=True),)))
        with pytest.raises(SettingsInvalidError, match="Templates send secret headers there: Members"):
            await move_profile(session, profile, keys, "https://elsewhere.example.net")
        moved = await move_profile(session, profile, keys, "https://api.example.com/v2")
    assert moved.settings["base_url"] == "https://api.example.com/v2"


async def test_run_takes_secret_headers_nowhere_else(
    database: Database, place: Place, keys: KeyRing, resources: Resources
) -> None:
    client = OutboundClient()
    async with database.session() as session:
        profile = await create_profile(session, place, keys)
        shape = replace(SHAPE, headers=(Header("X-Key", "canary", secret=True),))
        made = await create(session, place, keys, profile, shape)
        stored = await outbound.get_stored_shape(session, OWNER, made)
        kept = outbound.complete_shape(profile, stored, ["id"])
        opening: dict[str, Any] = {
            "chain_id": place.chain_id,
            "profile_id": profile.id,
            "resources": resources,
            "client": client,
        }
        await outbound.open_sender(session, OWNER, **opening, shape=kept)
        outbound.make_renderer(
            "http_api", kept, [("id", "int8"), ("balance", "int8")], chain_id=place.chain_id, keys=keys
        )
        # Once the template has no secret any more the profile may move; the run still carries the header.
        await outbound.update_template(session, OWNER, made, TemplateChange(shape=SHAPE), keys=keys)
        await move_profile(session, profile, keys, "https://elsewhere.example.net")
        with pytest.raises(ProfileDisabledError, match="do not follow"):
            await outbound.open_sender(session, OWNER, **opening, shape=kept)
    await client.close()


async def move_profile(session: Session, profile: Profile, keys: KeyRing, url: str) -> Profile:
    """Change a profile's address."""
    change = ProfileChange(settings={"base_url": url})
    return await connectors.update_profile(session, OWNER, profile, change, keys=keys, policy=POLICY)
