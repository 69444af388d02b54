"""How long texts may be, and what counts as an address of a web page."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.texts.checks import check_urls
    from tessera.platform.texts.columns import check_columns
    from tessera.platform.texts.errors import TextLengthError, UrlInvalidError
    from tessera.platform.texts.lengths import (
        LONGEST_NOTES,
        LONGEST_PROVIDER_ID,
        LONGEST_TEXT,
        LONGEST_URL,
        condition_of,
    )
    from tessera.platform.texts.urls import is_url, is_website
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "LONGEST_NOTES",
    "LONGEST_PROVIDER_ID",
    "LONGEST_TEXT",
    "LONGEST_URL",
    "TextLengthError",
    "UrlInvalidError",
    "check_columns",
    "check_urls",
    "condition_of",
    "is_url",
    "is_website",
]
