"""An answer's headers: what cannot be read as text counts as absent."""

from collections.abc import Iterator, Mapping

from pyreqwest.http import HeaderMap

UNREADABLE = "(not readable as text)"


class ReplyHeaders(Mapping[str, str]):
    """Looks names up in any case; of a name that comes several times, the first value.

    A receiver may send bytes that are not text. The library raises ValueError for them, at each access.
    """

    def __init__(self, headers: HeaderMap) -> None:
        self._headers = headers

    def __getitem__(self, name: str) -> str:
        try:
            return self._headers[name]
        except ValueError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(self._headers.keys()))

    def __len__(self) -> int:
        return self._headers.keys_len()

    def list_lines(self) -> list[tuple[str, str]]:
        """Return every name and value as they came, repeated ones too, for a log."""
        return [(name, value) for name in self for value in self._values_of(name)]

    def _values_of(self, name: str) -> list[str]:
        try:
            return self._headers.getall(name)
        except ValueError:
            return [UNREADABLE]
