"""The inbound profile: its mapping is checked key by key, a chain has one, and its token is shown once."""

import asyncio
import json
from typing import Any

import pytest
from tests.builders.mparticle import firehose
from tests.builders.pages import first_cells, read_section

from tessera import connectors, inbound
from tessera.connectors import NewProfile, Profile, address_policy
from tessera.connectors.contract import connector_types
from tessera.connectors.contract.types import Network, OpenedProfile
from tessera.connectors.errors import NotCopyableError, ProfileNotFoundError
from tessera.inbound.errors import InboundProfileExistsError, NotInboundError
from tessera.inbound.kinds.mparticle.settings import DEFAULT, clean_extra_settings
from tessera.platform.assets.errors import SettingsInvalidError
from tessera.platform.clock import now
from tessera.platform.errors import DeniedError
from tessera.platform.http import OutboundClient

from .conftest import DOOR, MAPPING, OWNER, Inlet

GOOD = MAPPING["user_profiles"]


def with_entries(**entries: Any) -> dict[str, Any]:
    return {"user_profiles": {"lookup_by": "email", "user_attributes": {"email": "email", **entries}}}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("", "valid JSON"),
        ("{", "valid JSON"),
        ("[" * 100_000, "valid JSON"),
        (" " * 200_000, "100,000"),
        ("[]", "JSON object"),
        ("null", "JSON object"),
        ("{}", "user_profiles is missing"),
        ({"user_profiles": []}, "user_profiles must be"),
        ({"user_profiles": {"user_attributes": {}}}, "user_profiles.lookup_by"),
        ({"user_profiles": {"lookup_by": "email"}}, "user_profiles.user_attributes"),
        ({"user_profiles": {"lookup_by": "email", "user_attributes": []}}, "user_profiles.user_attributes"),
        ({"user_profiles": {"lookup_by": "email", "user_attributes": {}}}, "leads to email"),
        ({"user_profiles": {"lookup_by": "first_name", "user_attributes": {"a": "first_name"}}}, "'first_name'"),
        ({"user_profiles": {"lookup_by": ["email"], "user_attributes": {"a": "email"}}}, "list"),
        (with_entries(a="shoe_size"), "user_attributes.'a': 'shoe_size'"),
        (with_entries(a="email"), "user_attributes.'a': email is on the right of another entry"),
        (with_entries(a=7), "user_attributes.'a': 7"),
        (with_entries(**{"": "phone"}), "user_attributes.''"),
        (with_entries(**{"a\x00": "phone"}), "user_attributes"),
        ({**MAPPING, "extra": 1}, "'extra'"),
        ({**MAPPING, "<script>": 1}, "<script>"),
        ({"user_profiles": {**GOOD, "lookup": 1}}, "'lookup'"),
        ({**MAPPING, "activities": []}, "activities: this release keeps no activities"),
        ({**MAPPING, "options": []}, "options must be"),
        ({**MAPPING, "options": {"register": True}}, "'register'"),
        ({**MAPPING, "options": {"register_new": "yes"}}, "options.register_new"),
        ({**MAPPING, "options": {"program": ""}}, "options.program"),
        ({**MAPPING, "options": {"program": 7}}, "options.program"),
        (with_entries(**{f"k{number}": "phone" for number in range(201)}), "200 entries"),
    ],
)
def test_mapping_that_cannot_work_is_refused_by_its_key(given: Any, named: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        clean_extra_settings(given)
    assert named in str(caught.value)
    assert len(str(caught.value)) < 2_000


def test_good_mapping_comes_back_as_it_was() -> None:
    full = {**MAPPING, "options": {"register_new": False, "program": "HARB"}}
    assert clean_extra_settings(json.dumps(full)) == full
    assert clean_extra_settings(full) == full


async def create(inlet: Inlet, **given: Any) -> Profile:
    new = NewProfile("mparticle_inbound", "standard", "Second", **given)
    async with inlet.database.session() as session:
        return await connectors.create_profile(
            session,
            OWNER,
            chain_id=inlet.chain_id,
            new=new,
            keys=inlet.resources.keys,
            policy=address_policy(inlet.resources.settings),
        )


async def delete(inlet: Inlet) -> None:
    async with inlet.database.session() as session:
        await connectors.delete_profile(session, OWNER, inlet.chain_id, inlet.profile.id)


async def test_new_profile_has_the_default_and_is_ready(plain: Inlet) -> None:
    assert plain.profile.settings == {"extra_settings": DEFAULT}
    assert plain.profile.ready


async def test_fault_stands_beside_the_field(inlet: Inlet) -> None:
    with pytest.raises(SettingsInvalidError) as caught:
        await inlet.change(user_profiles={})
    assert list(caught.value.details["faults"]) == ["extra_settings"]  # type: ignore[call-overload]


async def test_second_profile_is_refused(inlet: Inlet) -> None:
    with pytest.raises(InboundProfileExistsError):
        await create(inlet)


async def test_of_simultaneous_profiles_one_is_made(inlet: Inlet) -> None:
    await delete(inlet)
    made = await asyncio.gather(*(create(inlet, draft=number % 2 == 0) for number in range(6)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in made) == ["InboundProfileExistsError"] * 5 + ["Profile"]


async def test_profile_cannot_be_copied(inlet: Inlet) -> None:
    async with inlet.database.session() as session:
        with pytest.raises(NotCopyableError):
            await connectors.copy_profile(session, OWNER, inlet.chain_id, inlet.profile.id, keys=inlet.resources.keys)


async def test_token_is_seen_at_creation_and_never_again(inlet: Inlet) -> None:
    assert len(inlet.token) == len("tsi_") + 43
    async with inlet.database.session() as session:
        again = await connectors.get_profile(session, OWNER, inlet.chain_id, inlet.profile.id)
    assert again.token is None
    assert inlet.token not in repr(inlet.profile)
    for table in ("connection_profiles", "inbound_tokens", "audit_entries", "events"):
        assert inlet.token not in str(await inlet.rows(f"SELECT t::text AS whole FROM {table} t"))


async def rotate(inlet: Inlet) -> str:
    async with inlet.database.session() as session:
        return await inbound.rotate_inbound_token(
            session, OWNER, inlet.resources.keys, inlet.profile.id, now=inlet.resources.clock()
        )


async def test_rotated_token_opens_for_a_day_more(inlet: Inlet) -> None:
    second = await rotate(inlet)
    for token in (inlet.token, second):
        assert (await inlet.post(firehose(), token=token)).status_code == 202
    await inlet.rows("UPDATE inbound_tokens SET expires_at = expires_at - interval '24 hours' RETURNING 1")
    assert (await inlet.post(firehose())).status_code == 401
    assert (await inlet.post(firehose(), token=second)).status_code == 202


async def test_only_two_tokens_open(inlet: Inlet) -> None:
    second, third = await rotate(inlet), await rotate(inlet)
    opened = [(await inlet.post(firehose(), token=token)).status_code for token in (inlet.token, second, third)]
    assert opened == [401, 202, 202]


async def test_rotation_is_in_the_trail_without_the_token(inlet: Inlet) -> None:
    text = await rotate(inlet)
    found = await inlet.rows("SELECT e::text AS whole FROM audit_entries e WHERE action = 'token_rotated'")
    assert len(found) == 1
    assert text not in str(found)


async def test_deleted_profile_takes_nothing_with_it_open(inlet: Inlet) -> None:
    await inlet.deliver(firehose("u-1"))
    await delete(inlet)
    assert (await inlet.post(firehose("u-2"))).status_code == 401
    assert len(await inlet.members()) == 1


async def test_facts_tell_endpoint_and_counts(inlet: Inlet) -> None:
    async with inlet.database.session() as session:
        before = await inbound.describe_inbound(session, OWNER, inlet.profile.id, now=now())
    assert (before.endpoint, before.last_message_at, before.received) == (f"{DOOR}/crm", None, 0)
    first = firehose("u-1")
    await inlet.deliver(first, firehose("u-1", at=first["timestamp_ms"] + 1), first, firehose(None))
    async with inlet.database.session() as session:
        facts = await inbound.describe_inbound(session, OWNER, inlet.profile.id, now=now())
    assert (facts.received, facts.duplicates, len(facts.days)) == (3, 1, 1)
    (day,) = facts.days
    assert day.states == {"registered": 1, "unchanged": 1, "rejected": 1}
    assert day.reasons == {"no_lookup_value": 1}
    assert facts.last_message_at is not None
    assert day.longest_lag is not None


async def test_outsiders_and_readers_are_kept_away(inlet: Inlet) -> None:
    async with inlet.database.session() as session:
        with pytest.raises(ProfileNotFoundError):
            await inbound.describe_inbound(session, inlet.outsider, inlet.profile.id, now=now())
        with pytest.raises(ProfileNotFoundError):
            await inbound.rotate_inbound_token(
                session, inlet.outsider, inlet.resources.keys, inlet.profile.id, now=now()
            )
        with pytest.raises(DeniedError):
            await inbound.rotate_inbound_token(
                session, inlet.reader("connection-profiles:read"), inlet.resources.keys, inlet.profile.id, now=now()
            )


async def test_sending_profile_has_no_inbound_facts(inlet: Inlet) -> None:
    async with inlet.database.session() as session:
        sending = await connectors.create_profile(
            session,
            OWNER,
            chain_id=inlet.chain_id,
            new=NewProfile("http_api", "none", "Out", settings={"base_url": "https://api.example.com"}),
            keys=inlet.resources.keys,
            policy=address_policy(inlet.resources.settings),
        )
        with pytest.raises(NotInboundError):
            await inbound.describe_inbound(session, OWNER, sending.id, now=now())


async def test_probe_passes_after_a_message_of_late(inlet: Inlet) -> None:
    probe = connector_types()["mparticle_inbound"].probe
    assert probe is not None
    client = OutboundClient()
    network = Network(client, inlet.resources.settings, database=inlet.database)
    profile = OpenedProfile(inlet.profile.id, inlet.chain_id, "CRM", "standard", 1, {}, {})
    assert not (await probe(profile, network, frozenset())).passed
    await inlet.post(firehose())
    assert (await probe(profile, network, frozenset())).passed
    await inlet.rows("UPDATE inbound_messages SET received_at = received_at - interval '25 hours' RETURNING 1")
    late = await probe(profile, network, frozenset())
    assert not late.passed
    assert "more than a day ago" in late.steps[0].message
    await client.close()


async def test_every_attribute_has_its_place(inlet: Inlet) -> None:
    names = [each.name for each in inbound.ATTRIBUTES]
    entries = {"customer": "integration_id"} | {name: name for name in names if name != "integration_id"}
    values = dict.fromkeys(names, "x") | {
        "email": "ada@example.com",
        "title": "Mrs.",
        "sex": "f",
        "birth_date": "1815-12-10T00:00:00Z",
        "birth_country_code": "gb",
        "nationality_code": "GB",
        "preferred_language_code": "en-GB",
        "address_country_code": "gb",
        "address_country_subdivision_code": "gb-lnd",
    }
    await inlet.change(user_profiles={"lookup_by": "integration_id", "user_attributes": entries})
    await inlet.deliver(firehose("u-1", attributes=values))
    await inlet.deliver(firehose("u-1", at=firehose()["timestamp_ms"] + 1, attributes={**values, "phone": "y"}))
    assert [(message.state, message.detail) for message in await inlet.messages()] == [
        ("registered", None),
        ("updated", None),
    ]
    (member,) = await inlet.members()
    for each in inbound.ATTRIBUTES:
        place = getattr(member.address, each.line) if each.line else getattr(member, each.field)
        assert place is not None, each.name
    assert (member.title, member.sex, member.phone) == ("Misses", "Female", "y")


def test_reference_lists_exactly_the_attributes() -> None:
    listed = first_cells(read_section("reference/connectors.md", "Member attributes"))
    assert listed == {each.name for each in inbound.ATTRIBUTES}
