"""Connection profiles: what may be saved, who may see it, and that no secret ever comes back."""

from dataclasses import asdict, replace
from typing import Any

import pytest
from sqlalchemy import text
from tests.builders.places import OWNER, POLICY, Place

from tessera import connectors, outbound
from tessera.connectors import AddressPolicy, NewProfile, Profile, ProfileChange, ProfileFilter
from tessera.connectors.errors import ProfileDisabledError, ProfileNotFoundError, UrlNotAllowedError, VariantFrozenError
from tessera.connectors.profiles import check_usable, find_row
from tessera.connectors.sealed_secrets import open_secrets
from tessera.platform.actors import Actor
from tessera.platform.assets.errors import (
    ChainNotFoundError,
    InUseError,
    NameAmbiguousError,
    NameInvalidError,
    NameTakenError,
    SettingsInvalidError,
    VersionConflictError,
)
from tessera.platform.clock import now
from tessera.platform.db import Database, Session
from tessera.platform.errors import DeniedError
from tessera.platform.secrets import KeyRing
from tessera.platform.secrets.rings import make_key

CANARY = "canary-7f3a9"
BEARER = {"base_url": "https://api.example.com/v1", "token": CANARY}


async def create(session: Session, place: Place, keys: KeyRing, label: str = "CRM", **given: Any) -> Profile:
    """Create a bearer profile of the first chain, or another one where told."""
    new = replace(NewProfile("http_api", "bearer", label, settings=BEARER), **given)
    return await connectors.create_profile(session, OWNER, chain_id=place.chain_id, new=new, keys=keys, policy=POLICY)


async def change(session: Session, profile: Profile, keys: KeyRing, **given: Any) -> Profile:
    """Change a profile."""
    return await connectors.update_profile(session, OWNER, profile, ProfileChange(**given), keys=keys, policy=POLICY)


async def secrets_of(session: Session, place: Place, profile: Profile, keys: KeyRing) -> dict[str, str]:
    """Open a profile's secrets, as only a sender does."""
    row = await find_row(session, OWNER, place.chain_id, profile.id)
    return open_secrets(row["secrets"], profile_id=profile.id, keys=keys)


