"""Export definitions in all their parts over the management API: destinations, gates, owners, previews, kinds."""

from typing import Any

import pytest
from tests.api.management.conftest import Desk
from tests.api.management.test_exports import Kept, kept

__all__ = ["kept"]
GATES = {"rows": "off", "rows_percent": 5, "removals": "warn", "removals_percent": 1, "keys": "hold", "empty": "fail"}


async def make(desk: Desk, **given: Any) -> Any:
    body = {"chain_id": str(desk.chain_id), "label": "New", "query": "members_1", "template": "members"}
    return await desk.good("POST", "/export-definitions", status=201, **(body | given))


async def with_parameter(desk: Desk, query_id: str) -> None:
    """Give the chain a query with a parameter of its own."""
    made = await desk.good("POST", f"/queries/{query_id}/copy", status=201)
    text = f"{made['text']} WHERE balance >= :least"
    await desk.good(
        "PATCH", f"/queries/{made['id']}", text=text, parameters=[{"name": "least", "type": "int", "default": 0}]
    )


async def test_every_part_of_a_definition_is_given_and_shown(kept: Kept) -> None:
    desk, definition, _ = kept
    await with_parameter(desk, str(definition.query_id))
    owner = await desk.make_key("Night exports")
    given: dict[str, Any] = {
        "settings": {"rows_per_request": 7, "concurrency": 2},
        "parameters": {"least": 20},
        "period": "week",
        "changes": {"first_run": "baseline", "removals": True, "most_refusals": 5},
        "gates": GATES,
        "queue": "low",
        "shards": 3,
        "enabled": False,
        "description": "For the night",
    }

    made = await make(desk, **given, owner=str(owner.key.id))

    assert {name: made[name] for name in given} == given
    assert (made["kind"], made["profile_id"]) == ("requests", None)
    assert made["owner"] == {"kind": "api_key", "id": str(owner.key.id), "name": "Night exports"}
    assert await desk.good("GET", f"/export-definitions/{made['id']}") == made


async def test_what_a_change_leaves_out_stays(kept: Kept) -> None:
    desk, definition, _ = kept
    path = f"/export-definitions/{definition.id}"
    await desk.good("PATCH", path, settings={"rows_per_request": 7, "concurrency": 2}, period="day", changes={})
    first = await desk.good("PATCH", path, settings={"concurrency": 4}, gates={"rows": "warn"})
    second = await desk.good("PATCH", path, settings={"rows_per_request": None}, period=None, changes=None)

    assert first["settings"] == {"rows_per_request": 7, "concurrency": 4}
    assert (first["gates"]["rows"], first["gates"]["keys"], first["period"]) == ("warn", "fail", "day")
    assert first["changes"] == {"first_run": "send", "removals": False, "most_refusals": 3}
    assert second["settings"] == {"rows_per_request": None, "concurrency": 4}
    assert (second["period"], second["changes"], second["gates"]["rows"]) == (None, None, "warn")
    assert second["owner"] == first["owner"]


async def test_parts_are_replaced_alone(kept: Kept) -> None:
    desk, definition, _ = kept
    path = f"/export-definitions/{definition.id}"
    await with_parameter(desk, str(definition.query_id))
    await desk.good("PATCH", path, settings={"concurrency": 4}, period="day")

    chosen = await desk.good("PUT", f"{path}/filter", query="members_1", parameters={"least": 3})
    gates = await desk.good("PUT", f"{path}/gates", empty="hold")
    led = await desk.good("PUT", f"{path}/destination", template="members", settings={"rows_per_request": 2})

    assert (chosen["parameters"], chosen["period"]) == ({"least": 3}, None)
    assert (chosen["query_id"] == str(definition.query_id), chosen["settings"]["concurrency"]) == (False, 4)
    assert (gates["gates"]["empty"], gates["gates"]["rows"]) == ("hold", "hold")
    assert led["settings"] == {"rows_per_request": 2, "concurrency": None}
    late = await desk.send("PUT", f"{path}/gates", b"{}", headers={"If-Match": '"2"'})
    assert (late.status, late.data["code"]) == (412, "version_conflict")


