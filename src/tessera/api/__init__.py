"""JSON doors: the wire-compatible Connector API, and our own management API."""

from typing import Any

from litestar.handlers import ASGIRouteHandler, HTTPRouteHandler

from tessera.api.connector.v1 import ConnectorApi, build_document, mount_connector_api, put_first
from tessera.api.documents import send_connector_document
from tessera.api.inbound import mount_inbound
from tessera.api.management.v1 import build_management_api
from tessera.api.management.v1 import describe as describe_management


def build_api(connector: ConnectorApi | None = None) -> list[ASGIRouteHandler | HTTPRouteHandler]:
    """Return the handlers of every JSON door; they find what they need as `app.state.resources`."""
    return [
        mount_connector_api(connector or ConnectorApi()),
        build_management_api(),
        mount_inbound(),
        send_connector_document,
    ]


def build_documents() -> dict[str, dict[str, Any]]:
    """Return the OpenAPI documents of the JSON doors, by the names under which pages show them."""
    return {"connector-v1": build_document(), "management-v1": describe_management()}


__all__ = ["ConnectorApi", "build_api", "build_documents", "put_first"]
