"""The names of a folder in order: a server gives them in none, and all of them each time. Pure."""

import heapq
from bisect import bisect_right
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from tessera.connectors.files import FileInfo, FilePage

# What is kept for pages to come: some megabytes, and ten thousand files cost one look at the server.
MOST_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Listing:
    """Files of a folder behind a name, in order; not `whole` where there are more than are kept."""

    folder: str
    after: str | None
    items: Sequence[FileInfo]
    whole: bool

    def covers(self, folder: str, after: str | None, limit: int) -> bool:
        """Say whether a further page can be cut from this; a first page always reads again."""
        if folder != self.folder or after is None or (self.after is not None and order(after) < order(self.after)):
            return False
        return self.whole or len(self.items) - self._place(after) > limit

    def page(self, after: str | None, limit: int) -> FilePage:
        """Return a page."""
        start = self._place(after)
        found = self.items[start : start + limit]
        return FilePage(found, found[-1].name if start + limit < len(self.items) else None)

    def _place(self, after: str | None) -> int:
        """Return the position of the first name behind that one."""
        return 0 if after is None else bisect_right(self.items, order(after), key=order_of)


async def read_listing(files: AsyncIterator[FileInfo], folder: str, after: str | None) -> Listing:
    """Keep the first names behind one, however many there are."""
    found: list[FileInfo] = []
    whole = True
    async for each in files:
        if after is None or order_of(each) > order(after):
            found.append(each)
        if len(found) > 2 * MOST_KEPT:
            found, whole = smallest(found), False
    return Listing(folder, after, smallest(found), whole and len(found) <= MOST_KEPT)


def smallest(found: list[FileInfo]) -> list[FileInfo]:
    """Return the first by name."""
    return heapq.nsmallest(MOST_KEPT, found, key=order_of)


def order_of(file: FileInfo) -> bytes:
    """Return what files are ordered by."""
    return order(file.name)


def order(name: str) -> bytes:
    """Return what names are ordered by: their bytes, as object stores have it."""
    return name.encode()
