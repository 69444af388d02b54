"""Pages of lists: by number, and by the key of the last record."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.paging.errors import CursorNotFoundError
    from tessera.platform.paging.keyset import Conditions, Position, Source, fetch_page, find_position, narrow
    from tessera.platform.paging.pages import COUNT_LIMIT, Page
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "COUNT_LIMIT",
    "Conditions",
    "CursorNotFoundError",
    "Page",
    "Position",
    "Source",
    "fetch_page",
    "find_position",
    "narrow",
]
