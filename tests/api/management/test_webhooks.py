"""Webhook subscriptions over the API: made, changed with If-Match, rotated, replayed, hidden from outsiders."""

from typing import Any
from uuid import uuid4

import pytest
from tests.api.management.conftest import BuildDesk, Desk

from tessera.notifications import Dispatcher
from tessera.platform.events import Event, record_events
from tessera.platform.ids import new_id

URL = "https://crm.example.com/tessera"
BASE = "/webhook-subscriptions"


async def subscribe(desk: Desk, **given: Any) -> Any:
    """Make a subscription."""
    members = {"chain_id": str(desk.chain_id), "label": "CRM", "url": URL, **given}
    return await desk.good("POST", BASE, status=201, **members)


async def deliver(desk: Desk, count: int = 1) -> None:
    """Let things happen, and have deliveries made of them; nothing is sent."""
    async with desk.resources.database.session() as session:
        events = [Event(desk.chain_id, "tier.created", new_id(), {}) for _ in range(count)]
        await record_events(session, events)
    await Dispatcher(desk.resources, None).dispatch()  # type: ignore[arg-type]


async def test_secret_is_shown_once(desk: Desk) -> None:
    made = await subscribe(desk, event_names=["tier.created", "tier.created"])

    one = made["subscription"]
    assert made["secret"].startswith("whsec_")
    assert (one["label"], one["url"], one["enabled"]) == ("CRM", URL, True)
    assert one["event_names"] == ["tier.created"]
    assert await desk.good("GET", f"{BASE}/{one['id']}") == one
    assert (await desk.good("GET", BASE))["items"] == [one]
    rotated = await desk.good("POST", f"{BASE}/{one['id']}/rotate-secret")
    assert rotated["secret"] != made["secret"]
    assert rotated["subscription"]["former_secret_until"] == "2026-05-02T12:00:00Z"


async def test_change_is_made_on_the_version_asked_for(desk: Desk) -> None:
    one = (await subscribe(desk))["subscription"]
    path = f"{BASE}/{one['id']}"
    tag = (await desk.call("GET", path)).headers["etag"]
    assert tag == '"1"'

    changed = await desk.send("PATCH", path, b'{"label": "Mail"}', headers={"If-Match": tag})
    stale = await desk.send("PATCH", path, b'{"label": "Other"}', headers={"If-Match": tag})
    broken = await desk.send("PATCH", path, b'{"label": "Other"}', headers={"If-Match": 'W/"2"'})
    same = await desk.call("PATCH", path, label="Mail")

    assert (changed.status, changed.data["label"], changed.headers["etag"]) == (200, "Mail", '"2"')
    assert (stale.status, stale.data["code"]) == (412, "version_conflict")
    assert broken.status == 412
    assert same.headers["etag"] == '"2"'
    assert (await desk.send("DELETE", path, headers={"If-Match": '"1"'})).status == 412
    await desk.good("PATCH", path, url="https://elsewhere.example.com/", event_names=None, enabled=False)
    assert (await desk.send("DELETE", path, headers={"If-Match": '"3"'})).status == 204
    assert (await desk.call("GET", path)).status == 404


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"url": "http://crm.example.com/"}, "webhook_url_invalid"),
        ({"url": "https://127.0.0.1/"}, "webhook_url_invalid"),
        ({"url": "https://user:word@crm.example.com/"}, "webhook_url_invalid"),
        ({"url": "ftp://crm.example.com/"}, "webhook_url_invalid"),
        ({"url": "crm"}, "webhook_url_invalid"),
        ({"url": f"{URL}#part"}, "webhook_url_invalid"),
        ({"label": "  "}, "webhook_label_invalid"),
        ({"label": ""}, "request_invalid"),
        ({"event_names": []}, "request_invalid"),
        ({"event_names": ["everything"]}, "request_invalid"),
        ({"secret": "whsec_mine"}, "request_invalid"),
    ],
)
async def test_what_cannot_work_is_refused(desk: Desk, members: dict[str, Any], code: str) -> None:
    reply = await desk.call("POST", BASE, **{"chain_id": str(desk.chain_id), "label": "CRM", "url": URL, **members})

    assert (reply.status, reply.data["code"]) == (422, code)
    assert (await desk.good("GET", BASE))["items"] == []


