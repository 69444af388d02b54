"""Profiles that are filled in and tested, and send nothing: labels, defaults, and what a test finds."""

from typing import Any
from urllib.parse import parse_qs

import pytest
from tests.builders.receivers import Received, Reply, run_receiver

from tessera.connectors.contract import ProbeResult
from tessera.connectors.contract.registry import get_connector
from tessera.connectors.contract.types import Network, OpenedProfile
from tessera.platform.http import OutboundClient
from tessera.platform.ids import new_id
from tessera.platform.settings import load_settings

SECRET = "canary-7f3a9"


async def probe(kind: str, settings: dict[str, Any], secrets: dict[str, str]) -> ProbeResult:
    """Test a profile of the type, with a client that may call loopback."""
    given = load_settings({}, allowed_networks="127.0.0.0/8", allow_insecure_http=True)
    client = OutboundClient(allowed_networks=given.allowed_networks, allow_insecure_http=True)
    profile = OpenedProfile(new_id(), new_id(), "Example", "standard", 1, settings, secrets)
    found = get_connector(kind).probe
    assert found is not None
    try:
        return await found(profile, Network(client, given), frozenset())
    finally:
        await client.close()


def told(result: ProbeResult) -> list[tuple[str, bool | None]]:
    """Return the steps without their messages."""
    return [(step.title, step.passed) for step in result.steps]


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        (
            "cheetah_digital",
            ["Send Pipeline", "Base URL", "Access Token URL", "Username", "Password", "Token Expiration"],
        ),
        ("selligent", ["API Client ID", "API Client Secret", "Selligent Organization", "Selligent Domain"]),
        ("sparkfly", ["Endpoint", "Client ID", "Client Secret", "Token Expiration"]),
    ],
)
def test_type_has_exactly_its_labels(kind: str, labels: list[str]) -> None:
    connector = get_connector(kind)
    assert [each.label for each in connector.properties] == labels
    assert (connector.group, connector.abilities, connector.used_by) == ("Marketing", (), frozenset())


def test_defaults_and_choices_are_the_known_ones() -> None:
    cheetah = {each.key: each for each in get_connector("cheetah_digital").properties}
    assert cheetah["send_pipeline"].label_of("advanced_event_trigger") == "Advanced Event Trigger (AET)"
    assert cheetah["access_token_url"].default == "https://api.eccmp.com/services2/authorization/oAuth2/Token"
    assert cheetah["base_url"].choices == (
        "https://aet.eccmp.com/services2",
        "https://api.ccmp.eu/services2",
        "https://api.marketingsuite.jp/services2",
    )
    sparkfly = {each.key: each for each in get_connector("sparkfly").properties}
    assert sparkfly["token_expiration_seconds"].default == 86_400
    assert sparkfly["endpoint"].default is None


async def test_cheetah_digital_asks_for_a_token() -> None:
    def answer(request: Received) -> Reply:
        form = parse_qs(request.body.decode())
        if form != {"grant_type": ["password"], "username": ["key"], "password": [SECRET]}:
            return Reply(400, body=b'{"error": "invalid_grant"}')
        return Reply(body=b'{"access_token": "t", "token_type": "bearer", "expires_in": 28799}')

    async with run_receiver(answer) as receiver:
        settings = {"access_token_url": receiver.url, "username": "key", "token_expiration_seconds": None}
        good = await probe("cheetah_digital", settings, {"password": SECRET})
        bad = await probe("cheetah_digital", settings, {"password": "wrong"})
    assert told(good) == [("Address", True), ("Access token", True)]
    assert told(bad) == [("Address", True), ("Access token", False)]
    assert "invalid_grant" in bad.steps[1].message


@pytest.mark.parametrize(
    ("reply", "passed"),
    [
        (Reply(200, {"x-auth-token": "t"}, b""), True),
        (Reply(200, body=b'{"token": "t"}'), True),
        (Reply(200, body=b""), False),
        (Reply(401, body=b""), False),
        (Reply(404, body=b"nothing here"), False),
        (Reply(302, {"location": "/"}, b""), False),
    ],
)
async def test_sparkfly_asks_for_a_token(reply: Reply, passed: bool) -> None:
    async with run_receiver(lambda _: reply) as receiver:
        result = await probe(
            "sparkfly", {"endpoint": f"{receiver.url}/auth", "client_id": "id"}, {"client_secret": SECRET}
        )
    (request,) = receiver.received
    assert (request.method, request.headers["x-auth-identity"], request.headers["x-auth-key"]) == ("GET", "id", SECRET)
    assert told(result) == [("Address", True), ("Connection", True), ("Access token", passed)]


async def test_selligent_sends_its_credentials_nowhere() -> None:
    async with run_receiver(lambda _: Reply(404, body=b"")) as receiver:
        result = await probe(
            "selligent",
            {"domain": receiver.url, "api_client_id": "id", "organization": "x"},
            {"api_client_secret": SECRET},
        )
    assert result.passed
    assert told(result)[-1] == ("Credentials", None)
    assert all(SECRET not in str(request.headers) for request in receiver.received)


@pytest.mark.parametrize("kind", ["cheetah_digital", "selligent", "sparkfly"])
async def test_nobody_there_is_told(kind: str) -> None:
    async with run_receiver() as receiver:
        url = receiver.url
    settings = {"access_token_url": url, "endpoint": url, "domain": url, "username": "x", "client_id": "x"}
    secrets = dict.fromkeys(("password", "client_secret", "api_client_secret"), SECRET)
    result = await probe(kind, {**settings, "token_expiration_seconds": 1}, secrets)
    assert not result.passed
