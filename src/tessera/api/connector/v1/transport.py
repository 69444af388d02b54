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
from tessera.api.http import raw_path, write
from tessera.api.problems import Problem, problem_of
from tessera.platform.bodies import read_body
from tessera.platform.errors import TesseraError
from tessera.platform.ids import new_id
from tessera.platform.resources import Resources

MOUNT = "/api/connector"
UNKNOWN_ADDRESS = Problem(404, "There is no such operation. Check method and address.")


class ConnectorApi:
    """Answers everything below the mount.

    A router would tolerate doubled and trailing slashes and answer a wrong method with 405; the contract wants 404 for
    all of them, so the raw path decides.
    """

    def __init__(self) -> None:
        self.scopes = Scopes()

    async def respond(self, resources: Resources, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request_id = new_id()
        given = await self.answer(resources, scope, receive, request_id)
        headers = {"Request-Id": str(request_id)}
        if given.status != 204:
            headers["Content-Type"] = "application/json"
        if given.retry_after is not None:
            headers["Retry-After"] = str(given.retry_after)
        await write(send, given.status, given.body, headers)

    async def answer(self, resources: Resources, scope: HTTPScope, receive: Receive, request_id: UUID) -> Answer:
        """Return the answer to one request."""
        operation = OPERATIONS.get(raw_path(scope)) if scope["method"] == "POST" else None
        if operation is None:
            return refuse(UNKNOWN_ADDRESS, request_id)
        headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
        try:
            body = await read_body(receive, headers)
        except TesseraError as error:
            return refuse(problem_of(error, {}), request_id)
        client = scope.get("client")
        asked = Asked(operation, body, request_id, client[0] if client else None, wants_minimal(headers))
        return await answer(resources, self.scopes, asked)


def mount_connector_api(connector: ConnectorApi) -> ASGIRouteHandler:
    """Return the route of everything below the mount. Callers bring no cookies: nothing can be forged across sites."""

    @asgi(MOUNT, is_mount=True, copy_scope=True)
    async def connector_api(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.WEBSOCKET:
            await connector.respond(scope["app"].state.resources, scope, receive, send)

    return connector_api


def put_first(app: Litestar, connector: ConnectorApi) -> ASGIApp:
    """Return the application with this API before its router, which costs more than many a look-up."""

    async def first(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["path"].startswith(f"{MOUNT}/"):
            await connector.respond(app.state.resources, scope, receive, send)
        else:
            await app(scope, receive, send)

    return first


def wants_minimal(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Say whether the caller prefers no body to an empty one."""
    preferences = b",".join(value for name, value in headers if name.lower() == b"prefer").lower().split(b",")
    return any(
        one.partition(b";")[0].replace(b" ", b"") in {b"return=minimal", b'return="minimal"'} for one in preferences
    )
