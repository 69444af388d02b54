"""Files in a bucket or container, reached through obstore, whose connections all go through a gate."""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import obstore

from tessera.connectors.contract import Network
from tessera.connectors.files import (
    LARGEST_PAGE,
    FileCapabilities,
    FileError,
    FileInfo,
    FileMissingError,
    FilePage,
    FileStoreMissingError,
    check_name,
    check_prefix,
    fault_of,
    join,
    relative,
)
from tessera.connectors.kinds.objects.translation import TRANSLATIONS, translate
from tessera.platform.http import EgressProxy

if TYPE_CHECKING:
    from obstore import GetOptions, ObjectMeta
    from obstore.store import ClientConfig, RetryConfig
    from obstore.store import ObjectStore as Library

# Stores take at most 10,000 parts: with this size, a file of 80 GB.
PART = 8 * 1024 * 1024
PARTS_AT_ONCE = 2
CHUNK = 1024 * 1024
RETRIES: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=60)}

MakeLibrary = Callable[["ClientConfig"], "Library"]


class SourceBrokenError(Exception):
    """What a file is read from has failed; the library only passes on that something did."""


FOREIGN: tuple[type[BaseException], ...] = (SourceBrokenError, *TRANSLATIONS)


class ObjectStore:
    """A root path in a bucket. A file appears when it is whole: an object store knows no half ones."""

    capabilities = FileCapabilities(atomic_replace=True, atomic_move=False, hidden_upload=False)
    discovered: Mapping[str, Any] = {}

    def __init__(self, library: "Library", place: str, root: str, gate: EgressProxy) -> None:
        self._library = library
        self._place = place
        self._root = root.strip("/")
        self._gate = gate

    async def put(self, name: str, chunks: AsyncIterable[bytes]) -> int:
        """Store a file: in one request while it fits into a part, else part by part."""
        path, source = self._path(name), Source(chunks)
        first = await source.part()
        with self._translated(f"store {name}", container=True, source=source):
            if source.ended:
                await obstore.put_async(self._library, path, first, use_multipart=False)
            else:
                parts = source.parts(first)
                await obstore.put_async(
                    self._library, path, parts, use_multipart=True, chunk_size=PART, max_concurrency=PARTS_AT_ONCE
                )
        return source.size

    async def upload(self, name: str, chunks: AsyncIterable[bytes]) -> int:
        """Store a file: it appears under its name when it is whole, so nothing has to be hidden."""
        return await self.put(name, chunks)

    async def publish(self, name: str, size: int) -> bool:  # noqa: ARG002
        """Say that the upload gave the file its name. It is not looked up: a quick receiver has taken it by now."""
        check_name(name)
        return False

    async def discard(self, name: str) -> None:
        """Do nothing: parts of a broken upload are in nobody's way."""
        check_name(name)

    async def read(self, name: str, *, offset: int = 0) -> AsyncIterator[bytes]:
        """Yield the file from a place on."""
        path = self._path(name)
        if offset and offset >= (await self.stat(name)).size:
            return
        with self._translated(f"read {name}"):
            options: GetOptions = {"range": {"offset": offset}} if offset else {}
            found = await obstore.get_async(self._library, path, options=options)
            async for chunk in found.stream(min_chunk_size=CHUNK):
                yield bytes(chunk)

    async def list_page(self, prefix: str = "", *, after: str | None = None, limit: int = LARGEST_PAGE) -> FilePage:
        """Return files by name, as the store has them in order."""
        folder, limit = check_prefix(prefix), min(limit, LARGEST_PAGE)
        start = join(self._root, folder) or None
        offset = None if after is None else join(self._root, after)
        found: list[FileInfo] = []
        with self._translated(f"list {folder or 'the root path'}", container=True):
            stream = obstore.list(self._library, start, offset=offset, chunk_size=limit + 1)
            async for batch in stream:
                found += [describe(relative(self._root, meta["path"]), meta) for meta in batch if is_next(meta, offset)]
                if len(found) > limit:
                    break
        return FilePage(found[:limit], found[limit - 1].name if len(found) > limit else None)

    async def stat(self, name: str) -> FileInfo:
        """Return size and time of a file."""
        with self._translated(f"find {name}"):
            return describe(name, await obstore.head_async(self._library, self._path(name)))

    async def move(self, source: str, target: str) -> None:
        """Copy, then delete: object stores rename nothing."""
        old, new = self._path(source), self._path(target)
        with self._translated(f"move {source}"):
            await obstore.copy_async(self._library, old, new, overwrite=True)
            await obstore.delete_async(self._library, old)

    async def delete(self, name: str) -> None:
        """Delete a file. Some stores say “deleted” of what was never there, so it is looked up first."""
        await self.stat(name)
        with self._translated(f"delete {name}"):
            await obstore.delete_async(self._library, self._path(name))

    def _path(self, name: str) -> str:
        """Return the key of a name."""
        return join(self._root, check_name(name))

    @contextmanager
    def _translated(self, doing: str, *, container: bool = False, source: "Source | None" = None) -> Iterator[None]:
        """Turn the library's failures into ours; with `container`, what is not found is the bucket itself."""
        self._gate.fault = None
        try:
            yield
        except FileError:
            raise
        except FOREIGN as error:
            if source is not None and source.failure is not None:
                raise source.failure from None
            failure = translate(error, self._place, doing, self._gate.fault)
            if container and isinstance(failure, FileMissingError):
                failure = FileStoreMissingError(f"There is no {self._place}. Check its name, region and account.")
            raise failure from None


