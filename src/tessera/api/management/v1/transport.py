"""The way in: address, key, permission, body, in this order. Everything below `/api/v1` is answered here.

Callers bring a key in a header and no cookies, so nothing here can be forged across sites.
"""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from litestar.enums import ScopeType
from litestar.handlers import ASGIRouteHandler, asgi
from litestar.types import Receive, Scope, Send

from tessera.access.keys import find_api_key_actor
from tessera.api.http import raw_path, write
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.downloads import Download
from tessera.api.management.v1.openapi import describe
from tessera.api.management.v1.problems import Answer, RefusedError, answer_error
from tessera.api.management.v1.registry import find_route
from tessera.api.management.v1.request_values import NoQuery, read_body, read_key, read_place, read_query, read_version
from tessera.api.management.v1.routes import BODY, IF_MATCH, KEY, QUERY, Route, TextDownload
from tessera.platform.actors import Actor
from tessera.platform.bodies import read_body as receive_body
from tessera.platform.idempotency import Attempt, KeptAnswer, claim_key, keep_answer, release_key
from tessera.platform.ids import new_id
from tessera.platform.resources import Resources

MOUNT = "/api/v1"
DOCUMENT = "/openapi.json"
JSON = {"Content-Type": "application/json"}
VARIES = {"Vary": "Accept"}
CSV = {"Content-Type": "text/csv; charset=utf-8; header=present", **VARIES}
WEIGHT = re.compile(r"[01](\.\d{0,3})?", re.ASCII)
BEARER = re.compile(r"bearer +([!-~]+)", re.IGNORECASE)
ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Request:
    """What came in, the body not read yet."""

    method: str
    path: str
    query: bytes
    headers: Mapping[str, str]
    origin: str | None
    request_id: UUID
    scope: Any
    receive: Receive


