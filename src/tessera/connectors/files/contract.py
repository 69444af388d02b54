"""What every kind of file store does, whatever lies behind it."""

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

LARGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class FileCapabilities:
    """What a store can do, so that callers need not ask which kind it is.

    `atomic_replace`: a file that is put or moved takes the place of an older one at once, never half, never missing.
    `atomic_move`: a file is renamed; without it, it is copied, then deleted, and a crash between leaves both.
    `hidden_upload`: a file that is uploaded stays hidden until it is published; without it, it is there at once, whole.
    """

    atomic_replace: bool
    atomic_move: bool
    hidden_upload: bool


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file as its store lists it; `name` is relative to the root path, with slashes."""

    name: str
    size: int
    modified_at: datetime | None


@dataclass(frozen=True, slots=True)
class FilePage:
    """Files in the order of their names; `next` begins the page after this one, None at the end."""

    items: Sequence[FileInfo]
    next: str | None


class FileStore(Protocol):
    """A place for files below a root path. Memory stays bounded however large a file or a folder is.

    Names are relative to the root path. Every method raises a `FileError`, and nothing else, when the store fails.
    """

    capabilities: FileCapabilities
    discovered: Mapping[str, Any]
    """Properties that the profile did not have and now gets, such as the fingerprint of a host key."""

    async def put(self, name: str, chunks: AsyncIterable[bytes]) -> int:
        """Store a file whole, or leave what was there before; return its size."""

    async def upload(self, name: str, chunks: AsyncIterable[bytes]) -> int:
        """Transfer a file that `publish` gives its name; return its size. A second upload takes the first one's place.

        The next chunk is read when the one before is on its way, so a count of the chunks is the progress.
        """

    async def publish(self, name: str, size: int) -> bool:
        """Give an uploaded file its name, in the place of one that has it.

        False says that it had it already, so this may be called again after a crash. Without `hidden_upload` the
        upload itself did it; with it, there is no upload any more, but a file of that name and size. `FileMissingError`
        says that there is neither, or half an upload: upload it again. A receiver may also have taken the file since.
        """

    async def discard(self, name: str) -> None:
        """Delete an upload that was not published, if there is one."""

    def read(self, name: str, *, offset: int = 0) -> AsyncIterator[bytes]:
        """Yield the file from a place on."""

    async def list_page(self, prefix: str = "", *, after: str | None = None, limit: int = LARGEST_PAGE) -> FilePage:
        """Return files in the folder `prefix` and the folders below it, those behind `after` only."""

    async def stat(self, name: str) -> FileInfo:
        """Return size and time of a file."""

    async def move(self, source: str, target: str) -> None:
        """Give a file another name, in the place of one that has it."""

    async def delete(self, name: str) -> None:
        """Delete a file; one that is gone already is a `FileMissingError`."""