class Source:
    """Cuts what is to be stored into parts, and remembers why it broke."""

    def __init__(self, chunks: AsyncIterable[bytes]) -> None:
        self._chunks = aiter(chunks)
        self._rest = bytearray()
        self.size = 0
        self.ended = False
        self.failure: BaseException | None = None

    async def part(self) -> bytes:
        """Return the next part, a shorter one at the end."""
        while len(self._rest) < PART and not self.ended:
            try:
                chunk = await anext(self._chunks)
            except StopAsyncIteration:
                self.ended = True
            else:
                self._rest += chunk
                self.size += len(chunk)
        with memoryview(self._rest) as rest:
            part = bytes(rest[:PART])
        del self._rest[:PART]
        return part

    async def parts(self, first: bytes) -> AsyncIterator[bytes]:
        """Yield the parts, for the library, which does not pass on what went wrong here."""
        yield first
        try:
            while part := await self.part():
                yield part
        except Exception as error:
            self.failure = error
            raise SourceBrokenError from None


def is_next(meta: "ObjectMeta", offset: str | None) -> bool:
    """Say whether an object is a file that we could name, behind the offset.

    Consoles leave empty objects as folders. Azure begins with the offset itself, and some stores that speak
    like S3 do not know it at all.
    """
    path = meta["path"]
    folder = not path or (meta["size"] == 0 and path.endswith("/"))
    return not folder and not fault_of(path) and (offset is None or path.encode() > offset.encode())


def describe(name: str, meta: "ObjectMeta") -> FileInfo:
    """Return what is known of a file."""
    return FileInfo(name, meta["size"], meta["last_modified"])


@asynccontextmanager
async def open_library(make: MakeLibrary, network: Network, *, place: str, root: str) -> AsyncIterator[ObjectStore]:
    """Open a gate, and the library's store behind it."""
    async with network.client.gate() as gate:
        options: ClientConfig = {
            "proxy_url": gate.url,
            "allow_http": network.settings.allow_insecure_http,
            "connect_timeout": timedelta(seconds=15),
            # It covers the sending of a part too, so a slow line needs this long.
            "read_timeout": timedelta(minutes=5),
            "timeout": timedelta(hours=12),
            "user_agent": "Tessera",
        }
        if network.settings.outbound_ca_file is not None:
            options["root_certificate"] = network.settings.outbound_ca_file.read_bytes()
        try:
            library = make(options)
        except FOREIGN as error:
            raise translate(error, place, "be opened with these settings", None) from None
        yield ObjectStore(library, place, root, gate)
