"""Outbound mParticle profiles: properties with their rules, the endpoint that follows from the pod, and the test."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.builders.house import SmallHouse, make_settings, open_small_house
from tests.builders.mparticle_receiver import AUTHORIZATION, KEY, SECRET, Mparticle, faults_in
from tests.builders.places import OWNER, Place
from tests.builders.receivers import Reply, run_receiver

from tessera import connectors
from tessera.connectors import NewProfile, Profile, ProfileChange, address_policy
from tessera.connectors.contract import ProbeResult
from tessera.connectors.contract.registry import get_connector
from tessera.connectors.errors import UrlNotAllowedError
from tessera.outbound.kinds.mparticle.settings import PODS
from tessera.platform.assets.errors import SettingsInvalidError
from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing

TYPE = "mparticle_outbound"
GIVEN = {"api_key": KEY, "api_secret": SECRET}
TICKED = frozenset({"send_test_batch"})


@pytest.fixture
async def house(database: Database, query_address: str, keys: KeyRing, tmp_path: Path) -> AsyncIterator[SmallHouse]:
    """Give a house that may call loopback."""
    async with open_small_house(database, query_address, keys, make_settings(tmp_path)) as opened:
        yield opened


async def create(house: SmallHouse, place: Place, **settings: Any) -> Profile:
    """Create a profile with these settings beside the credentials."""
    new = NewProfile(TYPE, "standard", "mParticle", settings={**GIVEN, **settings})
    parts: dict[str, Any] = {"keys": house.resources.keys, "policy": address_policy(house.resources.settings)}
    async with house.database.session() as session:
        return await connectors.create_profile(session, OWNER, chain_id=place.chain_id, new=new, **parts)


async def change(house: SmallHouse, profile: Profile, **settings: Any) -> Profile:
    """Change settings of the profile."""
    parts: dict[str, Any] = {"keys": house.resources.keys, "policy": address_policy(house.resources.settings)}
    async with house.database.session() as session:
        return await connectors.update_profile(session, OWNER, profile, ProfileChange(settings=settings), **parts)


def test_properties_have_their_labels_in_order() -> None:
    connector = get_connector(TYPE)
    assert (connector.tile, connector.label, connector.group) == ("mparticle", "Outbound mParticle", "Marketing")
    assert [each.label for each in connector.properties] == [
        "Pod",
        "Endpoint",
        "API Key",
        "API Secret",
        "Environment",
        "Data Plan ID",
        "Data Plan Version",
        "Max batches per second",
        "Max batches per minute",
        "Connect timeout",
        "Read timeout",
        "Max concurrent requests",
    ]
    assert connector.properties[0].choices == ("US1", "US2", "EU1", "AU1", "Custom")


async def test_key_and_secret_are_enough(house: SmallHouse, place: Place) -> None:
    profile = await create(house, place)
    assert profile.settings == {
        "pod": "US1",
        "endpoint": "https://s2s.mparticle.com/v2",
        "api_key": KEY,
        "environment": "production",
        "data_plan_id": None,
        "data_plan_version": None,
        "max_batches_per_second": 100,
        "max_batches_per_minute": None,
        "connect_timeout_seconds": 10,
        "read_timeout_seconds": 30,
        "max_concurrent_requests": 16,
    }
    assert (list(profile.secrets), profile.state) == (["api_secret"], "ready")


@pytest.mark.parametrize("pod", PODS)
async def test_endpoint_follows_from_the_pod(house: SmallHouse, place: Place, pod: str) -> None:
    profile = await create(house, place, pod=pod, endpoint="https://elsewhere.example.com")
    assert profile.settings["endpoint"] == PODS[pod]


async def test_custom_endpoint_is_typed_and_kept_until_the_pod_changes(house: SmallHouse, place: Place) -> None:
    profile = await create(house, place, pod="Custom", endpoint="https://inbound.mparticle.com/s2s/v2")
    assert profile.settings["endpoint"] == "https://inbound.mparticle.com/s2s/v2"
    assert (await change(house, profile, environment="development")).settings["endpoint"].endswith("/s2s/v2")
    assert (await change(house, profile, pod="AU1", api_secret=GIVEN["api_secret"])).settings["endpoint"] == PODS["AU1"]


async def test_custom_pod_needs_an_endpoint(house: SmallHouse, place: Place) -> None:
    with pytest.raises(SettingsInvalidError, match="Still missing: Endpoint"):
        await create(house, place, pod="Custom")


@pytest.mark.parametrize(
    ("settings", "key", "message"),
    [
        ({"pod": "EU9"}, "pod", "US1, US2, EU1, AU1, Custom"),
        ({"pod": ["US1"]}, "pod", "US1, US2"),
        ({"pod": "Custom", "endpoint": "https://a.example.com/v2/events"}, "endpoint", "before it"),
        ({"pod": "Custom", "endpoint": "https://a.example.com/v2/bulkevents/"}, "endpoint", "before it"),
        ({"pod": "Custom", "endpoint": "https://a.example.com/v2/bulkevents/historical"}, "endpoint", "before it"),
        ({"pod": "Custom", "endpoint": "https://a.example.com/v2?a=b"}, "endpoint", "query string"),
        ({"api_key": "a:b"}, "api_key", "no"),
        ({"api_key": "a\r\nb"}, "api_key", "Line breaks"),
        ({"api_key": "\x00"}, "api_key", "code zero"),
        ({"api_key": "schlüssel"}, "api_key", "visible ASCII"),
        ({"api_secret": "a b"}, "api_secret", "visible ASCII"),
        ({"environment": "staging"}, "environment", "production, development"),
        ({"data_plan_id": "a\nb"}, "data_plan_id", "Line breaks"),
        ({"data_plan_id": "x" * 257}, "data_plan_id", "256"),
        ({"data_plan_version": 2}, "data_plan_version", "needs the id"),
        ({"data_plan_id": "a", "data_plan_version": 0}, "data_plan_version", "from 1"),
        ({"max_batches_per_second": 0}, "max_batches_per_second", "from 1 to 270"),
        ({"max_batches_per_second": 271}, "max_batches_per_second", "from 1 to 270"),
        ({"max_batches_per_second": {}}, "max_batches_per_second", "from 1 to 270"),
    ],
)
async def test_bad_setting_has_its_message(
    house: SmallHouse, place: Place, settings: dict[str, Any], key: str, message: str
) -> None:
    with pytest.raises((SettingsInvalidError, UrlNotAllowedError), match=message) as raised:
        await create(house, place, **settings)
    assert list(faults_in(raised.value)) == [key]


@pytest.mark.parametrize("rate", [1, 270])
async def test_rate_reaches_its_bounds(house: SmallHouse, place: Place, rate: int) -> None:
    profile = await create(house, place, max_batches_per_second=rate)
    assert profile.settings["max_batches_per_second"] == rate


async def test_private_endpoint_is_refused(place: Place, database: Database, keys: KeyRing) -> None:
    new = NewProfile(TYPE, "standard", "m", settings={**GIVEN, "pod": "Custom", "endpoint": "https://10.0.0.1/v2"})
    async with database.session() as session:
        with pytest.raises(UrlNotAllowedError, match="private"):
            await connectors.create_profile(
                session, OWNER, chain_id=place.chain_id, new=new, keys=keys, policy=connectors.AddressPolicy()
            )


async def probe(house: SmallHouse, place: Place, profile: Profile, options: frozenset[str]) -> ProbeResult:
    """Test the profile's connection."""
    return await connectors.test_profile(
        house.resources, house.client, OWNER, chain_id=place.chain_id, profile_id=profile.id, options=options
    )


