"""Lists: pages, filters, and what a key of another chain sees."""

from typing import Any

import pytest
from tests.api.management.conftest import Desk


async def test_chain_and_enterprise_are_made(root: Desk, desk: Desk) -> None:
    chain = await root.good("POST", "/chains", status=201, name="Lake Hotels")
    enterprise = await root.good(
        "POST", "/enterprises", status=201, chain_id=chain["id"], name="Lake House", address={"city": "Lucerne"}
    )

    assert enterprise["chain_name"] == "Lake Hotels"
    assert enterprise["address"]["city"] == "Lucerne"
    assert [one["name"] for one in (await root.good("GET", "/chains"))["items"]] == ["Harbour", "Lake Hotels"]
    assert [one["name"] for one in (await desk.good("GET", "/chains"))["items"]] == ["Harbour"]
    path = f"/enterprises?chain_id={chain['id']}"
    assert [one["name"] for one in (await root.good("GET", path))["items"]] == ["Lake House"]
    assert (await desk.call("GET", path)).status == 404
    refused = await desk.call("POST", "/enterprises", chain_id=chain["id"], name="Lake House")
    assert (refused.status, refused.data["code"]) == (404, "chain_not_found")
    refused = await desk.call("POST", "/chains", name="Hill Hotels")
    assert (refused.status, refused.data["code"]) == (403, "chain_beyond_reach")


async def test_chain_is_renamed_archived_and_brought_back(root: Desk, desk: Desk) -> None:
    chain = await root.good("POST", "/chains", status=201, name="Lake Hotels")
    path = f"/chains/{chain['id']}"

    assert (await root.good("PATCH", path, name="Lake & Hill"))["name"] == "Lake & Hill"
    taken = await root.call("PATCH", path, name="HARBOUR")
    assert (taken.status, taken.data["code"]) == (409, "chain_name_taken")
    assert (await desk.call("PATCH", path, name="Ours")).status == 404
    zone = await root.call("POST", "/enterprises", chain_id=chain["id"], name="House", time_zone="Mars/Olympus")
    assert (zone.status, zone.data["code"]) == (422, "time_zone_invalid")

    assert (await root.good("PATCH", path, archived=True))["archived_at"] is not None
    assert [one["name"] for one in (await root.good("GET", "/chains"))["items"]] == ["Harbour"]
    assert len((await root.good("GET", "/chains?archived=true"))["items"]) == 2
    assert (await root.good("PATCH", path, archived=False))["archived_at"] is None


async def test_chain_whose_name_was_taken_comes_back_under_another(root: Desk) -> None:
    path = f"/chains/{(await root.good('POST', '/chains', status=201, name='Lake'))['id']}"
    await root.good("PATCH", path, archived=True)
    await root.good("POST", "/chains", status=201, name="Lake")

    assert (await root.call("PATCH", path, archived=False)).data["code"] == "chain_name_taken"
    assert (await root.call("PATCH", path, archived=False, name="LAKE")).data["code"] == "chain_name_taken"
    back = await root.good("PATCH", path, archived=False, name="Lake & Hill")
    assert (back["name"], back["archived_at"]) == ("Lake & Hill", None)


async def test_short_list_is_paged(root: Desk) -> None:
    for name in ("A", "B", "C"):
        await root.good("POST", "/chains", status=201, name=name)

    first = await root.good("GET", "/chains?limit=2")
    second = await root.good("GET", f"/chains?limit=2&after={first['next']}")
    nowhere = await root.call("GET", "/chains?after=0190b3c4-5d6e-7f80-9123-456789abcdef")

    assert [one["name"] for one in first["items"] + second["items"]] == ["A", "B", "C", "Harbour"]
    assert second["next"] is None
    assert (nowhere.status, nowhere.data["code"]) == (404, "page_not_found")


async def test_memberships_are_paged_and_filtered(desk: Desk) -> None:
    ids = await desk.add_memberships(5)

    seen: list[dict[str, Any]] = []
    path = "/memberships?limit=2"
    page = await desk.good("GET", path)
    seen += page["items"]
    while page["next"]:
        page = await desk.good("GET", f"{path}&after={page['next']}")
        seen += page["items"]
    both = f"/memberships?account_id={seen[0]['account_id']}&account_id={seen[1]['account_id']}&state=Enrolled"

    assert sorted(one["id"] for one in seen) == sorted(ids)
    assert [one["id"] for one in (await desk.good("GET", both))["items"]] == [one["id"] for one in seen[:2]]
    assert (await desk.good("GET", "/memberships?membership_number=none"))["items"] == []
    assert (await desk.call("GET", "/memberships?state=Gone")).data["errors"][0]["parameter"] == "state"


async def test_programs_and_tiers_are_listed(desk: Desk, stranger: Desk, root: Desk) -> None:
    await desk.add_memberships()

    (program,) = (await desk.good("GET", "/programs"))["items"]
    by_code = await root.good("GET", f"/programs?chain_id={desk.chain_id}&code={program['code']}")

    assert by_code["items"] == [program]
    assert (await desk.good("GET", f"/tiers?program_id={program['id']}")) == {"items": [], "next": None}
    assert (await stranger.good("GET", "/programs"))["items"] == []
    assert (await root.call("GET", "/programs")).data["code"] == "chain_missing"
    refused = await stranger.call("PATCH", f"/programs/{program['id']}", allows_overdraft=True)
    assert (refused.status, refused.data["code"]) == (404, "program_not_found")


