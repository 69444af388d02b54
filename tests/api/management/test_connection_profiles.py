"""Connection profiles over the API: made, changed with If-Match, copied, tested, hidden from outsiders."""

from typing import Any

import msgspec
import pytest
from tests.api.management.conftest import BuildDesk, Desk
from tests.builders.hostile import ATTACKS, choices, variants
from tests.builders.receivers import Reply, run_receiver

from tessera.connectors.contract import ConnectorType, PropertyKind

BASE = "/connection-profiles"
TOKEN = "canary-7f3a9"
SETTINGS = {"base_url": "https://crm.example.com/v1", "token": TOKEN}


async def make(desk: Desk, **given: Any) -> Any:
    """Make a bearer profile."""
    members = {"chain_id": str(desk.chain_id), "type": "http_api", "variant": "bearer", "label": "CRM"}
    return await desk.good("POST", BASE, status=201, **{**members, "settings": SETTINGS, **given})


async def refuse(desk: Desk, method: str, path: str, **members: Any) -> tuple[int, str, list[str]]:
    """Ask, and return status, code and the places of the faults."""
    reply = await desk.call(method, path, **members)
    return reply.status, reply.data["code"], [fault.get("pointer", "") for fault in reply.data["errors"]]


async def test_connectors_tell_what_they_declare(desk: Desk) -> None:
    items = {one["key"]: one for one in (await desk.good("GET", "/connectors"))["items"]}
    http = items["http_api"]
    assert [one["label"] for one in http["variants"]][:3] == ["No Auth", "Basic Authentication", "Bearer Token"]
    (base,) = [one for one in http["properties"] if one["key"] == "base_url"]
    assert (base["label"], base["kind"], base["required"]) == ("Base URL", "url", True)
    assert http["takes_templates"]
    assert http["testable"]


async def test_secret_goes_in_and_never_comes_out(desk: Desk) -> None:
    made = await make(desk)
    path = f"{BASE}/{made['id']}"
    assert made["state"] == "ready"
    assert list(made["secrets"]) == ["token"]
    changed = await desk.good("PATCH", path, settings={"token": f"{TOKEN}-2", "read_timeout_seconds": 60})
    assert changed["settings"]["read_timeout_seconds"] == 60
    assert changed["settings"]["connect_timeout_seconds"] == 10
    for reply in (made, changed, await desk.good("GET", path), await desk.good("GET", BASE)):
        assert TOKEN not in msgspec.json.encode(reply).decode()


async def test_secret_does_not_follow_to_another_host(desk: Desk) -> None:
    path = f"{BASE}/{(await make(desk))['id']}"
    elsewhere = {"base_url": "https://elsewhere.example.net/v1"}
    refused = await refuse(desk, "PATCH", path, settings=elsewhere)
    assert refused == (422, "validation_failed", ["/settings/token"])
    assert (await desk.good("GET", path))["settings"]["base_url"] == SETTINGS["base_url"]
    moved = await desk.good("PATCH", path, settings={**elsewhere, "token": TOKEN})
    assert moved["settings"]["base_url"] == elsewhere["base_url"]


async def test_change_is_made_on_the_version_asked_for(desk: Desk) -> None:
    path = f"{BASE}/{(await make(desk))['id']}"
    tag = (await desk.call("GET", path)).headers["etag"]
    changed = await desk.send("PATCH", path, b'{"label": "Mail"}', headers={"If-Match": tag})
    stale = await desk.send("PATCH", path, b'{"label": "Other"}', headers={"If-Match": tag})
    assert (changed.status, changed.headers["etag"]) == (200, '"2"')
    assert (stale.status, stale.data["code"]) == (412, "version_conflict")
    assert (await desk.send("DELETE", path, headers={"If-Match": tag})).status == 412
    assert (await desk.send("DELETE", path, headers={"If-Match": '"2"'})).status == 204
    assert (await desk.call("GET", path)).status == 404


async def test_profile_is_found_by_its_internal_name(desk: Desk, stranger: Desk, root: Desk) -> None:
    made = await make(desk)
    assert await desk.good("GET", f"{BASE}/CRM") == made
    await make(stranger)
    assert (await desk.good("GET", f"{BASE}/crm"))["id"] == made["id"]
    assert (await refuse(root, "GET", f"{BASE}/crm"))[:2] == (409, "internal_name_ambiguous")
    for odd in ("a b", "%00", "..", "x" * 101):
        assert (await desk.call("GET", f"{BASE}/{odd}")).status == 404


async def test_list_is_filtered_sorted_and_numbered(desk: Desk, stranger: Desk) -> None:
    for label in ("Beta", "alpha", "Gamma"):
        await make(desk, label=label)
    await make(stranger, label="Hidden")

    async def labels(query: str) -> list[str]:
        return [one["label"] for one in (await desk.good("GET", f"{BASE}?{query}"))["items"]]

    assert await labels("") == ["alpha", "Beta", "Gamma"]
    assert await labels("sort=-created") == ["Gamma", "alpha", "Beta"]
    assert await labels("q=ALPH") == ["alpha"]
    assert await labels("type=nothing") == []
    assert await labels(f"chain_id={stranger.chain_id}") == []
    first = await desk.good("GET", f"{BASE}?limit=2")
    assert (first["total"], first["next"]) == (3, 2)
    assert await labels("limit=2&page=2") == ["Gamma"]
    assert (await desk.call("GET", f"{BASE}?sort=size")).status == 422


