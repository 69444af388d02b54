"""Queries over the API: saved, changed with If-Match, looked into, refused by code, hidden from outsiders."""

from typing import Any

import pytest
from tests.api.management.conftest import Desk

BASE = "/queries"
TEXT = (
    'SELECT membership_id, membership_number AS "Member, Number", balance FROM members '
    "WHERE coalesce(balance, 0) >= :least"
)


async def make(desk: Desk, **given: Any) -> Any:
    """Save a query with a parameter."""
    members = {
        "chain_id": str(desk.chain_id),
        "label": "Members",
        "text": TEXT,
        "parameters": [{"name": "least", "type": "int", "default": 0}],
        "key_columns": ["membership_id"],
    }
    return await desk.good("POST", BASE, status=201, **{**members, **given})


async def test_query_is_saved_with_its_columns(desk: Desk) -> None:
    made = await make(desk)

    assert (made["internal_name"], made["version"], made["engine"]) == ("members", 1, "sql")
    assert made["columns"][1] == {"name": "Member, Number", "type": "text"}
    assert made["parameters"] == [{"name": "least", "type": "int", "default": 0}]
    assert await desk.good("GET", f"{BASE}/MEMBERS") == made
    assert (await desk.good("GET", f"{BASE}?q=memb&sort=-updated"))["items"] == [made]
    assert (await desk.good("GET", f"{BASE}?q=nobody"))["items"] == []


async def test_columns_come_as_json_or_as_one_line_of_csv(desk: Desk) -> None:
    path = f"{BASE}/{(await make(desk))['id']}/columns"

    plain = await desk.call("GET", path)
    table = await desk.send("GET", path, headers={"Accept": "application/json;q=0.5, text/csv"})
    browser = await desk.send("GET", path, headers={"Accept": "text/csv;q=0.1, application/json"})

    assert [one["name"] for one in plain.data["columns"]] == ["membership_id", "Member, Number", "balance"]
    assert table.headers["content-type"].startswith("text/csv")
    assert table.body == b'membership_id,"Member, Number",balance\r\n'
    assert plain.headers["vary"] == table.headers["vary"] == "Accept"
    assert browser.headers["content-type"] == "application/json"


async def test_query_is_previewed_and_counted_with_values(desk: Desk) -> None:
    await desk.add_memberships(3)
    path = f"{BASE}/{(await make(desk))['id']}"

    preview = await desk.good("POST", f"{path}/preview", parameters={})
    count = await desk.good("POST", f"{path}/count", parameters={"least": 0})
    none = await desk.good("POST", f"{path}/count", parameters={"least": 1000})
    wrong = await desk.call("POST", f"{path}/count", parameters={"nobody": 1})

    assert len(preview["rows"]) == 3
    assert [column["type"] for column in preview["columns"]] == ["uuid", "text", "int"]
    assert (count["count"], none["count"]) == (3, 0)
    assert count["seconds"] > 0
    assert (wrong.status, wrong.data["errors"][0]["pointer"]) == (422, "/parameters")


async def test_preview_shows_every_digit_as_the_export_sends_it(desk: Desk) -> None:
    text = "SELECT 0.12345678901234567890 AS digits, 0.00000001 AS tiny, 1e15::float8 AS f, ARRAY[1.50, NULL] AS list"
    path = f"{BASE}/{(await make(desk, text=text, parameters=[], key_columns=[]))['id']}"
    preview = await desk.send("POST", f"{path}/preview", b'{"parameters": {}}')
    assert b'"rows":[[0.12345678901234567890,0.00000001,1e+15,[1.50,null]]]' in preview.body


async def test_byte_order_mark_before_a_body_is_no_part_of_it(desk: Desk) -> None:
    path = f"{BASE}/{(await make(desk))['id']}"
    changed = await desk.send("PATCH", path, b'\xef\xbb\xbf{"description": "all"}')
    assert (changed.status, changed.data["description"]) == (200, "all")


