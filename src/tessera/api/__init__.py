"""JSON doors: the wire-compatible Connector API."""

from litestar.handlers import ASGIRouteHandler

from tessera.api.connector.v1 import build_connector_api


def build_api() -> list[ASGIRouteHandler]:
    """Return the handlers of every JSON door; they find what they stand on as `app.state.ground`."""
    return [build_connector_api()]


__all__ = ["build_api"]
