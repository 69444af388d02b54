"""API keys over the API: made, listed, switched, revoked; never more than their maker has."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.api.conftest import NOON
from tests.api.management.conftest import Desk

from tessera.platform.db import fetch_rows


async def test_key_opens_what_it_may(desk: Desk) -> None:
    desk.clock.forward(minutes=1)
    made = await desk.good(
        "POST", "/api-keys", status=201, label="Sync", permissions=["api-keys:read"], chain_ids=[str(desk.chain_id)]
    )

    assert made["text"].startswith("tsr_")
    assert len(made["text"]) == 47
    assert made["api_key"]["hint"] == made["text"][:8]
    sync = desk.with_key(made["text"])
    listed = await sync.good("GET", "/api-keys")
    assert [key["label"] for key in listed["items"]] == ["Sync", "Harbour"]
    assert "text" not in listed["items"][0]
    reply = await sync.call("POST", "/api-keys", label="more")
    assert reply.status == 403
    assert "api-keys:admin" in reply.data["detail"]


async def test_text_is_not_stored(desk: Desk) -> None:
    made = await desk.make_key("Sync")

    async with desk.resources.database.session() as session:
        from sqlalchemy import text

        rows = await fetch_rows(session, text("SELECT k::text AS row FROM api_keys k"), {})
    assert not any(made.text in row["row"] for row in rows)


async def test_key_sees_the_chains_of_its_maker(desk: Desk) -> None:
    maker = await desk.with_new_key(label="maker", permissions=frozenset({"api-keys:admin", "members:read"}))
    asked = ["api-keys:admin", "members:read"]

    made = await maker.good("POST", "/api-keys", status=201, label="child", permissions=asked)

    assert made["api_key"]["permissions"] == ["api-keys:admin", "members:read"]
    assert made["api_key"]["chain_ids"] == [str(desk.chain_id)]
    assert made["api_key"]["created_by"] == "maker"


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"permissions": ["members:write"]}, 403, "api_key_exceeds_maker"),
        ({"permissions": ["api-keys:admin", "exports:read"]}, 403, "api_key_exceeds_maker"),
        ({"permissions": []}, 422, "api_key_invalid"),
        ({"permissions": None}, 422, "api_key_invalid"),
        ({"chain_ids": [str(UUID(int=7))]}, 404, "chain_not_found"),
        ({"expires_at": "2026-05-01T12:00:00Z"}, 422, "api_key_invalid"),
        ({"label": "   "}, 422, "api_key_invalid"),
        ({"permissions": ["all"]}, 422, "request_invalid"),
        ({"expires_at": "2026-06-01T12:00:00"}, 422, "request_invalid"),
        ({"colour": "red"}, 422, "request_invalid"),
    ],
)
async def test_key_that_cannot_be_made(desk: Desk, asked: dict[str, Any], status: int, code: str) -> None:
    maker = await desk.with_new_key(label="maker", permissions=frozenset({"api-keys:admin", "members:read"}))

    reply = await maker.call("POST", "/api-keys", **{"label": "child", "permissions": ["members:read"], **asked})

    assert (reply.status, reply.data["code"]) == (status, code), reply.body
    assert len((await desk.good("GET", "/api-keys"))["items"]) == 2


async def test_key_is_refused_once_revoked(desk: Desk) -> None:
    made = await desk.make_key("Sync")
    sync = desk.with_key(made.text)
    await sync.good("GET", "/api-keys")

    await desk.good("DELETE", f"/api-keys/{made.key.id}", status=204)

    assert (await sync.call("GET", "/api-keys")).status == 401
    assert (await desk.call("POST", f"/api-keys/{made.key.id}/enable")).data["code"] == "api_key_revoked"
    await desk.good("DELETE", f"/api-keys/{made.key.id}", status=204)


async def test_key_goes_off_and_on(desk: Desk) -> None:
    made = await desk.make_key("Sync")
    sync = desk.with_key(made.text)

    assert (await desk.good("POST", f"/api-keys/{made.key.id}/disable"))["enabled"] is False
    assert (await sync.call("GET", "/api-keys")).status == 401
    assert (await desk.good("POST", f"/api-keys/{made.key.id}/enable"))["enabled"] is True
    assert (await sync.call("GET", "/api-keys")).status == 200


async def test_key_ends_at_its_moment(desk: Desk) -> None:
    sync = await desk.with_new_key(label="Sync", expires_at=NOON + timedelta(hours=1))
    assert (await sync.call("GET", "/api-keys")).status == 200

    desk.clock.forward(hours=1)

    assert (await sync.call("GET", "/api-keys")).status == 401


async def test_use_is_noted_at_most_once_a_minute(desk: Desk) -> None:
    made = await desk.make_key("Sync")
    sync = desk.with_key(made.text)
    seen = []
    for _ in range(3):
        desk.clock.forward(seconds=40)
        (key,) = [one for one in (await sync.good("GET", "/api-keys"))["items"] if one["label"] == "Sync"]
        seen.append(key["used_at"])

    assert seen == ["2026-05-01T12:00:40Z", "2026-05-01T12:00:40Z", "2026-05-01T12:02:00Z"]


async def test_keys_are_paged(desk: Desk) -> None:
    for number in range(4):
        desk.clock.forward(seconds=1)
        await desk.make_key(f"key {number}")

    first = await desk.good("GET", "/api-keys?limit=3")
    second = await desk.good("GET", f"/api-keys?limit=3&page={first['next']}")

    labels = [key["label"] for key in first["items"] + second["items"]]
    assert labels == ["key 3", "key 2", "key 1", "key 0", "Harbour"]
    assert (first["total"], first["next"], second["next"]) == (5, 2, None)
    found = await desk.good("GET", "/api-keys?q=KEY&sort=label&limit=2&page=2")
    assert ([key["label"] for key in found["items"]], found["total"]) == (["key 2", "key 3"], 4)
    hint = found["items"][0]["hint"]
    assert [key["label"] for key in (await desk.good("GET", f"/api-keys?q={hint}"))["items"]] == ["key 2"]
    assert (await desk.call("GET", "/api-keys?sort=colour")).data["errors"][0]["parameter"] == "sort"


async def test_outsider_sees_no_key(desk: Desk, stranger: Desk, root: Desk) -> None:
    made = await desk.make_key("Sync")
    (everything,) = [key for key in (await root.good("GET", "/api-keys"))["items"] if key["label"] == "root"]

    assert [key["label"] for key in (await stranger.good("GET", "/api-keys"))["items"]] == ["Stranger"]
    for key_id in (made.key.id, everything["id"]):
        for method, path in (("POST", "/enable"), ("POST", "/disable"), ("DELETE", "")):
            reply = await stranger.call(method, f"/api-keys/{key_id}{path}")
            assert (reply.status, reply.data["code"]) == (404, "api_key_not_found")
    assert (await root.call("GET", "/api-keys")).status == 200


async def test_key_that_holds_more_is_left_alone(desk: Desk, root: Desk) -> None:
    weak = await root.with_new_key(label="weak", chains=None, permissions=frozenset({"api-keys:admin"}))
    strong = {key["label"]: key["id"] for key in (await root.good("GET", "/api-keys"))["items"]}

    for label in ("root", "Harbour"):
        for method, path in (("POST", "/enable"), ("POST", "/disable"), ("DELETE", "")):
            reply = await weak.call(method, f"/api-keys/{strong[label]}{path}")
            assert (reply.status, reply.data["code"]) == (403, "api_key_exceeds_actor")
    assert (await root.call("GET", "/api-keys")).status == 200
    await weak.good("DELETE", f"/api-keys/{strong['weak']}", status=204)


async def test_change_is_on_the_record(desk: Desk) -> None:
    made = await desk.good("POST", "/api-keys", status=201, label="Sync", permissions=["members:read"])
    await desk.good("DELETE", f"/api-keys/{made['api_key']['id']}", status=204)

    async with desk.resources.database.session() as session:
        from sqlalchemy import text

        statement = text("SELECT action, actor_kind, actor_name, origin FROM audit_entries WHERE object_name = 'Sync'")
        rows = await fetch_rows(session, statement, {})
    assert [(row["action"], row["actor_kind"], row["actor_name"]) for row in rows] == [
        ("created", "api_key", "Harbour"),
        ("revoked", "api_key", "Harbour"),
    ]
