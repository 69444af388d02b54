"""HTTP API: JSON requests, shaped by templates, to any receiver."""

from tessera.outbound.kinds.http_api.connector import HTTP_API

__all__ = ["HTTP_API"]
