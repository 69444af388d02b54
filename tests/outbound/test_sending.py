"""Sending through a saved profile to a real receiver on loopback."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from tests.builders.places import OWNER, Place
from tests.builders.receivers import Receiver, Reply, run_receiver

from tessera import connectors, outbound
from tessera.connectors import AddressPolicy, NewProfile, ProfileChange
from tessera.connectors.contract.registry import connector_types, foreign_types, get_connector
from tessera.connectors.contract.types import Capabilities, ConnectorType
from tessera.connectors.errors import ProfileDisabledError, ProfileNotFoundError
from tessera.outbound import OutcomeKind, Sender
from tessera.outbound.header_seals import HeaderSeals, seal_headers
from tessera.outbound.rendering import ErrorPath, Header, Method, PlannedRequest, TemplateShape, plain_shape
from tessera.platform.assets.errors import SettingsInvalidError
from tessera.platform.db import Database
from tessera.platform.http import OutboundClient
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing

NETWORKS = (ip_network("127.0.0.0/8"),)
POLICY = AddressPolicy(allow_insecure_http=True, allowed_networks=NETWORKS)
SHAPE = TemplateShape(Method.POST, url_path="/members", body="{}")
CANARY = "canary/7f+3a9"
PLANNED = PlannedRequest(
    0, (1, 2), "POST", "/members", (("Content-Type", "application/json"),), b'[{"id":1},{"id":2}]', "key-1"
)


@dataclass(frozen=True)
class Line:
    """A sender and the receiver that it reaches."""

    sender: Sender
    receiver: Receiver


@pytest.fixture
async def client() -> AsyncIterator[OutboundClient]:
    """Give a client that may call loopback."""
    opened = OutboundClient(allowed_networks=NETWORKS, allow_insecure_http=True)
    yield opened
    await opened.close()


@pytest.fixture
async def lines(database: Database, place: Place, resources: Resources, client: OutboundClient) -> Any:
    """Give a maker of lines; settings and shape as the test wants them."""

    @asynccontextmanager
    async def open_line(
        variant: str = "bearer", shape: TemplateShape = SHAPE, reply: Reply | None = None, **settings: Any
    ) -> AsyncIterator[Line]:
        defaults: dict[str, Any] = {"bearer": {"token": CANARY}, "none": {}}.get(variant, {})
        async with run_receiver(lambda _: reply or Reply()) as receiver, database.session() as session:
            new = NewProfile("http_api", variant, "CRM", settings={"base_url": receiver.url, **defaults, **settings})
            profile = await connectors.create_profile(
                session, OWNER, chain_id=place.chain_id, new=new, keys=resources.keys, policy=POLICY
            )
            sealed = seal_headers(plain_shape(shape), HeaderSeals(place.chain_id, resources.keys), {})
            parts: dict[str, Any] = {"profile_id": profile.id, "shape": sealed, "resources": resources}
            sender = await outbound.open_sender(session, OWNER, chain_id=place.chain_id, client=client, **parts)
            yield Line(sender, receiver)

    return open_line


async def test_request_arrives_whole(lines: Any) -> None:
    async with lines() as line:
        answer = await line.sender.send(PLANNED)
    (received,) = line.receiver.received
    assert (answer.status, answer.kind, answer.code) == (200, OutcomeKind.OK, "")
    assert answer.duration_seconds > 0
    assert (received.method, received.path, received.body) == ("POST", "/members", PLANNED.body)
    assert received.headers["authorization"] == f"Bearer {CANARY}"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["idempotency-key"] == '"key-1"'
    assert received.headers["user-agent"].startswith("Tessera")


async def test_basic_credentials_are_sent_at_once(lines: Any) -> None:
    async with lines("basic", username="ada", password="pä:ss") as line:
        await line.sender.send(PLANNED)
    (received,) = line.receiver.received
    assert received.headers["authorization"] == "Basic " + b64encode("ada:pä:ss".encode()).decode()


async def test_no_auth_sends_no_credentials(lines: Any) -> None:
    async with lines("none") as line:
        await line.sender.send(replace(PLANNED, idempotency_key=None))
    (received,) = line.receiver.received
    assert not {"authorization", "idempotency-key"} & set(received.headers)


async def test_template_headers_win_over_static_ones(lines: Any) -> None:
    static = [
        {"name": "X-Both", "value": "profile"},
        {"name": "X-Static", "value": "s"},
        {"name": "X-Secret", "value": CANARY, "secret": True},
        {"name": "User-Agent", "value": "Partner/1"},
        {"name": "Content-Type", "value": "text/plain"},
    ]
    shape = replace(SHAPE, headers=(Header("x-both", "t"),))
    async with lines(shape=shape, static_headers=static) as line:
        await line.sender.send(replace(PLANNED, headers=(("Content-Type", "application/json"), ("x-both", "template"))))
    (received,) = line.receiver.received
    assert received.headers["x-both"] == "template"
    assert received.headers["content-type"] == "application/json"
    assert (received.headers["x-static"], received.headers["x-secret"]) == ("s", CANARY)
    assert received.headers["user-agent"] == "Partner/1"


async def test_header_beyond_ascii_arrives_as_utf8(lines: Any) -> None:
    async with lines() as line:
        answer = await line.sender.send(replace(PLANNED, headers=(("X-Name", "Mária"),)))
    assert answer.status == 200
    assert line.receiver.received[0].headers["x-name"].encode("latin-1").decode() == "Mária"


async def test_body_may_be_missing(lines: Any) -> None:
    shape = TemplateShape(Method.DELETE, url_path="/m/{{ id }}")
    async with lines(shape=shape) as line:
        await line.sender.send(PlannedRequest(0, (1,), "DELETE", "/m/1", (), None, None))
    (received,) = line.receiver.received
    assert (received.method, received.path, received.body) == ("DELETE", "/m/1", b"")


async def test_retry_after_comes_with_the_answer(lines: Any) -> None:
    async with lines(reply=Reply(429, {"retry-after": "2"})) as line:
        answer = await line.sender.send(PLANNED)
    assert (answer.kind, answer.code, answer.retry_after) == (OutcomeKind.TRANSIENT, "status_429", 2.0)


async def test_redirect_is_not_followed(lines: Any) -> None:
    async with lines(reply=Reply(307, {"location": "/elsewhere"})) as line:
        answer = await line.sender.send(PLANNED)
    assert (answer.status, answer.kind) == (307, OutcomeKind.PERMANENT)
    assert len(line.receiver.received) == 1


async def test_refused_items_are_charged_to_their_rows(lines: Any) -> None:
    shape = replace(SHAPE, error_path=ErrorPath("/errors", index="/at", message="/why"))
    body = json.dumps({"errors": [{"at": 1, "why": f"bad {CANARY}"}]}).encode()
    async with lines(shape=shape, reply=Reply(200, body=body)) as line:
        answer = await line.sender.send(PLANNED)
    assert answer.kind is OutcomeKind.OK
    assert answer.failed_rows == [(1, "bad ***")]


async def test_unreadable_answer_is_told(lines: Any) -> None:
    shape = replace(SHAPE, error_path=ErrorPath("/errors", index="/at"))
    async with lines(shape=shape, reply=Reply(200, body=b"<html>")) as line:
        answer = await line.sender.send(PLANNED)
    assert (answer.kind, answer.code) == (OutcomeKind.UNKNOWN, "answer_unreadable")


@pytest.mark.parametrize(
    ("planned", "kind"),
    [(PLANNED, OutcomeKind.REPLAY), (replace(PLANNED, idempotency_key=None), OutcomeKind.UNKNOWN)],
)
async def test_reset_after_sending_is_unknown(lines: Any, planned: PlannedRequest, kind: OutcomeKind) -> None:
    async with lines(reply=Reply(reset=True)) as line:
        answer = await line.sender.send(planned)
    assert (answer.status, answer.kind, answer.code) == (None, kind, "outcome_unknown")
    assert line.sender.can_replay(planned) is (kind is OutcomeKind.REPLAY)


async def test_silence_ends_with_the_read_timeout(lines: Any) -> None:
    async with lines(reply=Reply(hang=True), read_timeout_seconds=1) as line:
        answer = await line.sender.send(PLANNED)
    assert answer.kind is OutcomeKind.REPLAY
    assert 0.9 < answer.duration_seconds < 8


async def test_closed_port_is_surely_unsent(lines: Any) -> None:
    async with lines() as line:
        pass
    answer = await line.sender.send(replace(PLANNED, idempotency_key=None))
    assert (answer.kind, answer.code) == (OutcomeKind.TRANSIENT, "not_sent")


async def test_private_address_is_refused_when_connecting(
    database: Database, place: Place, resources: Resources, keys: KeyRing
) -> None:
    strict = OutboundClient(allow_insecure_http=True)
    async with database.session() as session:
        new = NewProfile("http_api", "none", "CRM", settings={"base_url": "http://localhost:1/"})
        profile = await connectors.create_profile(
            session, OWNER, chain_id=place.chain_id, new=new, keys=keys, policy=POLICY
        )
        parts: dict[str, Any] = {
            "profile_id": profile.id,
            "shape": plain_shape(SHAPE),
            "resources": resources,
            "client": strict,
        }
        sender = await outbound.open_sender(session, OWNER, chain_id=place.chain_id, **parts)
    answer = await sender.send(PLANNED)
    await strict.close()
    assert (answer.kind, answer.code) == (OutcomeKind.CONFIGURATION, "address_refused")


async def test_excerpts_hold_no_secret(lines: Any) -> None:
    shape = replace(SHAPE, headers=(Header("X-Token", "{{ id }}", secret=True),))
    echo = Reply(
        400,
        {"set-cookie": "session=abc", "x-echo": CANARY},
        body=json.dumps({"sent": [CANARY, "hidden-value"]}).encode(),
    )
    planned = replace(
        PLANNED,
        path="/members?k=canary%2F7f%2B3a9",
        headers=(("X-Token", "hidden-value"), ("Cookie", "c=d"), ("X-Seen", "seen")),
        body=json.dumps({"note": CANARY, "pair": b64encode(f"u:{CANARY}".encode()).decode()}).encode(),
    )
    async with lines(shape=shape, reply=echo) as line:
        answer = await line.sender.send(planned)
        request, reply = line.sender.make_excerpts(planned, answer)
    assert request.startswith(f"POST {line.receiver.url}/members?k=***\nAuthorization: ***\n")
    assert "X-Seen: seen" in request
    assert "X-Token: ***" in request
    assert reply.startswith("HTTP 400\n")
    assert "set-cookie: ***" in reply.lower()
    for leak in ("canary", "hidden-value", "c=d", "session=abc", b64encode(CANARY.encode()).decode()[:8]):
        assert leak not in request + reply


async def test_echoed_credentials_are_masked(lines: Any) -> None:
    pair = b64encode(b"ada:lovelace-1815").decode()
    reply = Reply(403, body=f"you sent {pair} and lovelace-1815".encode())
    async with lines("basic", reply=reply, username="ada", password="lovelace-1815") as line:
        answer = await line.sender.send(PLANNED)
        _, shown = line.sender.make_excerpts(PLANNED, answer)
    assert shown.endswith("you sent *** and ***")
    assert answer.kind is OutcomeKind.CREDENTIALS


async def test_excerpts_are_short(lines: Any) -> None:
    planned = replace(PLANNED, body=("ü" * 5000).encode())
    async with lines(reply=Reply(422, body=b"\xff\x00" * 5000)) as line:
        answer = await line.sender.send(planned)
        request, reply = line.sender.make_excerpts(planned, answer)
    assert len(request.encode()) <= 2048
    assert len(reply.encode()) <= 2048
    assert request.endswith("ü…")
    assert "\x00" not in reply


async def test_excerpt_of_no_answer_says_why(lines: Any) -> None:
    async with lines(reply=Reply(reset=True)) as line:
        answer = await line.sender.send(PLANNED)
        _, reply = line.sender.make_excerpts(PLANNED, answer)
    assert reply == answer.message


async def test_sender_knows_its_pace(lines: Any) -> None:
    async with lines(max_concurrent_requests=7, max_requests_per_second=50, max_requests_per_minute=900) as line:
        assert (line.sender.concurrency, line.sender.per_second, line.sender.per_minute) == (7, 50, 900)


async def test_disabled_profile_opens_no_sender(
    database: Database, place: Place, resources: Resources, keys: KeyRing, client: OutboundClient
) -> None:
    async with database.session() as session:
        new = NewProfile("http_api", "none", "CRM", settings={"base_url": "https://api.example.com"})
        profile = await connectors.create_profile(
            session, OWNER, chain_id=place.chain_id, new=new, keys=keys, policy=POLICY
        )
        change = ProfileChange(enabled=False)
        await connectors.update_profile(session, OWNER, profile, change, keys=keys, policy=POLICY)
        parts: dict[str, Any] = {
            "profile_id": profile.id,
            "shape": plain_shape(SHAPE),
            "resources": resources,
            "client": client,
        }
        with pytest.raises(ProfileDisabledError, match="disabled"):
            await outbound.open_sender(session, OWNER, chain_id=place.chain_id, **parts)
        with pytest.raises(ProfileNotFoundError):
            await outbound.open_sender(session, place.outsider, chain_id=place.chain_id, **parts)


def test_other_distribution_brings_a_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "faxes.py").write_text(
        "from tessera.connectors.contract import Capabilities, ConnectorType\n"
        "FAX = ConnectorType('fax', 'fax', 'Fax', 'phone', (), (), Capabilities(), frozenset())\n"
    )
    info = tmp_path / "faxes-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: faxes\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tessera.connectors]\nfax = faxes:FAX\n")
    monkeypatch.syspath_prepend(tmp_path)
    foreign_types.cache_clear()
    try:
        assert get_connector("fax").label == "Fax"
        assert list(connector_types())[-1] == "fax"
    finally:
        foreign_types.cache_clear()


def test_registry_names_what_there_is() -> None:
    connector = get_connector("http_api")
    assert connector.capabilities == Capabilities(takes_templates=True)
    with pytest.raises(SettingsInvalidError, match=r"There are: .*http_api"):
        get_connector("fax")


@pytest.mark.parametrize(("variant", "own"), [("none", []), ("basic", ["username", "password"]), ("bearer", ["token"])])
def test_each_type_shows_its_own_properties(variant: str, own: list[str]) -> None:
    connector: ConnectorType = get_connector("http_api")
    shown = [each.key for each in connector.shown_properties(variant, {})]
    assert shown == [
        "base_url",
        *own,
        "connect_timeout_seconds",
        "read_timeout_seconds",
        "max_requests_per_second",
        "max_requests_per_minute",
        "max_concurrent_requests",
        "static_headers",
        "ca_certificate",
    ]
    assert all(each.label and each.help for each in connector.properties)
