"""Checks of texts that come in."""

from collections.abc import Callable, Iterable

from msgspec import UnsetType

from tessera.platform.texts.errors import UrlInvalidError
from tessera.platform.texts.urls import is_url


def check_urls(what: str, texts: Iterable[str | UnsetType | None], *, valid: Callable[[str], bool] = is_url) -> None:
    """Raise for a text that is not the address of a web page; one that is kept or cleared is not checked."""
    for text in texts:
        if isinstance(text, str) and not valid(text):
            raise UrlInvalidError(
                f"The {what} {text[:50]!r} is not the address of a web page. Write it as https://example.com/page.",
                field=what.replace(" ", "_").lower(),
                value=text,
            )
