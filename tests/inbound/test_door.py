"""The door: whose messages are taken, what is refused and how, and that nothing is ever half stored."""

import gzip
from base64 import b64encode
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.builders.mparticle import batch, encode, firehose, registration

from tessera.platform.db import Database

from .conftest import DOOR, Inlet, create_inbound, deliverer


async def test_token_opens_in_every_scheme(inlet: Inlet) -> None:
    for scheme in ("Token", "Bearer", "bearer", "TOKEN"):
        assert (await inlet.post(firehose(), scheme=scheme)).status_code == 202
    pair = b64encode(f"mparticle:{inlet.token}".encode()).decode()
    assert (await inlet.post(batch(), scheme="Basic", token=pair)).status_code == 202


async def test_firehose_is_answered_in_its_own_envelope(inlet: Inlet) -> None:
    message = firehose(message_id="0190b3c4-5d6e-7f80-9123-456789abcdef")
    answer = await inlet.post(message)
    assert answer.status_code == 202
    told = answer.json()
    assert told.pop("timestamp_ms") > 0
    assert told == {"type": "event_processing_response", "id": message["id"], "firehose_version": "2.1.0"}


async def test_membership_change_keeps_its_subscription(inlet: Inlet) -> None:
    told = (await inlet.post({**firehose(), "type": "audience_membership_change_request"})).json()
    assert told["suspend_subscription"] is False


async def test_wrong_token_is_refused_like_an_unknown_name(inlet: Inlet) -> None:
    unknown = await inlet.post(firehose(), name="nobody")
    for token in ("", "wrong", "tsi_" + "x" * 43, "x" * 5000):
        refused = await inlet.post(firehose(), token=token)
        assert (refused.status_code, unknown.status_code) == (401, 401)
        assert refused.content == unknown.content
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert await inlet.messages() == []


async def test_refusals_are_in_the_trail_once_a_minute(inlet: Inlet) -> None:
    for _ in range(5):
        await inlet.post(firehose(), token="wrong")
    await inlet.post(firehose(), name="nobody")
    found = await inlet.rows(
        "SELECT object_name, origin, e::text AS whole FROM audit_entries e WHERE action = 'refused'"
    )
    assert [row["object_name"] for row in found] == ["crm", "nobody"]
    assert found[0]["origin"] == "127.0.0.1"
    assert "wrong" not in str(found)


async def test_token_decides_between_chains_with_the_same_name(inlet: Inlet) -> None:
    chain_id, other = await create_inbound(inlet.resources, "Hill", "CRM")
    assert other.internal_name == inlet.profile.internal_name
    await inlet.post(firehose("u-1"))
    assert (await inlet.post(firehose("u-2"), token=other.token)).status_code == 202
    await inlet.work()
    found = await inlet.rows("SELECT chain_id, external_id FROM accounts ORDER BY external_id")
    assert found == [
        {"chain_id": inlet.chain_id, "external_id": "u-1"},
        {"chain_id": chain_id, "external_id": "u-2"},
    ]


async def test_registration_is_answered_without_a_token(inlet: Inlet) -> None:
    asked = registration()
    answers = [await inlet.post(asked, token="", name=name) for name in (None, "nobody")]
    assert [answer.status_code for answer in answers] == [200, 200]
    told = answers[0].json()
    assert told["type"] == "module_registration_response"
    identities = told["permissions"]["user_identities"]
    assert [(each["type"], each["encoding"]) for each in identities] == [
        ("customer", "raw"),
        ("email", "raw"),
        ("mobile_number", "raw"),
    ]
    assert told["permissions"]["user_attributes"] == []
    wanted = (await inlet.post(asked)).json()["permissions"]["user_attributes"]
    assert {"name": "$FirstName", "required": False} in wanted
    assert await inlet.messages() == []


async def test_empty_request_is_answered_and_leaves_no_trace(inlet: Inlet) -> None:
    for body in (b"", b"{}", b"[]", b"  \n", b"[{}, {}]", encode(batch(None, events=[]))):
        assert (await inlet.post(body)).status_code == 200
    assert await inlet.messages() == []


async def test_empty_firehose_request_gets_its_answer(inlet: Inlet) -> None:
    answer = await inlet.post(firehose(None, events=[]))
    assert answer.status_code == 200
    assert answer.json()["type"] == "event_processing_response"


