"""The reference of our APIs, rendered from their OpenAPI documents."""

from tessera.web.documents.pages import list_references, show_reference

PAGES = (list_references, show_reference)

__all__ = ["PAGES"]
