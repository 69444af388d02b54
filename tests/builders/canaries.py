"""Secrets that no other text resembles, and the search for them in whatever a deployment keeps, says or shows."""

import base64
import json
import secrets
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

PIECE = 12


class Canaries:
    """The secrets of one test, by where they were put."""

    def __init__(self) -> None:
        self._pieces: dict[str, str] = {}
        self._calm: set[str] = set()

    def draw(self, name: str) -> str:
        """Make a secret that every spelling writes differently."""
        return self.keep(name, f'{secrets.token_hex(9)}/+"&{secrets.token_hex(9)}')

    def draw_plain(self, name: str) -> str:
        """Make a secret of letters and digits, which is base64 too."""
        return self.keep(name, secrets.token_hex(20))

    def keep(self, name: str, text: str) -> str:
        """Look for a secret that somebody else made."""
        assert len(text) >= PIECE, name
        for spelling in spell(text):
            self._pieces |= dict.fromkeys(pieces(spelling), name)
        return text

    @property
    def names(self) -> set[str]:
        """Where secrets were put."""
        return set(self._pieces.values())

    def holds(self, text: str, name: str) -> bool:
        """Say whether the text has a piece of that secret."""
        return any(piece in text for piece, known in self._pieces.items() if known == name)

    def find(self, text: str) -> Iterator[str]:
        """Yield what leaks: the secret's name, and the line around it."""
        for line in text.splitlines():
            if line in self._calm:
                continue
            found = self._pieces.keys() & pieces(line)
            if not found:
                self._calm.add(line)
            for piece in sorted(found, key=line.index)[:1]:
                at = line.index(piece)
                yield f"{self._pieces[piece]}: …{line[max(0, at - 100) : at + 100]}…"


def pieces(text: str) -> set[str]:
    """Return every part of that length."""
    return {text[at : at + PIECE] for at in range(len(text) - PIECE + 1)}


def spell(text: str) -> Iterator[str]:
    """Yield a secret as texts, documents, addresses, headers and dumps may write it."""
    yield from (text, json.dumps(text)[1:-1], quote(text, safe=""), quote_plus(text))
    yield from (text.encode().hex(), text.encode().hex().upper())
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + text.encode()).decode()
        inner = encoded[4 if offset else 0 : -4]
        yield from (inner, inner.replace("+", "-").replace("/", "_"))
