"""Templates over the API: made, changed, previewed, sent, refused by code, hidden from outsiders."""

from typing import Any

import msgspec
import pytest
from tests.api.management.conftest import BuildDesk, Desk
from tests.builders.receivers import Reply, run_receiver

BASE = "/http-templates"
SECRET = "canary-7f3a9"
BODY = '{"id": "{{ membership_id }}", "points": "{{ balance }}"}'


@pytest.fixture
async def desk(configure: BuildDesk) -> Desk:
    """Return an API that may call this machine."""
    return await configure(allowed_networks="127.0.0.0/8", allow_insecure_http=True)


async def make(desk: Desk, url: str = "https://crm.example.com/v1", **given: Any) -> Any:
    """Make a profile, a query and a template."""
    chain = str(desk.chain_id)
    settings = {"base_url": url, "token": SECRET}
    profile = await desk.good(
        "POST",
        "/connection-profiles",
        status=201,
        chain_id=chain,
        type="http_api",
        variant="bearer",
        label="CRM",
        settings=settings,
    )
    text = "SELECT membership_id, balance FROM members"
    query = await desk.good(
        "POST", "/queries", status=201, chain_id=chain, label="Members", text=text, key_columns=["membership_id"]
    )
    members = {
        "chain_id": chain,
        "label": "Out",
        "query_id": query["id"],
        "profile_id": profile["id"],
        "url_path": "/members/{{ membership_id }}",
        "headers": [{"name": "X-Key", "value": f"{SECRET}-header", "secret": True}],
        "body": BODY,
    }
    return await desk.good("POST", BASE, status=201, **{**members, **given})


async def test_template_comes_back_as_it_was_made(desk: Desk) -> None:
    path = {"items": "/errors", "key": "/id", "column": "membership_id"}
    made = await make(desk, success_statuses=[[200, 299], [409, 409]], error_path=path)

    assert (made["state"], made["method"], made["version"]) == ("ready", "POST", 1)
    assert made["headers"] == [{"name": "X-Key", "value": "***", "secret": True}]
    assert made["success_statuses"] == [[200, 299], [409, 409]]
    assert made["error_path"]["column"] == "membership_id"
    assert await desk.good("GET", f"{BASE}/out") == made
    assert (await desk.good("GET", f"{BASE}?q=out&ready=true"))["items"] == [made]
    assert SECRET not in msgspec.json.encode(made).decode()


async def test_draft_may_lack_everything_and_be_completed(desk: Desk) -> None:
    whole = await make(desk)
    draft = await desk.good("POST", BASE, status=201, chain_id=str(desk.chain_id), label="New", draft=True)
    path = f"{BASE}/{draft['id']}"

    assert (draft["state"], draft["query_id"]) == ("incomplete", None)
    assert (await desk.good("GET", f"{BASE}?ready=true"))["items"] == [whole]
    refused = await desk.call("POST", f"{path}/preview")
    assert (refused.status, refused.data["code"]) == (409, "template_incomplete")
    missing = await desk.call("PATCH", path, body=BODY)
    assert missing.status == 422
    assert {one["pointer"] for one in missing.data["errors"]} == {"/query_id", "/profile_id"}
    ready = await desk.good("PATCH", path, query_id=whole["query_id"], profile_id=whole["profile_id"], body=BODY)
    assert ready["state"] == "ready"


async def test_change_keeps_what_is_left_out(desk: Desk) -> None:
    made = await make(desk)
    path = f"{BASE}/{made['id']}"
    tag = (await desk.call("GET", path)).headers["etag"]
    body = b'{"label": "Other", "headers": [{"name": "x-key", "value": "***", "secret": true}]}'

    changed = await desk.send("PATCH", path, body, headers={"If-Match": tag})
    stale = await desk.send("PATCH", path, b"{}", headers={"If-Match": tag})

    assert (changed.status, changed.data["label"], changed.data["body"]) == (200, "Other", BODY)
    assert (stale.status, stale.data["code"]) == (412, "version_conflict")
    assert (await desk.send("DELETE", path, headers={"If-Match": tag})).status == 412


