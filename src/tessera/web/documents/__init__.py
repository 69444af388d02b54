"""Documents on pages: the reference of our APIs, rendered from their OpenAPI documents, and the how-tos."""

from tessera.web.documents.how_tos import list_how_tos, show_how_to
from tessera.web.documents.pages import list_references, show_reference

PAGES = (list_references, show_reference, list_how_tos, show_how_to)

__all__ = ["PAGES"]
