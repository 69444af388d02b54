"""Every failure is a problem body of one shape, with the request's id and nothing that it should not tell."""

from dataclasses import replace
from typing import Any

import psycopg
import pytest
from litestar import Litestar
from litestar.datastructures import State
from tests.api.management.conftest import Desk

from tessera.api import build_api
from tessera.api.management.v1 import registry
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.routes import Route
from tessera.platform.errors import (
    ConflictError,
    DeniedError,
    InvalidError,
    NotFoundError,
    TesseraError,
    UnavailableError,
)
from tessera.web import answer_failure, build_pages


class LimitError(UnavailableError):
    code = "request_limit_reached"


MEMBERS = {"type", "title", "status", "detail", "code", "request_id", "errors"}
FAILURES: list[tuple[Exception, int, str]] = [
    (InvalidError("The colour is wrong.", field="colour"), 422, "invalid"),
    (DeniedError("Not yours."), 403, "denied"),
    (NotFoundError("Not there."), 404, "not_found"),
    (ConflictError("Taken."), 409, "conflict"),
    (UnavailableError("Later.", retry_after=2.5), 503, "unavailable"),
    (LimitError("Too often.", retry_after=0.2), 429, "request_limit_reached"),
    (psycopg.errors.DeadlockDetected("deadlock"), 503, "database_unavailable"),
    (TesseraError("Of no kind."), 500, "fault"),
    (RuntimeError("password=hunter2"), 500, "fault"),
]


@pytest.mark.parametrize(("error", "status", "code"), FAILURES, ids=lambda value: str(value)[:30])
async def test_error_becomes_a_problem(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    async def fail(call: Call) -> None:
        raise error

    route = Route("GET", "/failing", "things:read", fail)
    monkeypatch.setattr(registry, "ROUTES", (route,))

    reply = await desk.send("GET", "/failing")

    assert reply.status == status
    check_problem(reply)
    assert reply.data["code"] == code
    assert "hunter2" not in reply.body.decode()
    if status in (429, 503) and isinstance(error, UnavailableError):
        assert reply.headers["retry-after"] == {"database_unavailable": "1", "unavailable": "3"}.get(code, "1")
    if status == 422:
        assert reply.data["errors"] == [{"message": "The colour is wrong.", "pointer": "/colour"}]


def check_problem(reply: Any) -> None:
    assert reply.headers["content-type"] == "application/problem+json"
    assert set(reply.data) == MEMBERS
    assert reply.data["status"] == reply.status
    assert reply.data["request_id"] == reply.headers["request-id"]
    assert reply.headers["cache-control"] == "no-store"


UNREADABLE = [b"", b" ", b"{", b"[1,", b'{"label": "a"} x', b"\xff\xfe", b'{"label": "\xff"}', b"[" * 100_000, b"NaN"]


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: str(body[:20]))
async def test_unreadable_body(desk: Desk, body: bytes) -> None:
    reply = await desk.send("POST", "/api-keys", body)

    assert (reply.status, reply.data["code"]) == (400, "unreadable_json")
    check_problem(reply)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"[]", ""),
        (b"{}", "/label"),
        (b'{"label": 1}', "/label"),
        (b'{"label": ""}', "/label"),
        (b'{"label": "a\\u0000b"}', "/label"),
        (b'{"label": "a", "colour": 1}', "/colour"),
        (b'{"label": "a", "chain_ids": ["x"]}', "/chain_ids/0"),
        (b'{"label": "a", "permissions": ["members:read", "all"]}', "/permissions/1"),
        (b'{"label": "a", "expires_at": "2031-01-01"}', "/expires_at"),
        (b'{"label": "a", "expires_at": "2031-01-01T00:00:00"}', "/expires_at"),
        (b'{"label": "a", "expires_at": "0001-01-01T00:00:00Z"}', "/expires_at"),
        (b'{"label": "a", "expires_at": 5}', "/expires_at"),
        (b'{"label": "a", "expires_at": "2031-01-01T00:00:00-22:41"}', "/expires_at"),
    ],
)
async def test_body_that_breaks_the_contract(desk: Desk, body: bytes, pointer: str) -> None:
    reply = await desk.send("POST", "/api-keys", body)

    assert (reply.status, reply.data["code"]) == (422, "request_invalid")
    check_problem(reply)
    assert [fault["pointer"] for fault in reply.data["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        ("limit=0", 422, "limit"),
        ("limit=1001", 422, "limit"),
        ("limit=ten", 422, "limit"),
        ("limit=1.0", 422, "limit"),
        ("limit=", 422, "limit"),
        ("limit=1&limit=2", 422, "limit"),
        ("after=null", 422, "after"),
        ("after=x", 422, "after"),
        ("colour=red", 422, "colour"),
        ("%ff=1", 400, None),
        ("limit=%ff", 400, None),
    ],
)
async def test_query_that_breaks_the_contract(desk: Desk, query: str, status: int, parameter: str | None) -> None:
    reply = await desk.send("GET", f"/api-keys?{query}")

    assert reply.status == status, reply.body
    check_problem(reply)
    if parameter:
        assert [fault["parameter"] for fault in reply.data["errors"]] == [parameter]


