"""Version 1 of the Connector API. The specification fixes every path, property, limit and message."""

from tessera.api.connector.v1.document import build_document
from tessera.api.connector.v1.transport import ConnectorApi, mount_connector_api, put_first

__all__ = ["ConnectorApi", "build_document", "mount_connector_api", "put_first"]