async def test_outsider_finds_no_membership(desk: Desk, stranger: Desk, root: Desk) -> None:
    (member,) = await desk.add_memberships()

    assert (await stranger.good("GET", "/memberships"))["items"] == []
    assert (await stranger.call("GET", f"/memberships?chain_id={desk.chain_id}")).status == 404
    for method, path, members in (
        ("GET", "", {}),
        ("GET", "/balance", {}),
        ("GET", "/points-movements", {}),
        ("POST", "/points/earn", {"points": 1}),
        ("POST", "/points/burn", {"points": 1}),
        ("POST", "/points/adjust", {"points": 1, "reason": "why"}),
        ("POST", "/points/reverse", {"sequence": 1, "reason": "why"}),
    ):
        reply = await stranger.call(method, f"/memberships/{member}{path}", idempotency_key="k", **members)
        assert (reply.status, reply.data["code"]) == (404, "membership_not_found")
    assert (await root.good("GET", f"/memberships/{member}"))["id"] == member


@pytest.mark.parametrize("kind", ["client", "access"])
async def test_tokens_are_made_switched_and_revoked(desk: Desk, root: Desk, kind: str) -> None:
    enterprise = await desk.good("POST", "/enterprises", status=201, chain_id=str(desk.chain_id), name="House")
    client = await desk.good("POST", "/client-tokens", status=201, label="CRM")
    access = await desk.good(
        "POST",
        "/access-tokens",
        status=201,
        client_token_id=client["client_token"]["id"],
        label="CRM at House",
        enterprise_ids=[enterprise["id"]],
        strict=True,
    )
    token = {"client": client, "access": access}[kind][f"{kind}_token"]
    path = f"/{kind}-tokens"

    assert access["access_token"]["strict"] is True
    assert access["access_token"]["permissions"] == ["members:write", "programs:write"]
    (listed,) = (await desk.good("GET", path))["items"]
    assert listed["id"] == token["id"]
    assert (await desk.good("POST", f"{path}/{token['id']}/disable"))["enabled"] is False
    assert (await desk.good("POST", f"{path}/{token['id']}/enable"))["enabled"] is True
    await desk.good("DELETE", f"{path}/{token['id']}", status=204)
    (ended,) = (await root.good("GET", path))["items"]
    assert ended["revoked_at"] == "2026-05-01T12:00:00Z"
    for switch in ("enable", "disable"):
        reply = await root.call("POST", f"{path}/{token['id']}/{switch}")
        assert (reply.status, reply.data["code"]) == (409, "token_revoked")
    await root.good("DELETE", f"{path}/{token['id']}", status=204)
    (noted,) = (await root.good("GET", f"/audit-log?kind={kind}_token&action=revoked"))["items"]
    assert noted["object_id"] == token["id"]
    other = {"client": "access", "access": "client"}[kind]
    assert (await desk.call("DELETE", f"/{other}-tokens/{token['id']}")).data["code"] == "token_not_found"


async def test_outsider_reaches_no_token(desk: Desk, stranger: Desk) -> None:
    enterprise = await desk.good("POST", "/enterprises", status=201, chain_id=str(desk.chain_id), name="House")
    client = (await desk.good("POST", "/client-tokens", status=201, label="CRM"))["client_token"]["id"]
    wanted = {"client_token_id": client, "label": "CRM at House", "enterprise_ids": [enterprise["id"]]}
    access = await desk.good("POST", "/access-tokens", status=201, **wanted)

    refused = await stranger.call("POST", "/access-tokens", **wanted)
    assert (refused.status, refused.data["code"]) == (404, "enterprise_not_found")
    assert (await stranger.good("GET", "/access-tokens"))["items"] == []
    assert (await stranger.good("GET", "/client-tokens"))["items"] == []
    for path in (f"/access-tokens/{access['access_token']['id']}", f"/client-tokens/{client}"):
        for method, step in (("POST", "/enable"), ("POST", "/disable"), ("DELETE", "")):
            assert (await stranger.call(method, f"{path}{step}")).status == 404


async def test_access_token_may_do_no_more_than_its_maker(desk: Desk) -> None:
    enterprise = await desk.good("POST", "/enterprises", status=201, chain_id=str(desk.chain_id), name="House")
    client = (await desk.good("POST", "/client-tokens", status=201, label="CRM"))["client_token"]["id"]
    maker = await desk.with_new_key(permissions=frozenset({"connector-tokens:admin", "members:read"}))
    wanted = {"client_token_id": client, "label": "CRM", "enterprise_ids": [enterprise["id"]]}

    assert (await maker.call("POST", "/access-tokens", **wanted)).status == 403
    made = await maker.good("POST", "/access-tokens", status=201, permissions=["members:read"], **wanted)
    assert made["access_token"]["permissions"] == ["members:read"]