@pytest.mark.parametrize(
    "path", ["/", "", "/nothing", "/api-keys/x/y/z", "//api-keys", "/api-keys/", "/API-keys", "/api/v1x", "/../x"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "BREW"])
async def test_unknown_address(desk: Desk, method: str, path: str) -> None:
    reply = await desk.send(method, path, key=None)

    assert (reply.status, reply.data["code"]) == (404, "not_found")
    check_problem(reply)


async def test_pages_beside_it_answer_nothing_below(desk: Desk) -> None:
    handlers = [*build_api(), *build_pages()]
    state = State({"resources": desk.resources})
    app = Litestar(handlers, state=state, exception_handlers={Exception: answer_failure}, openapi_config=None)
    beside = replace(desk, app=app)

    assert (await beside.call("GET", "/api-keys")).status == 200
    for method, path, status in (("GET", "/nothing", 404), ("PUT", "/api-keys", 405), ("GET", "", 404)):
        reply = await beside.send(method, path, key=None)
        assert reply.status == status
        check_problem(reply)


async def test_wrong_method(desk: Desk) -> None:
    for method in ("PUT", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"):
        reply = await desk.send(method, "/api-keys", key=None)
        assert (reply.status, reply.headers["allow"]) == (405, "GET, POST")
        check_problem(reply)


async def test_body_has_a_limit(desk: Desk) -> None:
    reply = await desk.send("POST", "/api-keys", b'{"label": "' + b"x" * 8 * 1024 * 1024 + b'"}')
    announced = await desk.send("POST", "/api-keys", b"{}", headers={"Content-Length": "9000000"})

    for refused in (reply, announced):
        assert (refused.status, refused.data["code"]) == (413, "body_too_large")
        check_problem(refused)


async def test_refused_call_leaves_nothing(desk: Desk) -> None:
    await desk.call("POST", "/api-keys", label="a", permissions=["x"])
    await desk.call("POST", "/api-keys", label="a", permissions=["members:read"], expires_at="2020-01-01T00:00:00Z")

    assert [key["label"] for key in (await desk.good("GET", "/api-keys"))["items"]] == ["Harbour"]


async def test_good_answer_carries_its_id(desk: Desk) -> None:
    reply = await desk.call("GET", "/api-keys")

    assert reply.headers["content-type"] == "application/json"
    assert len(reply.headers["request-id"]) == 36
    assert reply.headers["cache-control"] == "no-store"


async def test_document_is_open_to_all(desk: Desk) -> None:
    reply = await desk.send("GET", "/openapi.json", key=None)

    assert reply.status == 200
    assert reply.data["openapi"] == "3.1.0"
    assert set(reply.data["paths"]) >= {"/api-keys", "/memberships/{membership_id}/points/earn"}