async def test_codes_are_those_of_the_reference(desk: Desk) -> None:
    made = await make(desk)
    path = f"{BASE}/{made['id']}"
    await make(desk, label="Other")
    new = {"chain_id": str(desk.chain_id), "type": "http_api", "variant": "none", "label": "X"}
    inside = {"base_url": "https://10.1.2.3/"}

    assert await refuse(desk, "PATCH", path, internal_name="Other") == (409, "internal_name_taken", ["/internal_name"])
    for name in ("a b", "a-b", "é"):
        assert await refuse(desk, "PATCH", path, internal_name=name) == (
            422,
            "internal_name_invalid",
            ["/internal_name"],
        )
    assert await refuse(desk, "PATCH", path, variant="basic") == (409, "auth_type_immutable", [])
    assert await refuse(desk, "PATCH", path, settings=inside) == (422, "url_not_allowed", ["/settings/base_url"])
    assert await refuse(desk, "POST", BASE, **new) == (422, "validation_failed", ["/settings/base_url"])
    assert await refuse(desk, "POST", BASE, **new | {"variant": "x"}) == (422, "validation_failed", ["/variant"])
    assert await refuse(desk, "POST", BASE, **new | {"type": "x"}) == (422, "validation_failed", ["/type"])
    odd = {"a/b~": 1, "read_timeout_seconds": "soon"}
    assert await refuse(desk, "PATCH", path, settings=odd) == (
        422,
        "validation_failed",
        ["/settings/a~1b~0", "/settings/read_timeout_seconds"],
    )
    draft = await desk.good("POST", BASE, status=201, **new, draft=True)
    assert draft["state"] == "incomplete"
    assert (await refuse(desk, "POST", f"{BASE}/{draft['id']}/test", options=[]))[:2] == (409, "profile_disabled")
    assert (await refuse(desk, "POST", f"{path}/test", options=["burn"]))[:2] == (422, "validation_failed")


async def test_copy_has_a_name_of_its_own(desk: Desk) -> None:
    made = await make(desk)
    copy = await desk.good("POST", f"{BASE}/{made['id']}/copy", status=201)
    assert (copy["label"], copy["internal_name"], list(copy["secrets"])) == ("CRM (1)", "crm_1", ["token"])


async def test_connection_is_tested_for_real(configure: BuildDesk) -> None:
    desk = await configure(allowed_networks="127.0.0.0/8", allow_insecure_http=True)
    async with run_receiver(lambda _: Reply(200)) as receiver:
        made = await make(desk, settings={"base_url": receiver.url, "token": TOKEN})
        outcome = await desk.good("POST", f"{BASE}/{made['id']}/test", options=[])
    assert outcome["passed"]
    assert outcome["status"] == 200
    assert all(step["title"] for step in outcome["steps"])


async def test_stranger_finds_nothing(desk: Desk, stranger: Desk) -> None:
    path = f"{BASE}/{(await make(desk))['id']}"
    assert (await stranger.good("GET", BASE))["items"] == []
    asked: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("GET", path, {}),
        ("PATCH", path, {"label": "x"}),
        ("DELETE", path, {}),
        ("POST", f"{path}/copy", {}),
        ("POST", f"{path}/test", {"options": []}),
    )
    for method, address, members in asked:
        assert (await stranger.call(method, address, **members)).status == 404, (method, address)
    new: dict[str, Any] = {"chain_id": str(desk.chain_id), "type": "http_api", "variant": "none", "label": "x"}
    assert (await stranger.call("POST", BASE, **new, draft=True)).status == 404


async def test_levels_are_asked_for(desk: Desk) -> None:
    made = await make(desk)
    reader = await desk.with_new_key(permissions=frozenset({"connection-profiles:read"}))
    writer = await desk.with_new_key(permissions=frozenset({"connection-profiles:write"}))
    path = f"{BASE}/{made['id']}"
    assert (await reader.call("GET", path)).status == 200
    assert (await reader.call("PATCH", path, label="x")).status == 403
    assert (await reader.call("POST", f"{path}/test", options=[])).status == 403
    assert (await writer.call("PATCH", path, label="x")).status == 200
    assert (await writer.call("DELETE", path)).status == 403


@pytest.mark.parametrize(
    ("connector", "variant"), [pytest.param(*each, id=f"{each[0].key}-{each[1]}") for each in variants()]
)
async def test_hostile_settings_are_refused_at_their_place(desk: Desk, connector: ConnectorType, variant: str) -> None:
    members = {"chain_id": str(desk.chain_id), "type": connector.key, "variant": variant, "label": "Draft"}
    made = await desk.good("POST", BASE, status=201, **members, draft=True)
    path = f"{BASE}/{made['id']}"
    for chosen in choices(connector, variant):
        asked = [each for each in connector.shown_properties(variant, chosen) if each.key not in chosen]
        for attack in ATTACKS:
            header = [{"name": "X-Fine", "value": attack.text}, {"name": attack.text, "value": "x"}]
            settings = {each.key: header if each.kind is PropertyKind.HEADERS else attack.text for each in asked}
            status, _, places = await refuse(desk, "PATCH", path, settings=chosen | settings)
            assert status == 422 or not asked, (chosen, attack.name)
            assert {f"/settings/{each.key}" for each in asked if attack.is_refused(each)} <= set(places)
        odds: tuple[Any, ...] = (7.5, [], {"a": {"b": []}}, [[["x"] * 9] * 9] * 9, True)
        for odd in odds:
            reply = await desk.call("PATCH", path, settings=chosen | {each.key: odd for each in asked})
            assert reply.status in (200, 422), reply.body
    assert (await desk.good("GET", path))["label"] == "Draft"