@pytest.mark.parametrize(
    ("given", "status", "code", "pointer"),
    [
        ({"settings": {"speed": 1}}, 422, "validation_failed", "/settings/speed"),
        ({"settings": {"concurrency": 0}}, 422, "validation_failed", "/settings/concurrency"),
        ({"parameters": {"least": 1}}, 422, "export_definition_invalid", "/parameters"),
        ({"kind": "pigeons"}, 422, "export_definition_invalid", "/kind"),
        ({"template": None}, 422, "export_definition_invalid", "/template"),
        ({"owner": "nobody@example.com"}, 422, "export_owner_invalid", "/owner"),
        ({"shards": 33}, 422, "request_invalid", "/shards"),
        ({"gates": {"rows": "shout"}}, 422, "request_invalid", "/gates/rows"),
        ({"query": "none"}, 404, "query_not_found", None),
        ({"profile": "none"}, 404, "connection_profile_not_found", None),
    ],
)
async def test_unfit_part_is_refused(
    kept: Kept, given: dict[str, Any], status: int, code: str, pointer: str | None
) -> None:
    desk = kept.desk
    body = {"chain_id": str(desk.chain_id), "label": "New", "query": "members", "template": "members"}
    reply = await desk.call("POST", "/export-definitions", **(body | given))

    assert (reply.status, reply.data["code"]) == (status, code)
    if pointer is not None:
        assert pointer in [fault.get("pointer") for fault in reply.data["errors"]]


async def test_owner_without_the_right_is_refused(kept: Kept) -> None:
    desk, definition, _ = kept
    weak = await desk.make_key("weak", permissions=frozenset({"exports:write"}))
    reply = await desk.call("PATCH", f"/export-definitions/{definition.id}", owner=str(weak.key.id))

    assert (reply.status, reply.data["code"]) == (422, "export_owner_invalid")
    assert "weak" in reply.data["detail"]


async def test_preview_shows_what_a_run_sends_first(kept: Kept) -> None:
    desk, definition, run = kept
    path = f"/export-definitions/{definition.id}"
    shown = await desk.good("POST", f"{path}/preview")
    fewer = await desk.good("POST", f"{path}/preview", settings={"rows_per_request": 3})

    assert (shown["rows"], shown["first"]["rows"], shown["first"]["failures"]) == (25, 10, [])
    assert shown["first"]["title"].startswith("POST http://127.0.0.1:")
    assert ["Authorization", "***"] in shown["first"]["headers"]
    sent = (await desk.good("GET", f"/runs/{run.id}/requests?limit=1"))["items"][0]
    assert shown["first"]["bytes"] == len(shown["first"]["text"].encode()) == sent["bytes"]
    assert fewer["first"]["rows"] == 3
    assert (await desk.good("GET", path))["settings"]["rows_per_request"] is None


async def test_preview_comes_before_there_is_a_definition(kept: Kept) -> None:
    desk, definition, _ = kept
    await with_parameter(desk, str(definition.query_id))
    body: dict[str, Any] = {"chain_id": str(desk.chain_id), "label": "New", "template": "members"}
    body |= {"query": "members_1"}
    shown = await desk.good("POST", "/export-definitions/preview", **body, parameters={"least": 20})

    assert (shown["rows"], shown["first"]["rows"]) == (5, 5)
    assert (await desk.good("GET", "/export-definitions?q=New"))["total"] == 0


async def test_preview_of_members_needs_the_right_to_see_them(kept: Kept) -> None:
    desk, definition, _ = kept
    reads = {"exports:read", "queries:read", "http-templates:read", "connection-profiles:read"}
    blind = await desk.with_new_key(permissions=frozenset(reads))
    seeing = await desk.with_new_key(permissions=frozenset(reads | {"members:read"}))
    path = f"/export-definitions/{definition.id}/preview"

    assert (await blind.call("POST", path)).status == 403
    assert (await seeing.call("POST", path)).status == 200


async def test_kinds_say_what_a_destination_takes(kept: Kept) -> None:
    desk = kept.desk

    async def settings(query: str) -> Any:
        (kind,) = [
            one for one in (await desk.good("GET", f"/export-kinds{query}"))["items"] if one["key"] == "requests"
        ]
        return kind["settings"] and [each["key"] for each in kind["settings"]]

    assert await settings("") == ["rows_per_request", "concurrency"]
    assert "concurrency" in await settings("?connector=mparticle_outbound")
    assert await settings("?connector=sftp") is None
    unknown = await desk.call("GET", "/export-kinds?connector=pigeons")
    assert (unknown.status, unknown.data["code"]) == (404, "connector_not_found")


async def test_run_is_for_a_period(kept: Kept) -> None:
    desk, definition, run = kept
    path = f"/export-definitions/{definition.id}/run"
    order: dict[str, Any] = {"from": "2031-01-01T00:00:00Z", "to": "2031-02-01T00:00:00Z"}
    started = await desk.good("POST", path, status=202, **order)

    assert (started["period_from"], started["period_to"]) == (order["from"], order["to"])
    assert [one["id"] for one in (await desk.good("GET", "/runs?trigger=api"))["items"]] == [started["id"]]
    assert [one["id"] for one in (await desk.good("GET", "/runs?trigger=manual"))["items"]] == [str(run.id)]
    naive = await desk.send("POST", path, b'{"from": "2031-01-01T00:00:00"}')
    assert (naive.status, naive.data["errors"][0]["pointer"]) == (422, "/from")