async def test_profile_comes_back_without_its_secret(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        made = await create(session, place, keys, "Über CRM!")
        read = await connectors.get_profile(session, OWNER, place.chain_id, "UBER_CRM")
        stored = await session.scalar(text("SELECT connection_profiles::text FROM connection_profiles"))
    assert made == read
    assert (made.internal_name, made.state, made.enabled, made.version) == ("uber_crm", "ready", True, 1)
    assert list(made.secrets) == ["token"]
    assert made.settings["read_timeout_seconds"] == 30
    assert CANARY not in repr(asdict(made)) + str(stored)


async def test_trail_and_news_hold_no_secret(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        made = await create(session, place, keys)
        await change(session, made, keys, settings={"token": f"{CANARY}-2"}, label="CRM 2")
        entries = (
            await session.execute(
                text("SELECT action, before, after, e::text FROM audit_entries e WHERE object_id = :id ORDER BY id"),
                {"id": made.id},
            )
        ).all()
        events = (
            await session.execute(
                text("SELECT name, e::text FROM events e WHERE subject_id = :id ORDER BY sequence"), {"id": made.id}
            )
        ).all()
    assert [entry.action for entry in entries] == ["created", "updated"]
    assert entries[1].before == {"label": "CRM", "token": "***"}
    assert entries[1].after == {"label": "CRM 2", "token": "***"}
    assert [event.name for event in events] == ["connection_profile.created", "connection_profile.updated"]
    assert not any(CANARY in row[-1] for row in (*entries, *events))


async def test_outsider_finds_nothing(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        made = await create(session, place, keys)
        outsider = place.outsider
        assert (await connectors.list_profiles(session, outsider)).items == []
        assert (await connectors.list_profiles(session, outsider, ProfileFilter(place.chain_id))).items == []
        with pytest.raises(ProfileNotFoundError):
            await connectors.get_profile(session, outsider, place.chain_id, made.id)
        with pytest.raises(ProfileNotFoundError):
            await connectors.get_profile(session, outsider, place.other_id, made.id)
        with pytest.raises(ProfileNotFoundError):
            await connectors.delete_profile(session, outsider, place.chain_id, made.id)
        with pytest.raises(ProfileNotFoundError):
            await connectors.copy_profile(session, outsider, place.chain_id, made.id, keys=keys)
        with pytest.raises(ProfileNotFoundError):
            await connectors.update_profile(session, outsider, made, ProfileChange(label="x"), keys=keys, policy=POLICY)
        with pytest.raises(ChainNotFoundError):
            await connectors.create_profile(
                session,
                outsider,
                chain_id=place.chain_id,
                new=NewProfile("http_api", "none", "x"),
                keys=keys,
                policy=POLICY,
            )


async def test_levels_are_asked_for(database: Database, place: Place, keys: KeyRing) -> None:
    reader, writer = place.reader("connection-profiles:read"), place.reader("connection-profiles:write")
    async with database.session() as session:
        made = await create(session, place, keys)
        await connectors.get_profile(session, reader, place.chain_id, made.id)
        with pytest.raises(DeniedError):
            await connectors.copy_profile(session, reader, place.chain_id, made.id, keys=keys)
        await connectors.copy_profile(session, writer, place.chain_id, made.id, keys=keys)
        with pytest.raises(DeniedError):
            await connectors.delete_profile(session, writer, place.chain_id, made.id)


@pytest.mark.parametrize(
    ("variant", "settings", "fault"),
    [
        ("bearer", {"base_url": "https://x.example"}, "token"),
        ("bearer", {"token": "abc"}, "base_url"),
        ("bearer", {**BEARER, "token": "a b"}, "token"),
        ("bearer", {**BEARER, "token": "a\nb"}, "token"),
        ("basic", {"base_url": "https://x.example", "username": "a:b", "password": "c"}, "username"),
        ("basic", {"base_url": "https://x.example", "username": "a", "password": "c\r\nd"}, "password"),
        ("none", {"base_url": "https://x.example", "token": "abc"}, "token"),
        ("none", {"base_url": "https://x.example", "read_timeout_seconds": 301}, "read_timeout_seconds"),
        ("none", {"base_url": "https://x.example", "connect_timeout_seconds": "soon"}, "connect_timeout_seconds"),
        ("none", {"base_url": "https://x.example", "max_concurrent_requests": 0}, "max_concurrent_requests"),
        ("none", {"base_url": "https://x.example", "static_headers": "X: 1"}, "static_headers"),
        (
            "none",
            {"base_url": "https://x.example", "static_headers": [{"name": "Host", "value": "x"}]},
            "static_headers",
        ),
        (
            "none",
            {"base_url": "https://x.example", "static_headers": [{"name": "X", "secret": True}]},
            "static_headers",
        ),
        (
            "none",
            {"base_url": "https://x.example", "static_headers": [{"name": "X", "value": "a\nb"}]},
            "static_headers",
        ),
        ("none", {"base_url": 5}, "base_url"),
        ("oauth2", {}, None),
    ],
)
async def test_wrong_settings_are_refused(
    database: Database, place: Place, keys: KeyRing, variant: str, settings: dict[str, Any], fault: str | None
) -> None:
    async with database.session() as session:
        with pytest.raises(SettingsInvalidError) as caught:
            await create(session, place, keys, variant=variant, settings=settings)
    assert caught.value.code == "validation_failed"
    assert fault is None or list(caught.value.details["faults"]) == [fault]  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "ftp://api.example.com",
        "api.example.com",
        "https://user:pass@api.example.com",
        "https://127.0.0.1/",
        "https://0x7f.1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest",
        "https://[64:ff9b::a00:1]/",
        "https://api.example.com/#part",
    ],
)
async def test_forbidden_address_is_refused_at_save(database: Database, place: Place, keys: KeyRing, url: str) -> None:
    async with database.session() as session:
        with pytest.raises(UrlNotAllowedError) as caught:
            await create(session, place, keys, settings={**BEARER, "base_url": url})
    assert caught.value.code == "url_not_allowed"
    assert "base_url" in caught.value.details["faults"]  # type: ignore[operator]


async def test_draft_may_be_filled_in_later(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        draft = await create(session, place, keys, settings={}, draft=True)
        with pytest.raises(ProfileDisabledError):
            check_usable(draft)
        with pytest.raises(SettingsInvalidError, match="Token"):
            await change(session, draft, keys, settings={"base_url": "https://x.example"})
        filled = await change(session, draft, keys, settings=BEARER)
    assert (draft.state, filled.state, filled.version) == ("incomplete", "ready", 2)


async def test_forbidden_profile_can_still_be_switched_off(database: Database, place: Place, keys: KeyRing) -> None:
    loose = AddressPolicy(allow_insecure_http=True)
    new = NewProfile("http_api", "none", "Old", settings={"base_url": "http://api.example.com"})
    async with database.session() as session:
        made = await connectors.create_profile(
            session, OWNER, chain_id=place.chain_id, new=new, keys=keys, policy=loose
        )
        with pytest.raises(UrlNotAllowedError):
            await change(session, made, keys, settings={"read_timeout_seconds": 5})
        assert not (await change(session, made, keys, enabled=False)).enabled


async def test_absent_stays_and_null_clears(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        made = await create(session, place, keys, settings={**BEARER, "max_requests_per_second": "50"})
        kept = await change(session, made, keys, settings={"read_timeout_seconds": 5})
        assert (kept.settings["max_requests_per_second"], kept.settings["read_timeout_seconds"]) == (50, 5)
        assert await secrets_of(session, place, kept, keys) == {"token": CANARY}
        cleared = await change(
            session, kept, keys, settings={"max_requests_per_second": None, "read_timeout_seconds": None}
        )
        assert (cleared.settings["max_requests_per_second"], cleared.settings["read_timeout_seconds"]) == (None, 30)
        with pytest.raises(SettingsInvalidError, match="Token"):
            await change(session, cleared, keys, settings={"token": None})


async def test_secret_header_is_sealed_and_kept(database: Database, place: Place, keys: KeyRing) -> None:
    headers = [{"name": "X-Key", "value": CANARY, "secret": True}, {"name": "X-Plain", "value": "seen"}]
    async with database.session() as session:
        made = await create(session, place, keys, settings={**BEARER, "static_headers": headers})
        again = [{"name": "X-Key", "secret": True}]
        kept = await change(session, made, keys, settings={"static_headers": again})
        opened = await secrets_of(session, place, kept, keys)
        gone = await change(session, kept, keys, settings={"static_headers": []})
    assert made.settings["static_headers"][0] == {"name": "X-Key", "value": None, "secret": True}
    assert opened == {"token": CANARY, "static_headers:x-key": CANARY}
    assert (list(kept.secrets), list(gone.secrets)) == (["token", "static_headers:x-key"], ["token"])


async def test_pasted_bearer_prefix_is_removed(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        made = await create(session, place, keys, settings={**BEARER, "token": "  Bearer abc.def== "})
        assert await secrets_of(session, place, made, keys) == {"token": "abc.def=="}


async def test_authentication_type_never_changes(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        made = await create(session, place, keys)
        with pytest.raises(VariantFrozenError):
            await change(session, made, keys, variant="basic")


async def test_second_of_two_changes_is_refused(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        made = await create(session, place, keys)
        await change(session, made, keys, label="A", version=made.version)
        with pytest.raises(VersionConflictError):
            await change(session, made, keys, label="B", version=made.version)


async def test_internal_names_are_unique_in_any_case(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        first = await create(session, place, keys, "CRM")
        second = await create(session, place, keys, "CRM")
        assert (first.internal_name, second.internal_name) == ("crm", "crm_1")
        with pytest.raises(NameTakenError):
            await create(session, place, keys, internal_name="Crm")
        with pytest.raises(NameTakenError):
            await change(session, second, keys, internal_name="CRM")
        for name in ("a b", "a-b", "é", ""):
            with pytest.raises(NameInvalidError):
                await change(session, second, keys, internal_name=name)
        assert (await change(session, second, keys, internal_name="Crm_2")).internal_name == "Crm_2"


async def test_label_is_trimmed_and_needed(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        assert (await create(session, place, keys, "  CRM ")).label == "CRM"
        for label in ("", "   ", "x" * 256, "a\nb"):
            with pytest.raises(SettingsInvalidError) as caught:
                await create(session, place, keys, label)
            assert caught.value.details["field"] == "label"


async def test_copy_takes_everything_along(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        made = await create(session, place, keys, "CRM")
        first = await connectors.copy_profile(session, OWNER, place.chain_id, made.id, keys=keys)
        second = await connectors.copy_profile(session, OWNER, place.chain_id, made.id, keys=keys)
        nested = await connectors.copy_profile(session, OWNER, place.chain_id, first.id, keys=keys)
        assert [copy.label for copy in (first, second, nested)] == ["CRM (1)", "CRM (2)", "CRM (1) (1)"]
        assert [copy.internal_name for copy in (first, second, nested)] == ["crm_1", "crm_2", "crm_1_1"]
        assert (first.settings, first.variant) == (made.settings, made.variant)
        assert await secrets_of(session, place, nested, keys) == {"token": CANARY}


async def test_list_searches_and_pages(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        for label in ("Beta", "alpha", "100% real"):
            await create(session, place, keys, label)
        page = await connectors.list_profiles(session, OWNER, ProfileFilter(place.chain_id), size=2)
        found = await connectors.list_profiles(session, OWNER, ProfileFilter(kind="http_api", search="LPH"))
        literal = await connectors.list_profiles(session, OWNER, ProfileFilter(place.chain_id, search="%"))
    assert ([item.label for item in page.items], page.total) == (["100% real", "alpha"], 3)
    assert [item.label for item in found.items] == ["alpha"]
    assert [item.label for item in literal.items] == ["100% real"]


@pytest.mark.parametrize(
    ("sort", "labels"),
    [
        ("label", "abc"),
        ("-label", "cba"),
        ("created", "bca"),
        ("-created", "acb"),
        ("-updated", "bac"),
        ("x; --", "abc"),
    ],
)
async def test_list_is_sorted(database: Database, place: Place, keys: KeyRing, sort: str, labels: str) -> None:
    made = {}
    for label in "bca":
        async with database.session() as session:
            made[label] = await create(session, place, keys, label)
    async with database.session() as session:
        await change(session, made["b"], keys, settings={"read_timeout_seconds": 5})
    async with database.session() as session:
        page = await connectors.list_profiles(session, OWNER, ProfileFilter(sort=sort), size=2)
        last = await connectors.list_profiles(session, OWNER, ProfileFilter(sort=sort), number=2, size=2)
    assert "".join(item.label for item in (*page.items, *last.items)) == labels


async def test_types_are_counted(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        await change(session, await create(session, place, keys), keys, enabled=False)
        await create(session, place, keys, settings={}, draft=True)
        counts = await connectors.count_profiles(session, OWNER, chain_id=place.chain_id)
        assert counts == {"http_api": {"total": 2, "incomplete": 1, "off": 1}}
        assert await connectors.count_profiles(session, place.outsider) == {}
        assert await connectors.count_profiles(session, place.outsider, chain_id=place.chain_id) == {}


async def test_every_fault_is_told_at_once(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        made = await create(session, place, keys)
        with pytest.raises(SettingsInvalidError) as caught:
            await change(session, made, keys, label="", internal_name="a b", settings={"base_url": "nowhere"})
        with pytest.raises(SettingsInvalidError) as created:
            await create(session, place, keys, label="", internal_name="crm", settings={})
    assert list(caught.value.details["faults"]) == ["label", "internal_name", "base_url"]  # type: ignore[call-overload]
    assert list(created.value.details["faults"]) == ["label", "internal_name", "base_url", "token"]  # type: ignore[call-overload]


async def test_name_of_several_chains_needs_its_chain(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        ours = await create(session, place, keys)
        assert await connectors.get_profile(session, OWNER, None, "crm") == ours
        new = NewProfile("http_api", "bearer", "CRM", settings=BEARER)
        await connectors.create_profile(session, OWNER, chain_id=place.other_id, new=new, keys=keys, policy=POLICY)
        with pytest.raises(NameAmbiguousError):
            await connectors.get_profile(session, OWNER, None, "crm")
        assert await connectors.get_profile(session, OWNER, place.chain_id, "crm") == ours


async def test_same_label_is_noticed(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        first = await create(session, place, keys)
        assert not await connectors.has_twin(session, OWNER, first)
        await create(session, place, keys)
        assert await connectors.has_twin(session, OWNER, first)


async def test_delete_waits_for_its_users(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        made = await create(session, place, keys)
        shape = outbound.read_shape({"method": "DELETE", "url_path": "/m/{{ id }}"})
        new = outbound.NewTemplate("Remove members", place.query.id, made.id, shape)
        template = await outbound.create_template(session, OWNER, chain_id=place.chain_id, new=new, keys=keys)
        assert (await connectors.get_profile(session, OWNER, place.chain_id, made.id)).used_by == 1
        (user,) = await connectors.list_profile_users(session, OWNER, made)
        assert (user.kind, user.id, user.label) == ("http_template", template.id, "Remove members")
        with pytest.raises(InUseError, match="Remove members"):
            await connectors.delete_profile(session, OWNER, place.chain_id, made.id)
        with pytest.raises(VersionConflictError):
            await connectors.delete_profile(session, OWNER, place.chain_id, made.id, version=7)
        await outbound.delete_template(session, OWNER, place.chain_id, template.id)
        await connectors.delete_profile(session, OWNER, place.chain_id, made.id)
        with pytest.raises(ProfileNotFoundError):
            await connectors.get_profile(session, OWNER, place.chain_id, made.id)


async def test_rotation_reseals_every_profile(database: Database, place: Place, keys: KeyRing) -> None:
    rotated = KeyRing([*keys.keys, make_key(now())])
    async with database.session() as session:
        made = [await create(session, place, keys, f"CRM {n}") for n in range(3)]
        assert await connectors.reseal_secrets(session, rotated) == 3
        assert await connectors.reseal_secrets(session, rotated) == 0
        only_new = KeyRing([rotated.newest])
        for profile in made:
            assert await secrets_of(session, place, profile, only_new) == {"token": CANARY}


async def test_stranger_may_not_be_passed_off_as_the_owner(database: Database, place: Place, keys: KeyRing) -> None:
    async with database.session() as session:
        made = await create(session, place, keys)
        disguised: Actor = place.outsider
        moved = replace(made, chain_id=place.other_id)
        with pytest.raises(ProfileNotFoundError):
            await connectors.update_profile(
                session, disguised, moved, ProfileChange(label="x"), keys=keys, policy=POLICY
            )
