"""Accounts, programs, tiers and memberships over the API: made, read, changed and deleted, as the pages do it."""

from typing import Any
from uuid import UUID

import pytest
from tests.api.management.conftest import Desk

from tessera.platform.db import fetch_rows

NOBODY = UUID(int=7)


async def add_account(desk: Desk, **given: Any) -> Any:
    members = {"chain_id": str(desk.chain_id), "last_name": "Lovelace", "first_name": "Ada", **given}
    return await desk.good("POST", "/accounts", status=201, **members)


async def add_program(desk: Desk, code: str = "CIRCLE", **given: Any) -> Any:
    members = {"chain_id": str(desk.chain_id), "name": "Harbour Circle", "code": code, **given}
    return await desk.good("POST", "/programs", status=201, **members)


async def add_tier(desk: Desk, program: Any, code: str = "GOLD") -> Any:
    members = {"program_id": program["id"], "name": code.title(), "code": code, "ordering": 1}
    return await desk.good("POST", "/tiers", status=201, **members)


async def add_each(desk: Desk) -> dict[str, Any]:
    """Make one of each and return them by the path of their kind."""
    account, program = await add_account(desk), await add_program(desk)
    member = await desk.good(
        "POST", "/memberships", status=201, account_id=account["id"], program_id=program["id"], points=40
    )
    return {"accounts": account, "programs": program, "tiers": await add_tier(desk, program), "memberships": member}


CHANGES: dict[str, dict[str, Any]] = {
    "accounts": {"phone": "+44 20 7946 0000"},
    "programs": {"name": "Harbour Club"},
    "tiers": {"ordering": 3},
    "memberships": {"membership_number": "HC-1"},
}


@pytest.mark.parametrize("kind", CHANGES)
async def test_record_is_changed_on_the_version_asked_for(desk: Desk, kind: str) -> None:
    path = f"/{kind}/{(await add_each(desk))[kind]['id']}"
    read = await desk.call("GET", path)
    tag = read.headers["etag"]
    assert tag == f'"{read.data["version"]}"'
    desk.clock.forward(seconds=1)

    (name, value) = next(iter(CHANGES[kind].items()))
    body = f'{{"{name}": {value if isinstance(value, int) else chr(34) + value + chr(34)}}}'.encode()
    changed = await desk.send("PATCH", path, body, headers={"If-Match": tag})
    stale = await desk.send("PATCH", path, body, headers={"If-Match": tag})

    assert changed.status == 200, changed.body
    assert (changed.data.get("person") or changed.data)[name] == value
    assert changed.headers["etag"] == (await desk.call("GET", path)).headers["etag"] != tag
    assert (stale.status, stale.data["code"]) == (412, "version_conflict")
    assert (await desk.send("DELETE", path, headers={"If-Match": tag})).status == 412
    assert (await desk.call("GET", path)).status == 200


async def test_each_is_deleted_in_its_turn(desk: Desk) -> None:
    made = await add_each(desk)
    for kind, code in (("programs", "program_in_use"), ("accounts", "account_in_use")):
        refused = await desk.call("DELETE", f"/{kind}/{made[kind]['id']}")
        assert (refused.status, refused.data["code"]) == (409, code)
    for kind, code in (
        ("memberships", "membership_not_found"),
        ("tiers", "tier_not_found"),
        ("programs", "program_not_found"),
        ("accounts", "account_not_found"),
    ):
        path = f"/{kind}/{made[kind]['id']}"
        await desk.good("DELETE", path, status=204)
        gone = await desk.call("GET", path)
        assert (gone.status, gone.data["code"]) == (404, code)
        assert (await desk.call("DELETE", path)).status == 404


async def test_deleted_account_is_told(desk: Desk) -> None:
    account = await add_account(desk)
    await desk.good("DELETE", f"/accounts/{account['id']}", status=204)

    async with desk.resources.database.session() as session:
        from sqlalchemy import text

        events = await fetch_rows(session, text("SELECT name FROM events ORDER BY sequence"), {})
        entries = await fetch_rows(
            session, text("SELECT action, object_kind, object_id FROM audit_entries WHERE action = 'deleted'"), {}
        )
    assert [row["name"] for row in events] == ["customer.created", "customer.deleted"]
    assert [tuple(row.values()) for row in entries] == [("deleted", "customer", UUID(account["id"]))]


async def test_accounts_are_searched_and_paged(desk: Desk, root: Desk) -> None:
    for name in ("Lovelace", "Babbage", "Lovett"):
        await add_account(desk, last_name=name, email=f"{name.lower()}@example.com")

    found = await desk.good("GET", "/accounts?q=LOVE&limit=1")
    after = await desk.good("GET", f"/accounts?q=love&limit=1&page={found['next']}")

    assert [one["name"] for one in found["items"] + after["items"]] == ["Ada Lovelace", "Ada Lovett"]
    assert (found["total"], after["next"]) == (2, None)
    assert [one["email"] for one in (await desk.good("GET", "/accounts?q=babbage@"))["items"]] == [
        "babbage@example.com"
    ]
    assert (await desk.good("GET", "/accounts?kind=company"))["items"] == []
    unnamed = await root.call("GET", "/accounts")
    assert (unnamed.status, unnamed.data["code"]) == (422, "chain_missing")
    assert unnamed.data["errors"][0]["parameter"] == "chain_id"
    assert (await root.good("GET", f"/accounts?chain_id={desk.chain_id}"))["total"] == 3


