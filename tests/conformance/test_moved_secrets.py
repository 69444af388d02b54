"""No stored secret of any connector type follows a change of where it goes; given again, it does."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.builders.places import OWNER, POLICY
from tests.conformance.examples import CANARY, EXAMPLES
from tests.conformance.profiles import Maker

from tessera import connectors
from tessera.connectors import Profile, ProfileChange
from tessera.connectors.contract.registry import connector_types, get_connector
from tessera.connectors.contract.types import ConnectorType, Property, PropertyKind
from tessera.platform.assets.errors import SettingsInvalidError

TYPES = list(connector_types().values())
# A secret that an example does not hold.
OTHERS: Mapping[tuple[str, str, str], Mapping[str, Any]] = {
    ("azure", "standard", "account_key"): {"credentials": "account_key", "account_key": "Y2FuYXJ5"},
    ("azure", "standard", "client_secret"): {
        "credentials": "service_principal",
        "client_secret": CANARY,
        "tenant_id": "00000000-0000-0000-0000-000000000000",
        "client_id": "00000000-0000-0000-0000-000000000000",
    },
}
HEADER = [{"name": "X-Key", "value": CANARY, "secret": True}]


def can_hold_a_secret(each: Property) -> bool:
    return each.secret or each.kind is PropertyKind.HEADERS


def cases() -> list[tuple[str, str, str, str]]:
    """Return type, variant, secret and the property that steers it, of every type."""
    return [
        (connector.key, variant.key, each.key, place)
        for connector in TYPES
        for variant in connector.variants
        for each in connector.properties
        for place in each.sent_to
        if settings_with(connector.key, variant.key, each) is not None
    ]


def settings_with(kind: str, variant: str, each: Property) -> Mapping[str, Any] | None:
    """Return a profile's settings that hold this secret, None where such a profile has none."""
    example = EXAMPLES[kind, variant]
    if each.kind is PropertyKind.HEADERS:
        return {**example, each.key: HEADER}
    others = OTHERS.get((kind, variant, each.key))
    if others is not None:
        return {**{key: value for key, value in example.items() if key != "sas_token"}, **others}
    return example if each.key in example else None


def move(connector: ConnectorType, key: str, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a change by which the property leads elsewhere."""
    each = next(each for each in connector.properties if each.key == key)
    if each.kind is PropertyKind.ENUM:
        return {key: next(choice for choice in each.choices if choice != stored[key])}
    if each.kind is PropertyKind.INT:
        return {key: stored[key] + 1}
    if each.kind is PropertyKind.TEXT:
        return {key: "elsewhere"}
    leading = {each.follows.key: "Custom"} if each.follows else {}
    return {**leading, key: "https://elsewhere.example.net/v1"}


@pytest.mark.parametrize("connector", TYPES, ids=lambda each: each.key)
def test_every_secret_says_where_it_goes(connector: ConnectorType) -> None:
    known = {each.key for each in connector.properties}
    for each in connector.properties:
        assert bool(each.sent_to) is can_hold_a_secret(each), each.key
        assert set(each.sent_to) <= known
        steered = {each.key for each in connector.properties if each.kind is PropertyKind.URL}
        assert each.sent_to == () or set(each.sent_to) & (steered | {"host"})
    assert set(connector.templates_sent_to) <= known
    assert bool(connector.templates_sent_to) is connector.capabilities.takes_templates


def test_every_secret_is_tried() -> None:
    tried = {(kind, secret) for kind, _, secret, _ in cases()}
    assert tried == {(each.key, one.key) for each in TYPES for one in each.properties if can_hold_a_secret(one)}


@pytest.mark.parametrize(("kind", "variant", "secret", "place"), cases(), ids=lambda part: part)
async def test_secret_does_not_follow_unless_it_is_given_again(
    maker: Maker, kind: str, variant: str, secret: str, place: str
) -> None:
    connector = get_connector(kind)
    each = next(each for each in connector.properties if each.key == secret)
    settings = settings_with(kind, variant, each)
    assert settings is not None
    profile = await maker.create(kind, variant, settings)
    elsewhere = move(connector, place, profile.settings)

    with pytest.raises(SettingsInvalidError) as raised:
        await change(maker, profile, elsewhere)
    assert "does not follow" in raised.value.details["faults"][secret]  # type: ignore[index]

    again = {key: value for key, value in settings.items() if key.endswith("headers") or is_secret(connector, key)}
    moved = await change(maker, profile, {**elsewhere, **again})
    assert moved.version == 2
    assert moved.settings[place] != profile.settings[place]


def is_secret(connector: ConnectorType, key: str) -> bool:
    return any(each.secret for each in connector.properties if each.key == key)


async def change(maker: Maker, profile: Profile, settings: Mapping[str, Any]) -> Profile:
    """Change a profile's settings."""
    async with maker.database.session() as session:
        wanted = ProfileChange(settings=settings)
        return await connectors.update_profile(session, OWNER, profile, wanted, keys=maker.keys, policy=POLICY)


@pytest.mark.parametrize(
    ("url", "stays"),
    [
        ("https://api.example.com/v2", True),
        ("https://API.example.com:443/v1", True),
        ("https://api.example.com:8443/v1", False),
        ("https://api.example.com.example.net/v1", False),
        ("https://elsewhere.example.net\\@api.example.com/v1", False),
        ("https:elsewhere.example.net", False),
    ],
)
async def test_another_path_is_the_same_place(maker: Maker, url: str, stays: bool) -> None:
    profile = await maker.create("http_api", "bearer")
    if stays:
        assert (await change(maker, profile, {"base_url": url})).settings["base_url"] == url
        return
    with pytest.raises(SettingsInvalidError):
        await change(maker, profile, {"base_url": url})


async def test_secret_of_a_draft_without_an_address_goes_nowhere_by_itself(maker: Maker) -> None:
    draft = await maker.create("http_api", "bearer", {"token": CANARY}, draft=True)
    with pytest.raises(SettingsInvalidError, match="does not follow"):
        await change(maker, draft, {"base_url": "https://elsewhere.example.net"})


async def test_copy_is_held_to_the_same_place(maker: Maker) -> None:
    profile = await maker.create("http_api", "bearer")
    async with maker.database.session() as session:
        copy = await connectors.copy_profile(session, OWNER, maker.chain_id, profile.id, keys=maker.keys)
    with pytest.raises(SettingsInvalidError, match="does not follow"):
        await change(maker, copy, {"base_url": "https://elsewhere.example.net"})
