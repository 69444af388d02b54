"""Masks: known secrets are replaced in texts that people will read."""

import base64
import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from tessera.platform.secrets.values import MASK, Secret

# Shorter pieces of base64 turn up in harmless text.
LEAST_BASE64 = 6


def mask(text: str, secrets: Iterable[str | Secret]) -> str:
    """Replace every occurrence of the secrets, in the spellings in which requests carry them, by `***`."""
    return Masker(secrets).mask(text)


class Masker:
    """The spellings of some secrets, found once for many texts."""

    __slots__ = ("_spellings",)

    def __init__(self, secrets: Iterable[str | Secret]) -> None:
        texts = {secret.reveal() if isinstance(secret, Secret) else secret for secret in secrets}
        spellings = {spelling for text in texts if text for spelling in spell(text)}
        # Longest first: a secret that begins like another would leave its tail behind.
        self._spellings = sorted(spellings, key=len, reverse=True)

    def mask(self, text: str) -> str:
        """Return the text with `***` in place of each secret."""
        for spelling in self._spellings:
            text = text.replace(spelling, MASK)
        return text


def spell(text: str) -> Iterator[str]:
    """Yield a secret as written plainly, in JSON, in URLs and in base64."""
    yield text
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield quote(text, safe="")
    yield quote(text)
    yield quote_plus(text)
    for encoded in spell_base64(text.encode()):
        yield encoded
        yield encoded.replace("+", "-").replace("/", "_")


def spell_base64(secret: bytes) -> Iterator[str]:
    """Yield the base64 that a secret has at each of three offsets inside a longer text, as in `user:password`."""
    yield base64.b64encode(secret).decode()
    for offset, first in enumerate((0, 2, 3)):
        encoded = base64.b64encode(bytes(offset) + secret).decode()
        whole = (offset + len(secret)) * 8 // 6
        if whole - first >= LEAST_BASE64:
            yield encoded[first:whole]