async def test_nothing_is_sent_unless_ticked(house: SmallHouse, place: Place) -> None:
    async with run_receiver() as receiver:
        profile = await create(house, place, pod="Custom", endpoint=f"{receiver.url}/v2")
        result = await probe(house, place, profile, frozenset())
    assert (result.passed, receiver.received) == (True, [])
    assert [step.passed for step in result.steps] == [True, True, None]
    assert "tick" in result.steps[-1].message


async def test_ticked_test_sends_one_empty_development_batch(house: SmallHouse, place: Place) -> None:
    async with run_receiver(Mparticle()) as receiver:
        receiver.script = lambda _: Reply(202, body=b"")
        profile = await create(house, place, pod="Custom", endpoint=f"{receiver.url}/v2/")
        result = await probe(house, place, profile, TICKED)
    (received,) = receiver.received
    assert (received.method, received.path) == ("POST", "/v2/events")
    assert received.body == b'{"environment":"development","events":[]}'
    assert received.headers["authorization"] == AUTHORIZATION
    assert received.headers["content-type"] == "application/json"
    assert (result.passed, result.status) == (True, 202)


@pytest.mark.parametrize(
    ("status", "passed", "told"),
    [
        (400, True, "accepted"),
        (401, False, "refused"),
        (403, False, "refused"),
        (429, False, "later"),
        (500, False, ""),
    ],
)
async def test_answer_to_the_test_batch_is_explained(
    house: SmallHouse, place: Place, status: int, passed: bool, told: str
) -> None:
    async with run_receiver(lambda _: Reply(status, body=SECRET.encode())) as receiver:
        profile = await create(house, place, pod="Custom", endpoint=f"{receiver.url}/v2")
        result = await probe(house, place, profile, TICKED)
    assert (result.passed, result.status) == (passed, status)
    assert told in result.steps[-1].message
    assert not any(SECRET in step.message for step in result.steps)


async def test_unreachable_endpoint_fails_the_test(house: SmallHouse, place: Place) -> None:
    profile = await create(house, place, pod="Custom", endpoint="http://127.0.0.1:9/v2")
    result = await probe(house, place, profile, TICKED)
    assert [step.passed for step in result.steps] == [True, True, False, None]
    assert [step.title for step in result.steps] == ["Settings", "Address", "Connection", "Test batch"]