def build_management_api() -> ASGIRouteHandler:
    """Return the handler of everything below the mount."""

    @asgi(MOUNT, is_mount=True, copy_scope=True)
    async def management_api(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.WEBSOCKET:
            return
        request = read_request(scope, receive)
        answer = await respond(scope["app"].state.resources, request)
        headers = {**answer.headers, "Request-Id": str(request.request_id)}
        await write(send, answer.status, answer.body, headers)

    return management_api


def read_request(scope: Any, receive: Receive) -> Request:
    """Return the request without its body."""
    client = scope.get("client")
    return Request(
        method=scope["method"],
        path=raw_path(scope).removeprefix(MOUNT),
        query=bytes(scope["query_string"]),
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        origin=client[0] if client else None,
        request_id=new_id(),
        scope=scope,
        receive=receive,
    )


async def respond(resources: Resources, request: Request) -> Answer:
    """Return the answer to one request, whatever happens."""
    try:
        if (request.method, request.path) == ("GET", DOCUMENT):
            return Answer(200, document(), JSON)
        route, texts = find_route(request.method, request.path)
        actor = await authenticate(resources, request)
        actor.require(route.permission)
        return await run(resources, request, route, texts, actor)
    except Exception as error:
        return answer_error(error, request.request_id)


async def authenticate(resources: Resources, request: Request) -> Actor:
    """Return whom the request's key makes of its sender; in a transaction of its own, so that use is noted at once."""
    found = BEARER.fullmatch(request.headers.get("authorization", "").strip())
    actor = None
    if found is not None:
        async with resources.database.session() as session:
            actor = await find_api_key_actor(
                session,
                resources.keys,
                found[1],
                now=resources.clock(),
                origin=request.origin,
                request_id=str(request.request_id),
            )
    if actor is None:
        raise RefusedError(
            401,
            "key_needed" if found is None else "key_refused",
            "Send an API key: Authorization: Bearer tsr_…"
            if found is None
            else "The API key is unknown, disabled, expired or revoked. Ask the administrator who gave it to you.",
            headers={"WWW-Authenticate": "Bearer" if found is None else 'Bearer error="invalid_token"'},
        )
    return actor


async def run(resources: Resources, request: Request, route: Route, texts: Mapping[str, str], actor: Actor) -> Answer:
    """Read what the route's function takes, run it, and return its answer; of a repeated call the first answer."""
    arguments = await read_arguments(request, route, texts)
    state = request.scope["app"].state
    call = Call(
        resources,
        actor,
        resources.clock(),
        query_engine=state.get("engine"),
        outbound=state.get("client"),
        wants_csv=route.gives_csv and prefers_csv(request.headers.get("accept", "")),
        receive=request.receive,
    )
    key = read_key(request.headers, required=False) if route.repeatable else None
    if key is None or actor.id is None:
        return await perform(call, route, arguments)
    attempt = Attempt(actor.id, key, describe_call(request, arguments))
    return await perform_once(call, route, arguments, attempt)


async def perform(call: Call, route: Route, arguments: Mapping[str, Any]) -> Answer:
    """Run the function, in the request's one transaction unless it wants none."""
    if not route.in_transaction:
        return encode_answer(call, route, await route.run(call, **arguments))
    work = route.download if route.download is not None and call.wants_csv else route.run
    async with call.resources.database.session() as session:
        return encode_answer(call, route, await work(replace(call, transaction=session), **arguments))


async def perform_once(call: Call, route: Route, arguments: Mapping[str, Any], attempt: Attempt) -> Answer:
    """Run the function unless it was run under this key before; a call that fails may be sent again."""
    database, keys = call.resources.database, call.resources.keys
    if route.in_transaction:
        async with database.session() as session:
            kept = await claim_key(session, keys, attempt, now=call.now)
            if kept is not None:
                return repeat_answer(kept)
            answer = encode_answer(call, route, await route.run(replace(call, transaction=session), **arguments))
            await keep_answer(session, keys, attempt, kept_form(answer))
        return answer
    async with database.session() as session:
        kept = await claim_key(session, keys, attempt, now=call.now)
    if kept is not None:
        return repeat_answer(kept)
    try:
        answer = encode_answer(call, route, await route.run(call, **arguments))
    except BaseException:
        async with database.session() as session:
            await release_key(session, attempt)
        raise
    async with database.session() as session:
        await keep_answer(session, keys, attempt, kept_form(answer))
    return answer


def prefers_csv(accept: str) -> bool:
    """Say whether a caller would rather have CSV than JSON."""
    weights = {"text/csv": 0.0, "application/json": 0.0}
    for part in accept.lower().split(","):
        kind, *parameters = (each.strip() for each in part.split(";"))
        weight = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        if kind in weights and WEIGHT.fullmatch(weight):
            weights[kind] = float(weight)
    return weights["text/csv"] > weights["application/json"]


def describe_call(request: Request, arguments: Mapping[str, Any]) -> str:
    """Return all that makes two calls the same one; a reordered body is no other call."""
    return f"{request.method} {request.path} {ENCODER.encode(arguments).decode()}"


def encode_answer(call: Call, route: Route, given: Any) -> Answer:
    """Return what a function gave as an answer, in the form that was asked for."""
    if isinstance(given, Download):
        return Answer(route.status, given.chunks, given.headers)
    if isinstance(given, TextDownload):
        return Answer(route.status, encode_parts(given.parts), CSV | attach(given.name))
    if route.gives_csv and given is not None:
        if route.csv is not None and call.wants_csv:
            return Answer(route.status, route.csv(given).encode(), CSV | tag_of(given))
        return Answer(route.status, ENCODER.encode(given), JSON | VARIES | tag_of(given))
    return Answer(204) if given is None else Answer(route.status, ENCODER.encode(given), JSON | tag_of(given))


async def encode_parts(parts: AsyncIterator[str]) -> AsyncIterator[bytes]:
    """Give the parts of a text as bytes."""
    async for part in parts:
        yield part.encode()


def attach(name: str) -> dict[str, str]:
    """Return the header by which browsers and tools keep a file under its name."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def kept_form(answer: Answer) -> KeptAnswer:
    """Return the answer as it is kept; files are only read, and those calls are not kept."""
    assert isinstance(answer.body, bytes)
    return KeptAnswer(answer.status, answer.headers, answer.body)


def repeat_answer(kept: KeptAnswer) -> Answer:
    """Return a kept answer, marked as such."""
    return Answer(kept.status, kept.body, {**kept.headers, "Idempotency-Replayed": "true"})


def tag_of(given: Any) -> dict[str, str]:
    """Return the header by which a later change can ask for the thing as it is now, where it has versions."""
    version = getattr(given, "version", None)
    return {} if version is None else {"ETag": f'"{version}"'}


async def read_arguments(request: Request, route: Route, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of the function's parameters."""
    values = {name: read_place(text, route.reads[name], name) for name, text in texts.items()}
    query = read_query(request.query, route.reads.get(QUERY, NoQuery))
    if QUERY in route.reads:
        values[QUERY] = query
    if KEY in route.reads:
        values[KEY] = read_key(request.headers, required=route.reads[KEY] is str)
    if IF_MATCH in route.reads:
        values[IF_MATCH] = read_version(request.headers)
    if BODY in route.reads:
        body = await receive_body(request.receive, request.scope["headers"])
        values[BODY] = read_body(body if body or not route.bodyless else b"{}", route.reads[BODY])
    return values


@cache
def document() -> bytes:
    """Return the API's own description."""
    return msgspec.json.encode(describe())
