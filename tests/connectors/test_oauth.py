"""OAuth 2.0 with client credentials: how a token is asked for, used, renewed, shared and replaced."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import Any

import pytest
from sqlalchemy import text
from tests.builders.places import OWNER, Place
from tests.builders.receivers import Reply
from tests.builders.token_servers import CLIENT, SECRET, HandOuts, OAuthPair, run_oauth_pair

from tessera import connectors, outbound
from tessera.connectors import AddressPolicy, NewProfile, Profile, ProfileChange
from tessera.connectors.tokens import TokenKeeper, keeper, store
from tessera.outbound import OutcomeKind, Sender
from tessera.outbound.rendering import Method, PlannedRequest, TemplateShape, plain_shape
from tessera.platform.db import Row, Session
from tessera.platform.http import OutboundClient
from tessera.platform.resources import Resources

NETWORKS = (ip_network("127.0.0.0/8"),)
POLICY = AddressPolicy(allow_insecure_http=True, allowed_networks=NETWORKS)
SHAPE = plain_shape(TemplateShape(Method.POST, url_path="/members", body="{}"))
JSON = (("Content-Type", "application/json"),)


def planned(key: str) -> PlannedRequest:
    """Return a request by its idempotency key."""
    return PlannedRequest(0, (1,), "POST", "/members", JSON, b"[1]", key)


@dataclass(frozen=True)
class Door:
    """Makes profiles and senders on one ground."""

    place: Place
    resources: Resources
    client: OutboundClient

    async def create(self, settings: dict[str, Any], **given: Any) -> Profile:
        """Create an OAuth profile."""
        new = replace(NewProfile("http_api", "oauth2", "CRM", settings=settings), **given)
        async with self.resources.database.session() as session:
            return await connectors.create_profile(
                session, OWNER, chain_id=self.place.chain_id, new=new, keys=self.resources.keys, policy=POLICY
            )

    async def change(self, profile: Profile, **given: Any) -> None:
        """Change a profile."""
        async with self.resources.database.session() as session:
            await connectors.update_profile(
                session, OWNER, profile, ProfileChange(**given), keys=self.resources.keys, policy=POLICY
            )

    async def sender(self, profile: Profile) -> Sender:
        """Open a sender, as every worker process has one of its own."""
        async with self.resources.database.session() as session:
            return await outbound.open_sender(
                session,
                OWNER,
                chain_id=self.place.chain_id,
                profile_id=profile.id,
                shape=SHAPE,
                resources=self.resources,
                client=self.client,
            )

    async def count_stored(self) -> int:
        """Return how many tokens are stored."""
        async with self.resources.database.session() as session:
            return await session.scalar(text("SELECT count(*) FROM oauth_tokens WHERE sealed_token IS NOT NULL")) or 0


@pytest.fixture
async def door(place: Place, resources: Resources) -> AsyncIterator[Door]:
    """Give a door with a client that may call loopback."""
    client = OutboundClient(allowed_networks=NETWORKS, allow_insecure_http=True)
    yield Door(place, resources, client)
    await client.close()


@pytest.fixture
async def pair() -> AsyncIterator[OAuthPair]:
    """Run a token server and a resource server."""
    async with run_oauth_pair() as running:
        yield running


async def test_token_is_asked_for_once_and_sent(door: Door, pair: OAuthPair) -> None:
    sender = await door.sender(await door.create(pair.settings()))
    answers = [await sender.send(planned(f"key-{number}")) for number in range(5)]
    assert {answer.status for answer in answers} == {200}
    (request,) = pair.token_receiver.received
    assert (request.method, request.path) == ("POST", "/token")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert pair.tokens.asked == [{"grant_type": ["client_credentials"]}]
    assert {each.headers["authorization"] for each in pair.resource_receiver.received} == {"Bearer token-1"}


async def test_every_property_stands_in_the_request(door: Door, pair: OAuthPair) -> None:
    settings = pair.settings(
        client_authentication="body",
        scope=" read   write ",
        audience="https://api.example.com",
        extra_token_parameters='{"resource": "urn:x y&z"}',
        static_headers=[{"name": "X-Tenant", "value": "7"}],
    )
    sender = await door.sender(await door.create(settings))
    assert (await sender.send(planned("key"))).status == 200
    assert pair.tokens.asked == [
        {
            "grant_type": ["client_credentials"],
            "scope": ["read write"],
            "audience": ["https://api.example.com"],
            "resource": ["urn:x y&z"],
            "client_id": [CLIENT],
            "client_secret": [SECRET],
        }
    ]
    (asked,) = pair.token_receiver.received
    assert "authorization" not in asked.headers
    assert "x-tenant" not in asked.headers
    assert SECRET not in asked.path


async def test_another_sender_takes_the_stored_token(door: Door, pair: OAuthPair) -> None:
    profile = await door.create(pair.settings())
    for number in range(3):
        sender = await door.sender(profile)
        assert (await sender.send(planned(f"key-{number}"))).status == 200
    assert len(pair.tokens.asked) == 1


async def test_many_senders_at_once_ask_once(door: Door, pair: OAuthPair) -> None:
    pair.tokens.delay = 0.2
    profile = await door.create(pair.settings())
    senders = [await door.sender(profile) for _ in range(4)]
    answers = await asyncio.gather(
        *(sender.send(planned(f"{number}-{at}")) for at, sender in enumerate(senders) for number in range(25))
    )
    assert {answer.status for answer in answers} == {200}
    assert len(pair.tokens.asked) == 1
    assert pair.token_receiver.most_in_flight == 1


@pytest.mark.parametrize(
    ("property_", "value"),
    [
        ("client_secret", "another"),
        ("scope", "read"),
        ("audience", "x"),
        ("client_authentication", "body"),
        ("token_expiration_seconds", 60),
        ("extra_token_parameters", {"a": "b"}),
    ],
)
async def test_changed_property_drops_the_token(door: Door, pair: OAuthPair, property_: str, value: Any) -> None:
    profile = await door.create(pair.settings())
    sender = await door.sender(profile)
    await sender.send(planned("before"))
    assert await door.count_stored() == 1
    await door.change(profile, settings={property_: value})
    assert await door.count_stored() == 0
    await (await door.sender(profile)).send(planned("after"))
    assert len(pair.tokens.asked) == 2


async def test_changed_label_keeps_the_token(door: Door, pair: OAuthPair) -> None:
    profile = await door.create(pair.settings())
    await (await door.sender(profile)).send(planned("before"))
    await door.change(profile, label="Other")
    await (await door.sender(profile)).send(planned("after"))
    assert len(pair.tokens.asked) == 1


async def test_refused_token_is_replaced_once_and_replayed_once(door: Door, pair: OAuthPair) -> None:
    profile = await door.create(pair.settings())
    sender, other = await door.sender(profile), await door.sender(profile)
    await sender.send(planned("first"))
    await other.send(planned("other"))
    pair.tokens.revoked.add("token-1")
    answers = await asyncio.gather(*(sender.send(planned(f"key-{number}")) for number in range(50)))
    assert {answer.status for answer in answers} == {200}
    assert (await other.send(planned("late"))).status == 200
    assert len(pair.tokens.asked) == 2
    assert max(pair.resource.refused.values()) == 1
    assert set(pair.resource.taken.values()) == {1}


async def test_second_refusal_ends_the_run(door: Door, pair: OAuthPair) -> None:
    pair.resource_receiver.script = lambda _: Reply(401)
    sender = await door.sender(await door.create(pair.settings()))
    answer = await sender.send(planned("key"))
    assert (answer.status, answer.kind) == (401, OutcomeKind.CREDENTIALS)
    assert len(pair.tokens.asked) == 2
    assert len(pair.resource_receiver.received) == 2


async def test_forbidden_is_no_reason_for_another_token(door: Door, pair: OAuthPair) -> None:
    pair.resource_receiver.script = lambda _: Reply(403)
    sender = await door.sender(await door.create(pair.settings()))
    assert (await sender.send(planned("key"))).kind is OutcomeKind.CREDENTIALS
    assert len(pair.tokens.asked) == 1


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (Reply(401, body=b'{"error":"invalid_client"}'), "credentials", "oauth_invalid_client"),
        (Reply(429, {"retry-after": "7"}), "transient", "oauth_unavailable"),
    ],
)
async def test_without_a_token_nothing_is_sent(door: Door, pair: OAuthPair, reply: Reply, kind: str, code: str) -> None:
    pair.tokens.answer = lambda _: reply
    sender = await door.sender(await door.create(pair.settings()))
    answer = await sender.send(planned("key"))
    assert (answer.status, answer.kind, answer.code) == (None, kind, code)
    assert answer.retry_after == (7.0 if reply.status == 429 else None)
    assert pair.resource_receiver.received == []
    # Whoever comes next may try at once.
    pair.tokens.answer = lambda _: None
    assert (await sender.send(planned("again"))).status == 200


@pytest.mark.parametrize(("given", "seconds"), [({}, 500), ({"expires_in": "60"}, 60), ({"expires_in": 90.5}, 90.5)])
async def test_lifetime_comes_from_the_answer_or_the_profile(
    door: Door, pair: OAuthPair, given: dict[str, Any], seconds: float
) -> None:
    body = json.dumps({"access_token": "token-1", "token_type": "BEARER", **given}).encode()
    pair.tokens.answer = lambda _: Reply(200, body=body)
    sender = await door.sender(await door.create(pair.settings(token_expiration_seconds=500)))
    await sender.send(planned("key"))
    async with door.resources.database.session() as session:
        usable = await session.scalar(
            text("SELECT extract(epoch FROM usable_until - clock_timestamp())::float8 FROM oauth_tokens")
        )
    assert usable == pytest.approx(seconds - min(60, seconds / 10), abs=5)


async def test_token_is_renewed_before_it_expires(door: Door, pair: OAuthPair, monkeypatch: pytest.MonkeyPatch) -> None:
    handed = HandOuts()
    monkeypatch.setattr(TokenKeeper, "get", handed.watch())
    pair.tokens.lifetime = 0.5
    sender = await door.sender(await door.create(pair.settings()))
    while len(pair.tokens.asked) < 3:
        assert (await sender.send(planned("key"))).status == 200
        await asyncio.sleep(0.01)
    assert handed.over == 0
    assert len(handed.usable_until) >= 3
    for token, usable_until in handed.usable_until.items():
        assert usable_until <= pair.tokens.ends[token] - 0.05 + 0.01


async def test_tokens_that_end_at_once_are_not_fetched_for_ever(door: Door, pair: OAuthPair) -> None:
    pair.tokens.lifetime, pair.tokens.delay = 0.05, 0.1
    sender = await door.sender(await door.create(pair.settings()))
    answer = await sender.send(planned("key"))
    assert (answer.kind, answer.code) == (OutcomeKind.TRANSIENT, "oauth_token_too_short")
    assert len(pair.tokens.asked) == keeper.MOST_TRIES
    assert pair.resource_receiver.received == []


async def test_dead_holder_blocks_others_for_a_lease_only(
    door: Door, pair: OAuthPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "LEASE_SECONDS", 3600)
    looks, find_token = [], store.find_token

    async def find_and_note(session: Session, place: store.Place) -> Row | None:
        row = await find_token(session, place)
        looks.append(bool(row and row["claimed"]))
        return row

    profile = await door.create(pair.settings())
    dead, alive = await door.sender(profile), await door.sender(profile)
    monkeypatch.setattr("tessera.connectors.tokens.store.RELEASE", text("SELECT :claim, :profile_id, :fingerprint"))
    pair.tokens.answer = lambda _: Reply(hang=True)
    task = asyncio.create_task(dead.send(planned("dead")))
    await pair.tokens.wait_until_asked()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    pair.tokens.answer = lambda _: None
    monkeypatch.setattr(store, "find_token", find_and_note)
    waiting = asyncio.create_task(alive.send(planned("alive")))
    while len(looks) < 3:  # noqa: ASYNC110 - the sender knows nothing of who counts
        await asyncio.sleep(0.01)
    assert all(looks)
    assert len(pair.tokens.asked) == 1
    async with door.resources.database.session() as session:
        held = await session.scalar(
            text("SELECT extract(epoch FROM claimed_until - clock_timestamp()) FROM oauth_tokens")
        )
        assert 3000 < held <= 3600
        await session.execute(text("UPDATE oauth_tokens SET claimed_until = clock_timestamp()"))
    assert (await waiting).status == 200
    assert len(pair.tokens.asked) == 2


async def test_slow_holder_keeps_its_claim(door: Door, pair: OAuthPair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "LEASE_SECONDS", 0.3)
    pair.tokens.delay = 1.0
    profile = await door.create(pair.settings())
    senders = [await door.sender(profile) for _ in range(3)]
    answers = await asyncio.gather(*(sender.send(planned(f"{at}")) for at, sender in enumerate(senders)))
    assert {answer.status for answer in answers} == {200}
    assert len(pair.tokens.asked) == 1


async def test_cancelled_caller_leaves_the_others_their_token(door: Door, pair: OAuthPair) -> None:
    pair.tokens.delay = 0.3
    sender = await door.sender(await door.create(pair.settings()))
    first, second = (asyncio.create_task(sender.send(planned(f"{at}"))) for at in range(2))
    await asyncio.sleep(0.1)
    first.cancel()
    assert (await second).status == 200
    assert len(pair.tokens.asked) == 1


async def test_last_caller_to_give_up_frees_the_claim(door: Door, pair: OAuthPair) -> None:
    profile = await door.create(pair.settings())
    sender = await door.sender(profile)
    pair.tokens.answer = lambda _: Reply(hang=True)
    task = asyncio.create_task(sender.send(planned("given up")))
    await pair.tokens.wait_until_asked()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    pair.tokens.answer = lambda _: None
    async with asyncio.timeout(keeper.LEASE_SECONDS / 2):
        assert (await sender.send(planned("next"))).status == 200


async def test_no_transaction_is_open_while_the_server_takes_its_time(door: Door, pair: OAuthPair) -> None:
    pair.tokens.delay = 0.5
    sender = await door.sender(await door.create(pair.settings()))
    task = asyncio.create_task(sender.send(planned("key")))
    await pair.tokens.wait_until_asked()
    await asyncio.sleep(0.1)
    async with door.resources.database.session() as session:
        idle = await session.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()"
            )
        )
    await task
    assert idle == 0


async def test_token_that_no_key_opens_is_fetched_anew(door: Door, pair: OAuthPair) -> None:
    profile = await door.create(pair.settings())
    await (await door.sender(profile)).send(planned("first"))
    async with door.resources.database.session() as session:
        await session.execute(text("UPDATE oauth_tokens SET sealed_token = 'v1.gone.AAAA'"))
    assert (await (await door.sender(profile)).send(planned("second"))).status == 200
    assert len(pair.tokens.asked) == 2


async def test_token_stands_nowhere_in_plain_text(door: Door, pair: OAuthPair) -> None:
    pair.resource_receiver.script = lambda request: Reply(200, body=request.headers["authorization"].encode())
    sender = await door.sender(await door.create(pair.settings()))
    answer = await sender.send(planned("key"))
    async with door.resources.database.session() as session:
        stored = await session.scalar(text("SELECT t::text FROM oauth_tokens t"))
    kept = "".join(sender.make_excerpts(planned("key"), answer))
    assert "token-1" not in f"{stored}{kept}{sender!r}"
    assert "Authorization: ***" in kept


async def test_copy_has_a_token_of_its_own(door: Door, pair: OAuthPair) -> None:
    profile = await door.create(pair.settings())
    async with door.resources.database.session() as session:
        copy = await connectors.copy_profile(session, OWNER, door.place.chain_id, profile.id, keys=door.resources.keys)
    for each in (profile, copy):
        assert (await (await door.sender(each)).send(planned("key"))).status == 200
    assert len(pair.tokens.asked) == 2


async def test_deleted_profile_takes_its_token_along(door: Door, pair: OAuthPair) -> None:
    profile = await door.create(pair.settings())
    sender = await door.sender(profile)
    await sender.send(planned("key"))
    async with door.resources.database.session() as session:
        await connectors.delete_profile(session, OWNER, door.place.chain_id, profile.id)
    assert await door.count_stored() == 0


async def test_test_connection_gets_a_token_first(door: Door, pair: OAuthPair) -> None:
    profile = await door.create(pair.settings())
    asked: dict[str, Any] = {"chain_id": door.place.chain_id, "profile_id": profile.id, "options": ()}
    result = await connectors.test_profile(door.resources, door.client, OWNER, **asked)
    assert [(step.title, step.passed) for step in result.steps] == [
        ("Access token", True),
        ("Address", True),
        ("Connection", True),
        ("Answer", True),
    ]
    await door.change(profile, settings={"client_secret": "wrong"})
    result = await connectors.test_profile(door.resources, door.client, OWNER, **asked)
    assert [step.passed for step in result.steps] == [False, None, None, None]
    assert "invalid_client" in result.steps[0].message


async def test_keeper_does_not_print_secrets(door: Door, pair: OAuthPair) -> None:
    sender = await door.sender(await door.create(pair.settings()))
    kept = sender._tokens  # type: ignore[attr-defined]
    assert isinstance(kept, TokenKeeper)
    token = await kept.get()
    assert "token-1" not in repr(token)
    assert SECRET not in repr(kept._grant)
