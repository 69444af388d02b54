"""What rooms keep sealed. Each declares how its own is sealed with a new key; the wiring names the places."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tessera.platform.db import Session
from tessera.platform.secrets import KeyRing


@dataclass(frozen=True, slots=True)
class Resealing:
    """Seals what a room keeps with the newest key of the ring; returns how many things needed it.

    `what` names one of them, with the count in its place, and reads as a plural with an s at its end.
    """

    what: str
    reseal: Callable[[Session, KeyRing], Awaitable[int]]

    def describe(self, count: int) -> str:
        """Return so many of them in words."""
        return self.what.format(f"{count:,}") + ("" if count == 1 else "s")