async def test_deliveries_are_listed_and_replayed(desk: Desk) -> None:
    one = (await subscribe(desk))["subscription"]
    path = f"{BASE}/{one['id']}"
    await deliver(desk, 5)

    first = await desk.good("GET", f"{path}/deliveries?limit=3")
    second = await desk.good("GET", f"{path}/deliveries?limit=3&after={first['next']}")
    ids = [item["id"] for item in first["items"] + second["items"]]

    assert len(ids) == len(set(ids)) == 5
    assert ids == sorted(ids, reverse=True)
    assert second["next"] is None
    assert {item["state"] for item in first["items"]} == {"pending"}
    assert (await desk.good("GET", f"{path}/deliveries?state=failed"))["items"] == []
    assert await desk.good("POST", f"{path}/replay", delivery_ids=ids[:2]) == {"deliveries": 2}
    assert await desk.good("POST", f"{path}/replay", failed_since="2026-01-01T00:00:00Z") == {"deliveries": 0}
    assert await desk.good("POST", f"{path}/replay", events_since="2026-01-01T00:00:00Z") == {"deliveries": None}
    await Dispatcher(desk.resources, None).dispatch()  # type: ignore[arg-type]
    assert len((await desk.good("GET", f"{path}/deliveries"))["items"]) == 10
    unknown = await desk.call("POST", f"{path}/replay", delivery_ids=[str(uuid4())])
    assert (unknown.status, unknown.data["code"]) == (404, "webhook_delivery_not_found")
    for body in ({"failed_since": None}, {"delivery_ids": ids, "events_since": "2026-01-01T00:00:00Z"}):
        assert (await desk.call("POST", f"{path}/replay", **body)).status == 422


async def test_test_makes_a_delivery(desk: Desk) -> None:
    one = (await subscribe(desk))["subscription"]
    path = f"{BASE}/{one['id']}"

    made = await desk.good("POST", f"{path}/test", status=201)

    assert (made["event_name"], made["state"]) == ("webhook_subscription.tested", "pending")
    await desk.good("PATCH", path, enabled=False)
    reply = await desk.call("POST", f"{path}/test")
    assert (reply.status, reply.data["code"]) == (409, "webhook_subscription_disabled")


async def test_outsider_finds_nothing(desk: Desk, stranger: Desk) -> None:
    one = (await subscribe(desk))["subscription"]
    path = f"{BASE}/{one['id']}"
    await deliver(desk)

    assert (await stranger.good("GET", BASE))["items"] == []
    assert (await stranger.good("GET", f"{BASE}?chain_id={desk.chain_id}"))["items"] == []
    made = await stranger.call("POST", BASE, chain_id=str(desk.chain_id), label="x", url=URL)
    assert (made.status, made.data["code"]) == (404, "webhook_subscription_chain_not_found")
    for method, place, members in (
        ("GET", "", {}),
        ("PATCH", "", {"label": "x"}),
        ("DELETE", "", {}),
        ("POST", "/rotate-secret", {}),
        ("POST", "/test", {}),
        ("POST", "/replay", {"failed_since": "2026-01-01T00:00:00Z"}),
        ("GET", "/deliveries", {}),
    ):
        reply = await stranger.call(method, path + place, **members)
        assert (reply.status, reply.data["code"]) == (404, "webhook_subscription_not_found")
    assert (await desk.good("GET", path))["label"] == "CRM"


async def test_reader_may_only_read(desk: Desk) -> None:
    one = (await subscribe(desk))["subscription"]
    path = f"{BASE}/{one['id']}"
    reader = await desk.with_new_key(permissions=frozenset({"webhooks:read"}))
    writer = await desk.with_new_key(permissions=frozenset({"webhooks:write"}))

    assert (await reader.call("GET", path)).status == 200
    assert (await reader.call("POST", f"{path}/test")).status == 403
    assert (await writer.call("PATCH", path, label="x")).status == 200
    assert (await writer.call("DELETE", path)).status == 403
    assert (await writer.call("POST", f"{path}/rotate-secret")).status == 403


async def test_missing_chain_is_not_found(root: Desk, configure: BuildDesk) -> None:
    reply = await root.call("POST", BASE, chain_id=str(new_id()), label="x", url=URL)

    assert (reply.status, reply.data["code"]) == (404, "webhook_subscription_chain_not_found")
