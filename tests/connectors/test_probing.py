"""*Test connection* against real receivers: which step failed, and that the outcome is kept and no secret told."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.builders.certificates import issue
from tests.builders.house import SmallHouse, make_settings, open_small_house
from tests.builders.places import OWNER, Place
from tests.builders.receivers import Received, Receiver, Reply, run_receiver
from tests.builders.wires import answer_ok, run_wires

from tessera import connectors
from tessera.connectors import NewProfile, Profile, address_policy
from tessera.connectors.calls import CallKind, Health, NewCall, health_by_type, list_calls, profile_health, record_call
from tessera.connectors.contract import ProbeResult
from tessera.connectors.contract.registry import get_connector
from tessera.connectors.errors import NotTestableError, ProfileDisabledError, ProfileNotFoundError
from tessera.platform.assets.errors import SettingsInvalidError
from tessera.platform.db import Database
from tessera.platform.errors import DeniedError
from tessera.platform.http import OutboundClient
from tessera.platform.secrets import KeyRing

CANARY = "canary-7f3a9"


@pytest.fixture
async def house(database: Database, query_address: str, keys: KeyRing, tmp_path: Path) -> AsyncIterator[SmallHouse]:
    """Give a house that may call loopback."""
    async with open_small_house(database, query_address, keys, make_settings(tmp_path)) as opened:
        yield opened


async def create(house: SmallHouse, place: Place, url: str, **given: Any) -> Profile:
    """Create a bearer profile, or another one where told."""
    new = replace(NewProfile("http_api", "bearer", "CRM", settings={"base_url": url, "token": CANARY}), **given)
    async with house.database.session() as session:
        return await connectors.create_profile(
            session,
            OWNER,
            chain_id=place.chain_id,
            new=new,
            keys=house.resources.keys,
            policy=address_policy(house.resources.settings),
        )


async def probe(house: SmallHouse, place: Place, url: str, *, client: OutboundClient | None = None) -> ProbeResult:
    """Test a bearer profile of that address."""
    profile = await create(house, place, url)
    return await connectors.test_profile(
        house.resources, client or house.client, OWNER, chain_id=place.chain_id, profile_id=profile.id, options=()
    )


def told(result: ProbeResult) -> list[tuple[str, bool | None]]:
    """Return the steps without their messages."""
    return [(step.title, step.passed) for step in result.steps]


def deaf_to_head(receiver: Receiver, status: int) -> None:
    """Let the receiver answer HEAD with a status of its own."""
    receiver.script = lambda request: Reply(status if request.method == "HEAD" else 200, body=b"")


async def test_answering_receiver_passes(house: SmallHouse, place: Place) -> None:
    async with run_receiver(lambda _: Reply(204, body=b"")) as receiver:
        result = await probe(house, place, receiver.url)
    assert result.passed
    assert told(result) == [("Address", True), ("Connection", True), ("Answer", True)]
    assert "HEAD with 204 No Content" in result.steps[-1].message
    (request,) = receiver.received
    assert (request.method, request.headers["authorization"]) == ("HEAD", f"Bearer {CANARY}")


@pytest.mark.parametrize("status", [200, 404, 422, 500, 503])
async def test_any_answer_but_a_refusal_passes(house: SmallHouse, place: Place, status: int) -> None:
    async with run_receiver(lambda _: Reply(status, body=b"")) as receiver:
        result = await probe(house, place, receiver.url)
    assert (result.passed, result.status) == (True, status)


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_credentials_are_reached_and_refused(house: SmallHouse, place: Place, status: int) -> None:
    async with run_receiver(lambda _: Reply(status, body=b"")) as receiver:
        result = await probe(house, place, receiver.url)
    assert told(result) == [("Address", True), ("Connection", True), ("Answer", False)]
    assert "Reached, credentials refused" in result.steps[-1].message


@pytest.mark.parametrize("status", [403, 405, 501])
async def test_get_is_asked_where_head_tells_nothing(house: SmallHouse, place: Place, status: int) -> None:
    async with run_receiver() as receiver:
        deaf_to_head(receiver, status)
        result = await probe(house, place, receiver.url)
    assert result.passed
    assert [request.method for request in receiver.received] == ["HEAD", "GET"]


async def test_redirect_is_told_and_not_followed(house: SmallHouse, place: Place) -> None:
    async with run_receiver(lambda _: Reply(302, {"location": "http://127.0.0.1:1/"}, b"")) as receiver:
        result = await probe(house, place, receiver.url)
    assert result.passed
    assert "never followed" in result.steps[-1].message
    assert len(receiver.received) == 1


async def test_closed_port_fails_at_the_connection(house: SmallHouse, place: Place) -> None:
    async with run_receiver() as receiver:
        url = receiver.url
    result = await probe(house, place, url)
    assert told(result) == [("Address", True), ("Connection", False), ("Answer", None)]


async def test_forbidden_address_fails_before_anything_is_sent(house: SmallHouse, place: Place) -> None:
    strict = OutboundClient(allow_insecure_http=True)
    async with run_receiver() as receiver:
        result = await probe(house, place, receiver.url, client=strict)
        await strict.close()
    assert told(result) == [("Address", False), ("Connection", None), ("Answer", None)]
    assert "TESSERA_ALLOWED_NETWORKS" in result.steps[0].message
    assert receiver.received == []


async def test_broken_answer_fails_at_the_answer(house: SmallHouse, place: Place) -> None:
    async with run_receiver(lambda _: Reply(reset=True)) as receiver:
        result = await probe(house, place, receiver.url)
    assert told(result) == [("Address", True), ("Connection", True), ("Answer", False)]


async def test_untrusted_certificate_fails_at_the_connection(house: SmallHouse, place: Place, tmp_path: Path) -> None:
    async with run_wires(answer_ok, context=issue("127.0.0.1").server_context(tmp_path)) as server:
        result = await probe(house, place, f"https://127.0.0.1:{server.port}")
    assert told(result) == [("Address", True), ("Connection", False), ("Answer", None)]
    assert "not trusted" in result.steps[1].message


async def test_profile_brings_its_own_authority(house: SmallHouse, place: Place, tmp_path: Path) -> None:
    authority = issue("Our Authority", authority=True)
    context = issue("127.0.0.1", by=authority).server_context(tmp_path)
    async with run_wires(answer_ok, context=context) as server:
        url = f"https://127.0.0.1:{server.port}"
        given = {"base_url": url, "token": CANARY, "ca_certificate": authority.pem().decode()}
        trusting = await create(house, place, url, settings=given)
        result = await connectors.test_profile(
            house.resources, house.client, OWNER, chain_id=place.chain_id, profile_id=trusting.id, options=()
        )
        assert told(result) == [("Address", True), ("Connection", True), ("Answer", True)]
        assert "over TLS, and its certificate is trusted" in result.steps[1].message
        # Beside it, a profile of the same address that brings none.
        assert told(await probe(house, place, url))[1] == ("Connection", False)


async def test_no_secret_is_told_or_kept(house: SmallHouse, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def echo(request: Received) -> Reply:
        return Reply(401, {"x-echo": request.headers["authorization"]}, b"")

    async with run_receiver(echo) as receiver:
        result = await probe(house, place, f"{receiver.url}/{CANARY}?key={CANARY}")
    async with house.database.session() as session:
        kept = (await session.execute(text("SELECT c::text FROM profile_calls c"))).scalars().all()
        trail = (await session.execute(text("SELECT after::text FROM audit_entries WHERE action = 'tested'"))).scalars()
        assert len(kept) == 1
        assert CANARY not in repr(result) + "".join(kept) + "".join(trail)


async def test_outcome_is_kept_and_tells_the_health(house: SmallHouse, place: Place) -> None:
    answers = [Reply(401, body=b""), Reply(200, body=b"")]
    async with run_receiver(lambda _: answers.pop(0)) as receiver:
        profile = await create(house, place, receiver.url)
        health = []
        for _ in range(3):
            async with house.database.session() as session:
                health.append((await profile_health(session, OWNER))[profile.id].health)
            if answers:
                await connectors.test_profile(
                    house.resources, house.client, OWNER, chain_id=place.chain_id, profile_id="crm", options=()
                )
    assert health == [Health.UNKNOWN, Health.NEEDS_YOU, Health.FINE]
    async with house.database.session() as session:
        newest, first = await list_calls(session, OWNER, place.chain_id, profile.id)
        by_type = await health_by_type(session, OWNER, chain_id=place.chain_id)
    assert (newest.passed, newest.status, first.passed, first.status) == (True, 200, False, 401)
    assert newest.latency_ms
    assert newest.latency_ms > 0
    assert by_type == {"http_api": {Health.FINE: 1, Health.NEEDS_YOU: 0, Health.UNKNOWN: 0}}


async def test_newest_fifty_calls_are_kept(house: SmallHouse, place: Place) -> None:
    profile = await create(house, place, "http://127.0.0.1:1")
    other = await create(house, place, "http://127.0.0.1:1")
    async with house.database.session() as session:
        await record_call(session, other.id, NewCall(CallKind.RUN, passed=True, message="other"))
        for number in range(60):
            await record_call(session, profile.id, NewCall(CallKind.RUN, passed=True, message=f"{number}"))
        calls = await list_calls(session, OWNER, place.chain_id, profile.id)
        assert [call.message for call in calls] == [str(number) for number in range(59, 9, -1)]
        assert len(await list_calls(session, OWNER, place.chain_id, other.id)) == 1


async def test_call_of_a_deleted_profile_is_forgotten(house: SmallHouse, place: Place) -> None:
    profile = await create(house, place, "http://127.0.0.1:1")
    async with house.database.session() as session:
        await connectors.delete_profile(session, OWNER, place.chain_id, profile.id)
        await record_call(session, profile.id, NewCall(CallKind.TEST, passed=True, message="late\x00"))
        assert await session.scalar(text("SELECT count(*) FROM profile_calls")) == 0


async def test_outsider_and_reader_may_not_test(house: SmallHouse, place: Place) -> None:
    profile = await create(house, place, "http://127.0.0.1:1")
    asked: dict[str, Any] = {"chain_id": place.chain_id, "profile_id": profile.id, "options": ()}
    with pytest.raises(ProfileNotFoundError):
        await connectors.test_profile(house.resources, house.client, place.outsider, **asked)
    with pytest.raises(DeniedError):
        await connectors.test_profile(house.resources, house.client, place.reader("connection-profiles:read"), **asked)
    async with house.database.session() as session:
        with pytest.raises(ProfileNotFoundError):
            await list_calls(session, place.outsider, place.chain_id, profile.id)
        with pytest.raises(DeniedError):
            await list_calls(session, place.reader("exports:read"), place.chain_id, profile.id)
        assert await profile_health(session, place.outsider) == {}
        assert await profile_health(session, place.outsider, chain_id=place.chain_id) == {}
        assert await health_by_type(session, place.outsider) == {}


async def test_draft_and_unknown_option_are_refused(house: SmallHouse, place: Place) -> None:
    draft = await create(house, place, "", settings={}, draft=True)
    with pytest.raises(ProfileDisabledError, match="incomplete"):
        await connectors.test_profile(
            house.resources, house.client, OWNER, chain_id=place.chain_id, profile_id=draft.id, options=()
        )
    ready = await create(house, place, "http://127.0.0.1:1", enabled=False)
    with pytest.raises(SettingsInvalidError, match="no option 'fly'"):
        await connectors.test_profile(
            house.resources, house.client, OWNER, chain_id=place.chain_id, profile_id=ready.id, options=["fly"]
        )


async def test_type_without_a_probe_says_so(house: SmallHouse, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = await create(house, place, "http://127.0.0.1:1")
    silent = replace(get_connector("http_api"), probe=None)
    monkeypatch.setattr("tessera.connectors.probes.get_connector", lambda _: silent)
    with pytest.raises(NotTestableError, match="nothing harmless"):
        await connectors.test_profile(
            house.resources, house.client, OWNER, chain_id=place.chain_id, profile_id=profile.id, options=()
        )


async def test_slow_side_is_given_up(house: SmallHouse, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tessera.connectors.probes.LONGEST_SECONDS", 0.2)
    async with run_receiver(lambda _: Reply(hang=True)) as receiver:
        result = await probe(house, place, receiver.url)
    assert told(result) == [("Time", False)]
