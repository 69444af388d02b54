"""Version 1 of the Connector API. The specification fixes every path, property, limit and message."""

from tessera.api.connector.v1.transport import build_connector_api

__all__ = ["build_connector_api"]
