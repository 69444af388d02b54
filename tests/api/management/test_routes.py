"""Every route asks for a key and a permission before it does anything, and is described."""

from datetime import timedelta
from typing import Any

import pytest
from tests.api.conftest import NOON
from tests.api.management.conftest import Desk
from tests.builders.pages import read_page

from tessera.access.keys import enable_api_key, revoke_api_key
from tessera.api import build_documents
from tessera.api.management.v1.registry import ROUTES
from tessera.api.management.v1.routes import PERMISSION, Route
from tessera.platform.actors import system_actor

SYSTEM = system_actor("tests")
SOME = "0190b3c4-5d6e-7f80-9123-456789abcdef"
EVERY = pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")


def address_of(route: Route) -> str:
    """Return an address of the route, whose things do not exist."""
    path = route.path
    for name in route.places:
        path = path.replace(f"{{{name}}}", "1" if route.reads[name] is int else SOME)
    return path


@EVERY
def test_route_declares_a_permission(route: Route) -> None:
    assert PERMISSION.fullmatch(route.permission)
    assert f"`{route.permission}`" in read_page("reference/names.md")


def test_route_without_a_permission_is_a_defect() -> None:
    async def nothing(call: Any) -> None: ...

    for permission in ("", "anyone", "things", "things:all"):
        with pytest.raises(TypeError, match="must declare a permission"):
            Route("GET", "/things", permission, nothing)
    with pytest.raises(TypeError, match="disagree"):
        Route("GET", "/things/{thing_id}", "things:read", nothing)


@EVERY
def test_route_is_in_the_reference(route: Route) -> None:
    assert f"`{route.method} {route.path}`" in read_page("reference/management-api.md")


@EVERY
def test_route_is_in_the_document(route: Route) -> None:
    operation = build_documents()["management-v1"]["paths"][route.path][route.method.lower()]

    assert operation["summary"]
    assert operation["x-permission"] == route.permission
    assert ("requestBody" in operation) == ("body" in route.reads)
    if "body" in route.reads:
        assert operation["requestBody"]["content"]["application/json"]["example"]


async def test_no_route_opens_without_a_live_key(desk: Desk) -> None:
    revoked, off = await desk.make_key("revoked"), await desk.make_key("off")
    async with desk.resources.database.session() as session:
        await revoke_api_key(session, SYSTEM, revoked.key.id, now=NOON)
        await enable_api_key(session, SYSTEM, off.key.id, enabled=False)
    expired = await desk.make_key("expired", expires_at=NOON + timedelta(hours=1))
    desk.clock.forward(hours=1)
    refused = {
        "wrong": "tsr_0000000000000000000000000000000000000000000",
        "revoked": revoked.text,
        "off": off.text,
        "expired": expired.text,
    }

    for route in ROUTES:
        without = await desk.send(route.method, address_of(route), b"{", key=None)
        assert (without.status, without.data["code"]) == (401, "key_needed"), route
        assert without.headers["www-authenticate"] == "Bearer"
        for key in refused.values():
            reply = await desk.send(route.method, address_of(route), b"{", key=key)
            assert (reply.status, reply.data["code"]) == (401, "key_refused"), route
            assert "invalid_token" in reply.headers["www-authenticate"]


async def test_no_route_opens_without_its_permission(desk: Desk) -> None:
    weak = await desk.with_new_key(permissions=frozenset({"nothing:read"}))
    lower = {"admin": "write", "write": "read"}

    for route in ROUTES:
        reply = await weak.send(route.method, address_of(route), b"{")
        assert (reply.status, reply.data["code"]) == (403, "denied"), route
        resource, level = route.permission.split(":")
        if level in lower:
            almost = await desk.with_new_key(permissions=frozenset({f"{resource}:{lower[level]}"}))
            assert (await almost.send(route.method, address_of(route), b"{")).status == 403, route


async def test_object_of_another_chain_is_not_found(desk: Desk) -> None:
    for route in ROUTES:
        if not route.places:
            continue
        example = dict(route.example or {})
        reply = await desk.call(route.method, address_of(route), idempotency_key="k", **example)
        assert reply.status == 404, (route, reply.body)
        malformed = await desk.call(route.method, address_of(route).replace(SOME, "thing"), **example)
        # Some addresses take names as well as ids: the thing is not found then, rather than the address.
        assert malformed.status == 404, route
        assert malformed.data["code"].endswith("not_found"), route


@pytest.mark.parametrize("header", ["tsr_x", "Basic dHNy", "Bearer", "Bearer a b", "Bearer ä"])
async def test_header_that_is_no_bearer_token(desk: Desk, header: str) -> None:
    reply = await desk.send("GET", "/api-keys", key=None, headers={"Authorization": header.encode().decode("latin-1")})

    assert (reply.status, reply.data["code"]) == (401, "key_needed")


async def test_scheme_is_read_in_any_case(desk: Desk) -> None:
    reply = await desk.send("GET", "/api-keys", key=None, headers={"Authorization": f"bearer {desk.key}"})

    assert reply.status == 200
