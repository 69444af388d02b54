"""Joining a profile's base URL and a template's path. Pure."""

from tessera.connectors import UrlNotAllowedError


class UrlMaker:
    """Joins paths to one base URL, whose own query string, where it has one, stays at the end."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        stem, mark, query = base_url.partition("?")
        self._query = mark + query
        self._stem = stem
        self._prefix = stem.rstrip("/") + "/"

    def make(self, path: str) -> str:
        """Return the URL of a request."""
        if not path:
            return self._base_url
        if path.startswith("?"):
            return self._stem + path
        return self._prefix + path.lstrip("/") + self._query


def check_queries(base_url: str, path: str) -> None:
    """Refuse a base URL and a path that both carry a query string."""
    if "?" in base_url and "?" in path:
        raise UrlNotAllowedError(
            "The profile's Base URL and the template's URL Path both carry a query string. Keep the path's only."
        )