async def test_account_keeps_what_a_change_leaves_out_and_loses_what_is_null(desk: Desk) -> None:
    made = await add_account(desk, email="ada@example.com", birth_date="1815-12-10", address={"city": "London"})
    changed = await desk.good("PATCH", f"/accounts/{made['id']}", email=None, address={"line1": "12 Quay"})

    person = changed["person"]
    assert (person["email"], person["birth_date"], person["last_name"]) == (None, "1815-12-10", "Lovelace")
    assert (person["address"]["city"], person["address"]["line1"]) == ("London", "12 Quay")
    assert (changed["kind"], changed["name"], changed["memberships"]) == ("customer", "Ada Lovelace", 0)


@pytest.mark.parametrize(
    ("path", "members", "status", "place"),
    [
        ("/accounts", {"last_name": ""}, 422, "/last_name"),
        ("/accounts", {"email": "ada"}, 422, "/email"),
        ("/accounts", {"birth_date": "soon"}, 422, "/birth_date"),
        ("/accounts", {"address": {"country_code": "de"}}, 422, "/address/country_code"),
        ("/accounts", {"company_id": str(NOBODY)}, 404, None),
        ("/programs", {"code": ""}, 422, "/code"),
        ("/programs", {"type": "Inn"}, 422, "/type"),
        ("/programs", {"code": "CIRCLE"}, 409, "/code"),
        ("/tiers", {"code": "GOLD"}, 409, "/code"),
        ("/tiers", {"ordering": -1}, 422, "/ordering"),
        ("/tiers", {"program_id": str(NOBODY)}, 404, None),
        ("/memberships", {"state": "Gone"}, 422, "/state"),
        ("/memberships", {"account_id": str(NOBODY)}, 404, None),
        ("/memberships", {"tier_id": str(NOBODY)}, 404, None),
        ("/memberships", {}, 409, None),
    ],
)
async def test_unfit_record_is_refused_at_its_member(
    desk: Desk, path: str, members: dict[str, Any], status: int, place: str | None
) -> None:
    made = await add_each(desk)
    chain, program = str(desk.chain_id), made["programs"]["id"]
    whole: dict[str, dict[str, Any]] = {
        "/accounts": {"chain_id": chain, "last_name": "Byron"},
        "/programs": {"chain_id": chain, "name": "Other", "code": "OTHER"},
        "/tiers": {"program_id": program, "name": "Silver", "code": "SILVER", "ordering": 0},
        "/memberships": {"account_id": made["accounts"]["id"], "program_id": program},
    }

    reply = await desk.call("POST", path, **{**whole[path], **members})

    assert reply.status == status, reply.body
    assert [fault.get("pointer") for fault in reply.data["errors"]] == ([place] if place else [])


@pytest.mark.parametrize("kind", CHANGES)
async def test_outsider_and_reader_change_nothing(desk: Desk, stranger: Desk, kind: str) -> None:
    path = f"/{kind}/{(await add_each(desk))[kind]['id']}"
    made = await desk.good("GET", path)
    reader = await desk.with_new_key(permissions=frozenset({"members:read", "programs:read"}))
    for method in ("GET", "PATCH", "DELETE"):
        members = CHANGES[kind] if method == "PATCH" else {}
        assert (await stranger.call(method, path, **members)).status == 404
        assert (await reader.call(method, path, **members)).status == (200 if method == "GET" else 403)
    assert await desk.good("GET", path) == made


async def test_same_key_makes_one_membership(desk: Desk) -> None:
    account, program = await add_account(desk), await add_program(desk)
    wanted = {"account_id": account["id"], "program_id": program["id"], "points": 40}
    first = await desk.call("POST", "/memberships", idempotency_key="one", **wanted)
    again = await desk.call("POST", "/memberships", idempotency_key="one", **wanted)

    assert (first.status, first.data, again.headers["idempotency-replayed"]) == (201, again.data, "true")
    assert (await desk.good("GET", f"/memberships/{first.data['id']}/balance"))["balance"] == 40
    assert (await desk.good("GET", f"/accounts/{account['id']}"))["memberships"] == 1


async def test_membership_moves_up_and_another_one_becomes_primary(desk: Desk) -> None:
    made = await add_each(desk)
    path = f"/memberships/{made['memberships']['id']}"
    changed = await desk.good(
        "PATCH", path, tier_id=made["tiers"]["id"], is_primary=True, expires_at="2031-01-01T00:00:00Z"
    )
    assert (changed["tier_id"], changed["is_primary"], changed["balance"]) == (made["tiers"]["id"], True, 40)
    other = await add_program(desk, "CLUB")
    ids = {"account_id": made["accounts"]["id"], "program_id": other["id"]}
    await desk.good("POST", "/memberships", status=201, **ids, is_primary=True)
    assert (await desk.good("GET", path))["is_primary"] is False
    assert (await desk.good("PATCH", path, tier_id=None))["tier_id"] is None