async def test_change_is_made_on_the_version_asked_for(desk: Desk) -> None:
    path = f"{BASE}/{(await make(desk))['id']}"
    tag = (await desk.call("GET", path)).headers["etag"]

    changed = await desk.send("PATCH", path, b'{"description": "all"}', headers={"If-Match": tag})
    stale = await desk.send("PATCH", path, b'{"label": "Other"}', headers={"If-Match": tag})

    assert (changed.status, changed.headers["etag"], changed.data["description"]) == (200, '"2"', "all")
    assert changed.data["text"] == TEXT
    assert (stale.status, stale.data["code"]) == (412, "version_conflict")
    assert (await desk.send("DELETE", path, headers={"If-Match": tag})).status == 412
    assert (await desk.send("DELETE", path, headers={"If-Match": '"2"'})).status == 204


async def test_copy_has_names_of_its_own(desk: Desk) -> None:
    path = f"{BASE}/{(await make(desk))['id']}"
    copied = await desk.good("POST", f"{path}/copy", status=201)
    assert (copied["label"], copied["internal_name"]) == ("Members (1)", "members_1")


@pytest.mark.parametrize(
    ("change", "status", "code", "pointer"),
    [
        ({"text": "DELETE FROM members"}, 422, "query_invalid", "/text"),
        ({"text": "SELECT nobody FROM members"}, 422, "query_invalid", "/text"),
        ({"text": "SELECT 1 AS a, :unknown AS b"}, 422, "query_invalid", "/text"),
        ({"label": " "}, 422, "query_invalid", "/label"),
        ({"internal_name": "a-b"}, 422, "internal_name_invalid", "/internal_name"),
        ({"internal_name": "Taken"}, 409, "internal_name_taken", "/internal_name"),
        ({"key_columns": ["nobody"]}, 422, "query_invalid", "/key_columns"),
        ({"parameters": [{"name": "from", "type": "int"}]}, 422, "query_invalid", "/parameters"),
        ({"parameters": [{"name": "least", "type": "int", "default": "x"}]}, 422, "query_invalid", "/parameters"),
        ({"label": "a\0b"}, 422, "request_invalid", "/label"),
        ({"description": "x" * 3000}, 422, "request_invalid", "/description"),
        ({"text": "x" * 70_000}, 422, "request_invalid", "/text"),
    ],
)
async def test_what_cannot_work_is_refused_at_its_place(
    desk: Desk, change: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    await make(desk, label="Taken", internal_name="taken")
    reply = await desk.call("POST", BASE, **{"chain_id": str(desk.chain_id), "label": "New", "text": TEXT, **change})
    if "parameters" not in change and reply.data["code"] == "query_invalid" and pointer != "/text":
        members = {"chain_id": str(desk.chain_id), "label": "New", "text": "SELECT 1 AS a", **change}
        reply = await desk.call("POST", BASE, **members)
    assert (reply.status, reply.data["code"], reply.data["errors"][0]["pointer"]) == (status, code, pointer)


async def test_query_in_use_says_by_whom(desk: Desk) -> None:
    query = await make(desk, parameters=[{"name": "least", "type": "int"}])
    template = {"chain_id": str(desk.chain_id), "label": "To the CRM", "query_id": query["id"], "draft": True}
    await desk.good("POST", "/http-templates", status=201, **template)

    reply = await desk.call("DELETE", f"{BASE}/{query['id']}")

    assert (reply.status, reply.data["code"]) == (409, "in_use")
    assert "To the CRM" in reply.data["detail"]


async def test_personal_datasets_need_their_permission(desk: Desk) -> None:
    query = await make(desk)
    weak = await desk.with_new_key(permissions=frozenset({"queries:admin"}))
    for action in ("preview", "count"):
        reply = await weak.call("POST", f"{BASE}/{query['id']}/{action}", parameters={})
        assert (reply.status, reply.data["code"]) == (403, "denied")
    assert (await weak.call("POST", f"{BASE}/{query['id']}/copy")).status == 403


async def test_outsider_finds_nothing(desk: Desk, stranger: Desk) -> None:
    query = await make(desk)
    assert (await stranger.good("GET", BASE))["items"] == []
    assert (await stranger.good("GET", f"{BASE}?chain_id={desk.chain_id}"))["items"] == []
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/columns"), ("POST", "/copy")):
        assert (await stranger.call(method, f"{BASE}/{query['id']}{path}")).status == 404
    for path in ("/preview", "/count"):
        assert (await stranger.call("POST", f"{BASE}/{query['id']}{path}", parameters={})).status == 404
    refused = await stranger.call("POST", BASE, chain_id=str(desk.chain_id), label="x", text="SELECT 1 AS a")
    assert refused.status == 404
