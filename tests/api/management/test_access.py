"""Users, roles and the audit log over the API."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.api.management.conftest import Desk

CSR = "00000000-0000-7000-8000-00000000000b"
ADMIN = "00000000-0000-7000-8000-00000000000a"
EMAIL = {"email": "ada@example.com", "name": "Ada"}


async def add_user(desk: Desk, **given: Any) -> Any:
    return (await desk.good("POST", "/users", status=201, **{**EMAIL, "role_ids": [ADMIN], **given}))["user"]


async def test_role_is_made_changed_and_deleted(root: Desk) -> None:
    made = await root.good("POST", "/roles", status=201, label="Night desk", permissions=["points:read"])
    path = f"/roles/{made['id']}"
    reply = await root.send("PATCH", path, b'{"permissions": null}', headers={"If-Match": '"1"'})
    assert (reply.status, reply.data["permissions"], reply.headers["etag"]) == (200, None, '"2"')
    late = await root.send("PATCH", path, b'{"label": "Late"}', headers={"If-Match": '"1"'})
    assert (late.status, late.data["code"]) == (412, "version_conflict")
    assert [role["label"] for role in (await root.good("GET", "/roles"))["items"]] == [
        "Admin",
        "Author",
        "CSR",
        "Night desk",
    ]
    await root.good("DELETE", path, status=204)
    assert (await root.call("GET", path)).status == 404


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"label": ""}, 422, "request_invalid"),
        ({"label": "csr"}, 409, "role_taken"),
        ({"label": "A", "permissions": ["members:admin"]}, 422, "role_invalid"),
        ({"label": "A", "permissions": "members:read"}, 422, "request_invalid"),
        ({"label": "A", "internal_name": "a b"}, 422, "request_invalid"),
        ({"label": "A\u0007"}, 422, "role_invalid"),
    ],
)
async def test_unfit_role_is_refused(root: Desk, asked: dict[str, Any], status: int, code: str) -> None:
    reply = await root.call("POST", "/roles", **asked)
    assert (reply.status, reply.data["code"]) == (status, code)


async def test_key_of_some_chains_changes_no_role(desk: Desk, root: Desk) -> None:
    made = await root.good("POST", "/roles", status=201, label="Night desk")
    for method, path in (("POST", "/roles"), ("PATCH", f"/roles/{made['id']}"), ("DELETE", f"/roles/{made['id']}")):
        members = {} if method == "DELETE" else {"label": "Mine"}
        assert (await desk.call(method, path, **members)).data["code"] == "role_beyond_reach"


async def test_role_in_use_and_built_in_role_stay(root: Desk) -> None:
    made = await root.good("POST", "/roles", status=201, label="Night desk")
    await add_user(root, role_ids=[made["id"]])
    reply = await root.call("DELETE", f"/roles/{made['id']}")
    assert (reply.status, reply.data["code"]) == (409, "role_in_use")
    assert "ada@example.com" in reply.data["detail"]
    assert (await root.call("PATCH", f"/roles/{CSR}", label="Mine")).data["code"] == "role_built_in"


async def test_user_is_made_changed_and_deleted(root: Desk) -> None:
    made = await root.good("POST", "/users", status=201, **EMAIL, role_ids=[CSR], chain_ids=[str(root.chain_id)])
    assert len(made["password"]) >= 12
    user = made["user"]
    assert (user["permissions"], user["own_permissions"], user["role_ids"]) == (["members:read"], [], [CSR])
    path = f"/users/{user['id']}"
    changed = await root.good("PATCH", path, role_ids=[ADMIN], chain_ids=None, own_permissions=["points:read"])
    assert (changed["permissions"], changed["chain_ids"], changed["version"]) == (None, None, 2)
    assert (await root.call("PATCH", path, enabled=False)).data["code"] == "last_administrator"
    assert (await root.call("DELETE", path)).status == 409
    second = await add_user(root, email="ben@example.com", role_ids=[ADMIN])
    drawn = await root.good("POST", f"/users/{second['id']}/password")
    assert drawn["password"] != made["password"]
    await root.good("POST", f"/users/{second['id']}/end-sessions", status=204)
    await root.good("DELETE", path, status=204)
    assert [one["email"] for one in (await root.good("GET", "/users"))["items"]] == ["ben@example.com"]


async def test_given_password_is_not_told(root: Desk) -> None:
    made = await root.good("POST", "/users", status=201, **EMAIL, password="a quiet sentence", role_ids=[CSR])
    assert made["password"] is None


async def test_users_are_searched_sorted_and_paged(root: Desk) -> None:
    for name in ("Ada", "Ben", "Cleo"):
        await add_user(root, email=f"{name.lower()}@example.com", name=name, role_ids=[CSR if name == "Ben" else ADMIN])
    first = await root.good("GET", "/users?sort=name&limit=2")
    second = await root.good("GET", f"/users?sort=name&limit=2&page={first['next']}")
    assert [one["name"] for one in first["items"] + second["items"]] == ["Ada", "Ben", "Cleo"]
    assert (first["total"], second["next"]) == (3, None)
    assert [one["name"] for one in (await root.good("GET", "/users?q=CLEO@"))["items"]] == ["Cleo"]
    assert [one["name"] for one in (await root.good("GET", f"/users?role_id={CSR}"))["items"]] == ["Ben"]


async def test_roles_are_searched_sorted_and_paged(root: Desk) -> None:
    await root.good("POST", "/roles", status=201, label="Night desk", description="At the pier")
    found = await root.good("GET", "/roles?q=PIER")
    assert ([role["label"] for role in found["items"]], found["total"], found["next"]) == (["Night desk"], 1, None)
    page = await root.good("GET", "/roles?sort=-label&limit=1&page=2")
    assert ([role["label"] for role in page["items"]], page["total"], page["next"]) == (["CSR"], 4, 3)


async def test_user_never_has_more_than_the_key(desk: Desk) -> None:
    keeper = await desk.with_new_key(permissions=frozenset({"users:admin", "members:read"}))
    ours = [str(desk.chain_id)]
    for asked, status, code in (
        ({"role_ids": [ADMIN], "chain_ids": ours}, 403, "grant_exceeds_holder"),
        ({"own_permissions": ["points:read"], "chain_ids": ours}, 403, "grant_exceeds_holder"),
        ({"chain_ids": None, "role_ids": [CSR]}, 403, "grant_exceeds_holder"),
        ({"chain_ids": [str(uuid4())], "role_ids": [CSR]}, 404, "chain_not_found"),
        ({"chain_ids": ours}, 422, "user_invalid"),
        ({"chain_ids": ours, "role_ids": [], "own_permissions": []}, 422, "user_invalid"),
        ({"role_ids": [str(uuid4())], "chain_ids": ours}, 404, "role_not_found"),
    ):
        reply = await keeper.call("POST", "/users", **EMAIL, **asked)
        assert (reply.status, reply.data["code"]) == (status, code), reply.body
    await add_user(keeper, chain_ids=ours, role_ids=[CSR])


async def test_outsider_sees_no_user(root: Desk, desk: Desk, stranger: Desk) -> None:
    user = await add_user(root, chain_ids=[str(desk.chain_id)])
    assert [one["id"] for one in (await desk.good("GET", "/users"))["items"]] == [user["id"]]
    assert (await stranger.good("GET", "/users"))["items"] == []
    for method, ending in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/password"),
        ("POST", "/end-sessions"),
    ):
        members = {"name": "Mine"} if method == "PATCH" else {}
        reply = await stranger.call(method, f"/users/{user['id']}{ending}", **members)
        assert (reply.status, reply.data["code"]) == (404, "user_not_found")


async def test_key_bound_to_a_role_follows_it(root: Desk) -> None:
    role = await root.good("POST", "/roles", status=201, label="Night desk", permissions=["users:read"])
    made = await root.good("POST", "/api-keys", status=201, label="Sync", role_ids=[role["id"]])
    assert (made["api_key"]["permissions"], made["api_key"]["role_ids"]) == (["users:read"], [role["id"]])
    sync = root.with_key(made["text"])
    assert (await sync.call("GET", "/users")).status == 200
    await root.good("PATCH", f"/roles/{role['id']}", permissions=["roles:read"])
    assert (await sync.call("GET", "/users")).status == 403
    assert (await sync.call("GET", "/roles")).status == 200


async def test_audit_log_is_read_under_filters(root: Desk, desk: Desk, stranger: Desk) -> None:
    user = await add_user(root)
    await root.good("PATCH", f"/users/{user['id']}", name="Ada Lovelace")
    await add_user(root, email="ben@example.com")

    async def actions(query: str) -> list[str]:
        found = await root.good("GET", f"/audit-log?{query}")
        return [f"{entry['action']} {entry['object_name']}" for entry in found["items"]]

    changed, made = "updated ada@example.com", "created ada@example.com"
    assert await actions(f"object_id={user['id']}") == [changed, made]
    assert await actions("kind=user&action=updated") == [changed]
    assert await actions("actor_name=ROOT&action=updated") == [changed]
    assert await actions("kind=user&until=2000-01-01T00:00:00Z") == []
    assert len(await actions("since=2000-01-01T00:00:00Z&kind=user")) == 3
    first = await root.good("GET", "/audit-log?kind=user&limit=2")
    rest = await root.good("GET", f"/audit-log?kind=user&limit=2&after={first['next']}")
    assert [entry["action"] for entry in first["items"] + rest["items"]] == ["created", "updated", "created"]
    assert first["items"][1]["before"] == {"name": "Ada"}
    assert (await root.call("GET", "/audit-log?after=999999999")).status == 404
    assert {entry["chain_id"] for entry in (await desk.good("GET", "/audit-log"))["items"]} <= {str(desk.chain_id)}
    assert (await stranger.good("GET", f"/audit-log?object_id={user['id']}"))["items"] == []
    assert UUID(first["items"][0]["request_id"])
