"""Inbound messages over the management API: listed, opened, replayed; and the token, made and rotated."""

from typing import Any

import httpx
from tests.api.conftest import Reply
from tests.api.management.conftest import Desk
from tests.builders.mparticle import encode, firehose

from tessera import inbound

DOOR = "/integrations/mparticle/inbound/crm"
BASE = "/connection-profiles"


async def make(desk: Desk) -> Any:
    members = {"chain_id": str(desk.chain_id), "type": "mparticle_inbound", "label": "CRM"}
    return await desk.good("POST", BASE, status=201, **members)


async def deliver(desk: Desk, token: str, *documents: Any) -> Reply:
    """Deliver to the door, which is no part of the management API, and apply."""
    for document in documents:
        reply = await request(desk, encode(document), token)
    await inbound.apply_due_messages(desk.resources)
    return reply


async def request(desk: Desk, body: bytes, token: str) -> Reply:
    application: Any = desk.app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://tessera.test") as client:
        answer = await client.post(DOOR, content=body, headers={"Authorization": f"Token {token}"})
    return Reply(answer.status_code, dict(answer.headers), answer.content)


async def test_token_is_in_the_answer_that_made_it_only(desk: Desk) -> None:
    made = await make(desk)
    assert (await deliver(desk, made["token"], firehose())).status == 202
    assert (await desk.good("GET", f"{BASE}/crm"))["token"] is None
    rotated = await desk.good("POST", f"{BASE}/{made['id']}/rotate-token")
    assert rotated["former_token_until"] is not None
    for token in (made["token"], rotated["token"]):
        assert (await deliver(desk, token, firehose())).status == 202


async def test_second_profile_is_a_conflict(desk: Desk) -> None:
    await make(desk)
    members = {"chain_id": str(desk.chain_id), "type": "mparticle_inbound", "label": "Other"}
    reply = await desk.call("POST", BASE, **members)
    assert (reply.status, reply.data["code"]) == (409, "inbound_profile_exists")


async def test_mapping_is_refused_with_its_place(desk: Desk) -> None:
    made = await make(desk)
    reply = await desk.call("PATCH", f"{BASE}/{made['id']}", settings={"extra_settings": {"user_profiles": {}}})
    assert (reply.status, reply.data["code"]) == (422, "validation_failed")
    (fault,) = reply.data["errors"]
    assert fault["pointer"] == "/settings/extra_settings"
    assert "lookup_by" in fault["message"]


async def test_messages_are_listed_opened_and_replayed(desk: Desk) -> None:
    made = await make(desk)
    path = f"{BASE}/{made['id']}"
    await deliver(desk, made["token"], *(firehose(f"u-{number}") for number in range(3)), firehose(None))
    facts = await desk.good("GET", f"{path}/inbound")
    assert facts["endpoint"] == DOOR
    assert facts["days"][0]["states"] == {"registered": 3, "rejected": 1}
    first = await desk.good("GET", f"{path}/messages?limit=3")
    rest = await desk.good("GET", f"{path}/messages?limit=3&after={first['next']}")
    assert [one["state"] for one in first["items"] + rest["items"]] == ["rejected", *["registered"] * 3]
    (rejected,) = (await desk.good("GET", f"{path}/messages?state=rejected"))["items"]
    opened = await desk.good("GET", f"{path}/messages/{rejected['id']}")
    assert opened["body"]["account"]["account_settings"] == {"apiKey": "***"}
    again = await desk.good("POST", f"{path}/messages/{rejected['id']}/replay")
    assert again["state"] == "waiting"
    applied = await desk.call("POST", f"{path}/messages/{rest['items'][0]['id']}/replay")
    assert (applied.status, applied.data["code"]) == (409, "inbound_message_not_replayable")
    await inbound.apply_due_messages(desk.resources)
    assert await desk.good("POST", f"{path}/messages/replay") == {"messages": 1}


async def test_body_needs_the_right_to_read_members(desk: Desk) -> None:
    made = await make(desk)
    await deliver(desk, made["token"], firehose(email="canary@example.com"))
    clerk = await desk.with_new_key(permissions=frozenset({"connection-profiles:read"}))
    (message,) = (await clerk.good("GET", f"{BASE}/crm/messages"))["items"]
    reply = await clerk.call("GET", f"{BASE}/crm/messages/{message['id']}")
    assert reply.data["body"] is None
    assert b"canary" not in reply.body
    assert (await clerk.call("POST", f"{BASE}/crm/messages/replay")).status == 403


async def test_outsiders_find_nothing(desk: Desk, stranger: Desk) -> None:
    made = await make(desk)
    await deliver(desk, made["token"], firehose(None))
    (message,) = (await desk.good("GET", f"{BASE}/crm/messages"))["items"]
    own = f"{BASE}/{made['id']}"
    for method, path in (
        ("GET", f"{own}/inbound"),
        ("POST", f"{own}/rotate-token"),
        ("GET", f"{own}/messages"),
        ("GET", f"{own}/messages/{message['id']}"),
        ("POST", f"{own}/messages/{message['id']}/replay"),
        ("POST", f"{own}/messages/replay"),
    ):
        assert (await stranger.call(method, path)).status == 404, path