async def test_several_messages_are_taken_at_once(inlet: Inlet) -> None:
    told = [firehose("u-1"), batch("u-2"), firehose("u-3")]
    answer = await inlet.post([*told, told[0]])
    assert (answer.status_code, len(answer.json())) == (202, 4)
    await inlet.work()
    assert len(await inlet.members()) == 3
    assert [message.duplicates for message in await inlet.messages()] == [1, 0, 0]


UNREADABLE = (
    b"null",
    b"7",
    b'"text"',
    b"[1]",
    b"[{}, null]",
    b"{",
    b'{"a": \xff}',
    b'{"a": "\xff"}',
    b"[" * 100_000,
    b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    b"[" + b"{}," * 1_000 + b"{}]",
    b'{"a": NaN}',
    b"{} {}",
)


async def test_unreadable_body_is_refused(inlet: Inlet) -> None:
    for body in UNREADABLE:
        answer = await inlet.post(body)
        assert (answer.status_code, answer.json()["code"]) == (400, "inbound_message_invalid"), body[:40]
    assert await inlet.messages() == []


async def test_large_body_is_refused(inlet: Inlet) -> None:
    assert (await inlet.post(b" " * (1024 * 1024 + 1))).status_code == 413
    assert (await inlet.post(encode(batch("u-1", filler="x" * 1_000_000)))).status_code == 202


async def test_compressed_body_is_refused_unread(inlet: Inlet) -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    assert (await inlet.post(bomb, **{"Content-Encoding": "gzip"})).status_code == 415


async def test_other_addresses_lead_nowhere(inlet: Inlet) -> None:
    for path in ["", "/", "/crm/", "/crm/x", "/a-b", "/%63rm", "/" + "x" * 101]:
        answer = await inlet.client.post(f"{DOOR}{path}", headers={"Authorization": f"Token {inlet.token}"})
        assert answer.status_code in (401, 404), path


async def test_only_post_is_answered(inlet: Inlet) -> None:
    answer = await inlet.client.get(f"{DOOR}/crm")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


async def test_switched_off_profile_asks_to_try_again(inlet: Inlet) -> None:
    await inlet.post(firehose("u-1"))
    await inlet.change(enabled=False)
    answer = await inlet.post(firehose("u-2"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert await inlet.work() == 0
    await inlet.change(enabled=True)
    assert await inlet.work() == 1


async def test_database_that_is_away_asks_to_try_again(inlet: Inlet) -> None:
    away = Database("postgresql://nobody@127.0.0.1:9/none")
    async with deliverer(replace(inlet.resources, database=away)) as client:
        headers = {"Authorization": f"Token {inlet.token}"}
        answer = await client.post(f"{DOOR}/crm", content=encode(firehose()), headers=headers)
    await away.close()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


async def test_body_is_sealed(inlet: Inlet) -> None:
    await inlet.post(firehose("u-1", email="canary@example.com"))
    assert "canary" not in str(await inlet.rows("SELECT m::text AS whole FROM inbound_messages m"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = st.sampled_from(
    [*firehose(), *batch(), "deleted_user_attributes", "user_profiles", "environment", "timestamp_ms"]
)
WILD = st.dictionaries(MEMBERS, JSON, max_size=8)


def make_documents(count: int) -> list[dict[str, Any]]:
    """Return documents with the right members and any values."""
    made: list[dict[str, Any]] = []

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(wild=WILD, form=st.sampled_from(["event_processing_request", "dsr_processing_request", None]))
    def collect(wild: dict[str, Any], form: str | None) -> None:
        made.append({**wild, "type": form} if form else wild)

    collect()
    return made


async def test_wild_documents_do_no_harm(inlet: Inlet) -> None:
    documents = make_documents(200)
    assert len(documents) >= 200
    for document in documents:
        answer = await inlet.post(document)
        assert answer.status_code in (200, 202, 400), (document, answer.content)
    await inlet.work()
    messages = await inlet.messages()
    assert {str(message.state) for message in messages} <= {"registered", "updated", "unchanged", "ignored", "rejected"}
    assert "failed" not in {message.reason for message in messages}


async def test_wild_bytes_do_no_harm(inlet: Inlet) -> None:
    bodies: list[bytes] = []

    @settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(body=st.binary(max_size=200))
    def collect(body: bytes) -> None:
        bodies.append(body)

    collect()
    for body in bodies:
        assert (await inlet.post(body)).status_code in (200, 202, 400)
        assert (await inlet.post(body, token="")).status_code in (200, 401)
