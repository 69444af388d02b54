"""The way in: method, exact address, size, headers. Everything below `/api/connector` is answered here."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.handlers import ASGIRouteHandler, asgi
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from tessera.api.connector.v1.credentials import Scopes
from tessera.api.connector.v1.operations import OPERATIONS, Answer, Asked, answer, refuse
from tessera.api.problems import Problem
from tessera.platform.ground import Ground
from tessera.platform.ids import new_id

MOUNT = "/api/connector"
# A thousand memberships are about half a megabyte.
LARGEST_BODY = 8 * 1024 * 1024

UNKNOWN_ADDRESS = Problem(404, "There is no such operation. Check method and address.")
TOO_LARGE = Problem(413, "The request is too large. Send at most 8 MB.")


class CallerGoneError(Exception):
    """The caller hung up before its request was complete."""


class ConnectorApi:
    """Answers everything below the mount.

    A router would tolerate doubled and trailing slashes and answer a wrong method with 405; the contract wants 404 for
    all of them, so the raw path decides.
    """

    def __init__(self) -> None:
        self.scopes = Scopes()

    async def respond(self, ground: Ground, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer one request; a caller that hung up gets none."""
        request_id = new_id()
        try:
            given = await self.answer(ground, scope, receive, request_id)
        except CallerGoneError:
            return
        await write(send, given, request_id)

    async def answer(self, ground: Ground, scope: HTTPScope, receive: Receive, request_id: UUID) -> Answer:
        """Return the answer to one request."""
        operation = OPERATIONS.get(raw_path(scope)) if scope["method"] == "POST" else None
        if operation is None:
            return refuse(UNKNOWN_ADDRESS, request_id)
        headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
        body = await read_body(receive, headers)
        if body is None:
            return refuse(TOO_LARGE, request_id)
        client = scope.get("client")
        asked = Asked(operation, body, request_id, client[0] if client else None, wants_minimal(headers))
        return await answer(ground, self.scopes, asked)


def mount_connector_api(connector: ConnectorApi) -> ASGIRouteHandler:
    """Return the route of everything below the mount. Callers bring no cookies: nothing can be forged across sites."""

    @asgi(MOUNT, is_mount=True, copy_scope=True, opt={"exclude_from_csrf": True, "exclude_from_auth": True})
    async def connector_api(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.WEBSOCKET:
            await connector.respond(scope["app"].state.ground, scope, receive, send)

    return connector_api


def put_first(app: Litestar, connector: ConnectorApi) -> ASGIApp:
    """Return the application with this API before its router, which costs more than many a look-up."""

    async def first(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["path"].startswith(f"{MOUNT}/"):
            await connector.respond(app.state.ground, scope, receive, send)
        else:
            await app(scope, receive, send)

    return first


def raw_path(scope: Any) -> str:
    """Return the path as it was sent, undecoded."""
    return bytes(scope["raw_path"]).partition(b"?")[0].decode("latin-1")


async def read_body(
    receive: Receive, headers: Iterable[tuple[bytes, bytes]], largest: int = LARGEST_BODY
) -> bytes | None:
    """Return the whole body, None where it is too large."""
    announced = next((value for name, value in headers if name.lower() == b"content-length"), b"")
    if announced.isdigit() and int(announced) > largest:
        return None
    parts: list[bytes] = []
    size = 0
    while True:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise CallerGoneError
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > largest:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


def wants_minimal(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Say whether the caller prefers no body to an empty one."""
    preferences = b",".join(value for name, value in headers if name.lower() == b"prefer").lower().split(b",")
    return any(
        one.partition(b";")[0].replace(b" ", b"") in {b"return=minimal", b'return="minimal"'} for one in preferences
    )


async def write(send: Send, given: Answer, request_id: UUID) -> None:
    """Send the answer."""
    headers = [(b"request-id", str(request_id).encode())]
    if given.status != 204:
        headers += [(b"content-type", b"application/json"), (b"content-length", str(len(given.body)).encode())]
    if given.retry_after is not None:
        headers.append((b"retry-after", str(given.retry_after).encode()))
    await send({"type": "http.response.start", "status": given.status, "headers": headers})
    await send({"type": "http.response.body", "body": given.body, "more_body": False})