@pytest.mark.parametrize(
    ("change", "status", "code", "pointer"),
    [
        ({"body": '{"x": "{{ nobody }}"}'}, 422, "unknown_column", "/body"),
        ({"url_path": "/{{ nobody }}"}, 422, "unknown_column", "/url_path"),
        ({"body": "{"}, 422, "validation_failed", "/body"),
        ({"body": '{"x": "{{ self.__class__ }}"}'}, 422, "validation_failed", "/body"),
        ({"body": '{"x": "{% for a in b %}"}'}, 422, "validation_failed", "/body"),
        ({"headers": [{"name": "X-A", "value": "a\r\nB: c"}]}, 422, "validation_failed", "/headers"),
        ({"headers": [{"name": "a b", "value": ""}]}, 422, "validation_failed", "/headers"),
        ({"method": "GET"}, 422, "validation_failed", "/body"),
        ({"envelope": '{"a": "{{ records }}"}'}, 422, "validation_failed", "/envelope"),
        ({"batch_size": 0}, 422, "request_invalid", "/batch_size"),
        ({"success_statuses": [[99, 700]]}, 422, "validation_failed", "/success_statuses"),
        ({"idempotency_header": "a b"}, 422, "validation_failed", "/idempotency_header"),
        ({"template_type": "inbound_api"}, 409, "template_type_immutable", None),
        ({"method": "HEAD"}, 422, "request_invalid", "/method"),
        ({"body": "a\0b"}, 422, "request_invalid", "/body"),
    ],
)
async def test_what_cannot_work_is_refused_at_its_place(
    desk: Desk, change: dict[str, Any], status: int, code: str, pointer: str | None
) -> None:
    made = await make(desk)
    reply = await desk.send("PATCH", f"{BASE}/{made['id']}", msgspec.json.encode(change))
    assert (reply.status, reply.data["code"]) == (status, code)
    if pointer:
        assert reply.data["errors"][0]["pointer"] == pointer


async def test_type_is_outbound_api_and_no_other(desk: Desk) -> None:
    reply = await desk.call("POST", BASE, chain_id=str(desk.chain_id), label="x", template_type="inbound", draft=True)
    assert (reply.status, reply.data["errors"][0]["pointer"]) == (422, "/template_type")


async def test_preview_masks_and_test_arrives(desk: Desk) -> None:
    await desk.add_memberships(2)
    async with run_receiver(lambda _: Reply(202, body=b'{"ok": true}')) as receiver:
        path = f"{BASE}/{(await make(desk, receiver.url))['id']}"
        preview = await desk.good("POST", f"{path}/preview")
        assert receiver.received == []
        sent = await desk.good("POST", f"{path}/send-test")
    (arrived,) = receiver.received

    shown = preview["request"]
    assert shown["url"] == f"{receiver.url}{arrived.path}"
    assert dict(shown["headers"])["Authorization"] == "***"
    assert msgspec.json.decode(shown["body"]) == msgspec.json.decode(arrived.body)
    assert (sent["status"], sent["outcome"]) == (202, "ok")
    assert sent["latency_ms"] > 0
    assert arrived.headers["x-key"] == f"{SECRET}-header"
    assert SECRET not in msgspec.json.encode([preview, sent]).decode()


async def test_copy_and_deletion(desk: Desk) -> None:
    made = await make(desk)
    copied = await desk.good("POST", f"{BASE}/{made['id']}/copy", status=201)
    assert (copied["label"], copied["internal_name"]) == ("Out (1)", "out_1")
    members = {"chain_id": str(desk.chain_id), "label": "Nightly", "query": made["query_id"]}
    await desk.good("POST", "/export-definitions", status=201, **members, template=made["id"])
    reply = await desk.call("DELETE", f"{BASE}/{made['id']}")
    assert (reply.status, reply.data["code"]) == (409, "in_use")
    assert "Nightly" in reply.data["detail"]
    assert (await desk.call("DELETE", f"{BASE}/{copied['id']}")).status == 204


async def test_draft_is_selected_nowhere(desk: Desk) -> None:
    made = await make(desk)
    draft = await desk.good("POST", BASE, status=201, chain_id=str(desk.chain_id), label="New", draft=True)
    members = {"chain_id": str(desk.chain_id), "label": "Nightly", "query": made["query_id"]}
    reply = await desk.call("POST", "/export-definitions", **members, template=draft["id"])
    assert (reply.status, reply.data["code"]) == (409, "template_incomplete")


async def test_outsider_finds_nothing(desk: Desk, stranger: Desk) -> None:
    made = await make(desk)
    assert (await stranger.good("GET", BASE))["items"] == []
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/copy"), ("POST", "/preview"), ("POST", "/send-test")):
        assert (await stranger.call(method, f"{BASE}/{made['id']}{path}")).status == 404
    assert (await stranger.call("PATCH", f"{BASE}/{made['id']}", label="x")).status == 404
    refused = await stranger.call("POST", BASE, chain_id=str(desk.chain_id), label="x", draft=True)
    assert refused.status == 404
