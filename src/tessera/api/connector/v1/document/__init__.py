"""The API's description of itself, for programs and for people: an OpenAPI document made from the operations."""

from tessera.api.connector.v1.document.assembly import build_document

__all__ = ["build_document"]
