"""What the request log keeps of a request and its answer: 2 KiB of each, secrets masked first."""

from collections.abc import Collection, Iterable

from tessera.platform.secrets import MASK, Masker

STORED_BYTES = 2048
HIDDEN = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})


class Excerpts:
    """Makes the excerpts of one run; `hidden` names further headers whose values are masked as a whole."""

    def __init__(self, secrets: Iterable[str], hidden: Collection[str]) -> None:
        self._secrets = tuple(secrets)
        self._masker = Masker(self._secrets)
        self._own = frozenset(name.lower() for name in hidden)
        self._hidden = HIDDEN | self._own
        self._last: tuple[tuple[str, ...], Excerpts] | None = None

    def knowing(self, headers: Iterable[tuple[str, str]]) -> "Excerpts":
        """Return excerpts that also mask what a request's hidden headers hold, because its receiver may echo that."""
        values = tuple(part for name, value in headers if name.lower() in self._own for part in parts_of(value))
        if not values:
            return self
        # Most templates have the same secret in every request.
        if self._last is None or self._last[0] != values:
            self._last = values, Excerpts((*self._secrets, *values), self._own)
        return self._last[1]

    def make(self, first_line: str, headers: Iterable[tuple[str, str]], body: bytes) -> str:
        """Return the text of a request or answer, masked and shortened."""
        lines = [first_line, *(f"{name}: {self._shown(name, value)}" for name, value in headers)]
        text = "\n".join(lines)
        if body:
            text = f"{text}\n\n{body.decode(errors='replace')}"
        # Masked before it is cut: half a secret at the end would not be found.
        return shorten(self._masker.mask(text).replace("\x00", "\ufffd"))

    def mask(self, text: str) -> str:
        """Return the text with secrets masked."""
        return self._masker.mask(text)

    def _shown(self, name: str, value: str) -> str:
        return MASK if name.lower() in self._hidden else value


def parts_of(value: str) -> tuple[str, ...]:
    """Return a header's value, and what follows its scheme, as in `Token abc`: either may come back alone."""
    credentials = value.partition(" ")[2]
    return tuple(part for part in (value, credentials) if part)


def shorten(text: str) -> str:
    """Return at most 2 KiB of the text, cut between two characters."""
    encoded = text.encode()
    if len(encoded) <= STORED_BYTES:
        return text
    return encoded[: STORED_BYTES - 3].decode(errors="ignore") + "…"
