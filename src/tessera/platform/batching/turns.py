"""Places to send from: so many at once for each key, and so many in all."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Turns(Generic[K]):
    """At most `each` turns at once for a key, and `total` in all; they are taken in the order in which they came."""

    def __init__(self, *, each: int, total: int) -> None:
        self._each = each
        self._places: dict[K, asyncio.Semaphore] = {}
        self._wanted: Counter[K] = Counter()
        self._all = asyncio.Semaphore(total)

    @asynccontextmanager
    async def turn(self, key: K) -> AsyncIterator[None]:
        """Wait for a place, and give it back at the end."""
        places = self._places.setdefault(key, asyncio.Semaphore(self._each))
        self._wanted[key] += 1
        try:
            async with places, self._all:
                yield
        finally:
            self._wanted[key] -= 1
            if not self._wanted[key]:
                del self._wanted[key], self._places[key]
