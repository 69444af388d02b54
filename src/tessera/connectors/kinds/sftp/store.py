"""Files on a server that is reached by SFTP."""

import posixpath
import stat as modes
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import asyncssh
from asyncssh.sftp import SFTPAttrs, SFTPNoSuchFile, SFTPNoSuchPath

from tessera.connectors.contract import Network, OpenedProfile
from tessera.connectors.files import (
    LARGEST_PAGE,
    WRITING,
    FileCapabilities,
    FileInfo,
    FileMissingError,
    FilePage,
    FileStoreMissingError,
    FileStoreRefusedError,
    check_name,
    check_prefix,
    fault_of,
    join,
    relative,
)
from tessera.connectors.kinds.sftp.connection import connect, find_host, host_key_of, sign_in
from tessera.connectors.kinds.sftp.listing import Listing, read_listing
from tessera.connectors.kinds.sftp.translation import translated

CHUNK = 1024 * 1024
DEEPEST = 32


class SftpStore:
    """A root path on a server, over one connection."""

    def __init__(self, client: asyncssh.SFTPClient, host: str, root: str, discovered: Mapping[str, Any]) -> None:
        self._client = client
        self._host = host
        self._root = root
        self.discovered = discovered
        self._replaces = True
        self._listing: Listing | None = None
        self.capabilities = FileCapabilities(atomic_replace=True, atomic_move=True, hidden_upload=True)

    async def put(self, name: str, chunks: AsyncIterable[bytes]) -> int:
        """Write beside the final name, then rename: a partial file is never visible there."""
        path = self._path(name)
        size = await self.upload(name, chunks)
        with translated(self._host, f"store {name}"):
            await self._rename(path + WRITING, path)
        return size

    async def upload(self, name: str, chunks: AsyncIterable[bytes]) -> int:
        """Write a file under a name that says that it is being written."""
        path = self._path(name)
        with translated(self._host, f"store {name}"):
            return await self._write(path + WRITING, chunks)

    async def publish(self, name: str, size: int) -> bool:
        """Rename a file that was uploaded; where that happened before, nothing is touched."""
        path = self._path(name)
        with translated(self._host, f"publish {name}"):
            found = await self._find_size(path + WRITING)
            if found is not None:
                self._check_size(name, found, size)
                await self._rename(path + WRITING, path)
                return True
            if await self._find_size(path) == size:
                return False
        raise FileMissingError(f"There is no upload of {name} at {self._host}. Upload it again.")

    async def discard(self, name: str) -> None:
        """Delete an upload, if there is one."""
        path = self._path(name)
        with translated(self._host, f"delete the upload of {name}"), suppress(SFTPNoSuchFile, SFTPNoSuchPath):
            await self._client.remove(path + WRITING)

    async def _find_size(self, path: str) -> int | None:
        """Return the size of a file, or None where there is none."""
        try:
            return (await self._client.lstat(path)).size or 0
        except (SFTPNoSuchFile, SFTPNoSuchPath):
            return None

    def _check_size(self, name: str, found: int, size: int) -> None:
        """Refuse half a file, which a broken connection left."""
        if found != size:
            raise FileMissingError(
                f"The upload of {name} at {self._host} has {found:,} bytes instead of {size:,}. Upload it again."
            )

    async def _write(self, path: str, chunks: AsyncIterable[bytes]) -> int:
        """Write a file whole; what a broken transfer leaves is taken away where the connection still allows it."""
        size = 0
        try:
            async with await self._create(path) as file:
                async for chunk in chunks:
                    await file.write(chunk)
                    size += len(chunk)
        except BaseException:
            with suppress(asyncssh.Error, OSError):
                await self._client.remove(path)
            raise
        return size

    async def _create(self, path: str) -> asyncssh.SFTPClientFile:
        """Open a file for writing, in a folder that is made where it is missing."""
        try:
            return await self._client.open(path, "wb")
        except (SFTPNoSuchFile, SFTPNoSuchPath):
            folder = posixpath.dirname(path)
            if not folder or folder == self._root:
                raise self._no_root() from None
            if self._root and not await self._client.isdir(self._root):
                raise self._no_root() from None
            await self._client.makedirs(folder, exist_ok=True)
            return await self._client.open(path, "wb")

    async def _rename(self, source: str, target: str) -> None:
        """Rename in the place of a file that has the name, at once where the server can do that."""
        if self._replaces:
            try:
                await self._client.posix_rename(source, target)
            except asyncssh.SFTPOpUnsupported:
                self._replaces = False
                self.capabilities = FileCapabilities(atomic_replace=False, atomic_move=True, hidden_upload=True)
            else:
                return
        with suppress(SFTPNoSuchFile, SFTPNoSuchPath):
            await self._client.remove(target)
        await self._client.rename(source, target)

    async def read(self, name: str, *, offset: int = 0) -> AsyncIterator[bytes]:
        """Yield the file from a place on."""
        path = self._path(name)
        with translated(self._host, f"read {name}"):
            async with await self._client.open(path, "rb") as file:
                await file.seek(offset)
                while chunk := await file.read(CHUNK):
                    yield chunk if isinstance(chunk, bytes) else chunk.encode()

    async def list_page(self, prefix: str = "", *, after: str | None = None, limit: int = LARGEST_PAGE) -> FilePage:
        """Return files by name. Servers list in any order, so a page reads all names, and keeps some for the next."""
        folder, limit = check_prefix(prefix), min(limit, LARGEST_PAGE)
        if self._listing is None or not self._listing.covers(folder, after, limit):
            with translated(self._host, f"list {folder or 'the root path'}"):
                await self._check_root()
                self._listing = await read_listing(self._walk(join(self._root, folder), 0), folder, after)
        return self._listing.page(after, limit)

    async def _walk(self, folder: str, depth: int) -> AsyncIterator[FileInfo]:
        """Yield the files of a folder and of those below; links are not followed, they may lead out of the root."""
        if depth > DEEPEST:
            raise FileStoreRefusedError(f"{folder} lies more than {DEEPEST} folders deep. Choose a root path below.")
        below = []
        try:
            async for entry in self._client.scandir(folder.encode() or b"."):
                path, kind = self._readable(folder, entry.filename), modes.S_IFMT(entry.attrs.permissions or 0)
                if path is None:
                    continue
                if kind == modes.S_IFDIR:
                    below.append(path)
                elif kind in (modes.S_IFREG, 0) and not path.endswith(WRITING):
                    yield describe(relative(self._root, path), entry.attrs)
        except (SFTPNoSuchFile, SFTPNoSuchPath):
            return
        for path in below:
            async for each in self._walk(path, depth + 1):
                yield each

    def _readable(self, folder: str, name: str | bytes) -> str | None:
        """Return an entry's path; None for a name that we cannot say: every file that is listed can be read."""
        try:
            text = name if isinstance(name, str) else name.decode()
        except UnicodeDecodeError:
            return None
        return None if text in (".", "..") or fault_of(text) else join(folder, text)

    async def stat(self, name: str) -> FileInfo:
        """Return size and time of a file."""
        path = self._path(name)
        with translated(self._host, f"find {name}"):
            attributes = await self._client.stat(path)
        if modes.S_ISDIR(attributes.permissions or 0):
            raise FileMissingError(f"{name} is a folder at {self._host}. Name a file.")
        return describe(name, attributes)

    async def move(self, source: str, target: str) -> None:
        """Rename a file, into a folder that is made where it is missing."""
        old, new = self._path(source), self._path(target)
        with translated(self._host, f"move {source}"):
            await self._client.lstat(old)
            folder = posixpath.dirname(new)
            if folder and not await self._client.isdir(folder):
                await self._client.makedirs(folder, exist_ok=True)
            await self._rename(old, new)

    async def delete(self, name: str) -> None:
        """Delete a file."""
        path = self._path(name)
        with translated(self._host, f"delete {name}"):
            await self._client.remove(path)

    def _path(self, name: str) -> str:
        """Return the path of a name on the server."""
        return join(self._root, check_name(name))

    async def _check_root(self) -> None:
        """Refuse a root path that is not a folder."""
        if self._root and not await self._client.isdir(self._root):
            raise self._no_root()

    def _no_root(self) -> FileStoreMissingError:
        """Say that the root path is not there."""
        return FileStoreMissingError(
            f"There is no folder {self._root or 'to start in'} at {self._host}. Make it there, or change the root path."
        )


def describe(name: str, attributes: SFTPAttrs) -> FileInfo:
    """Return what is known of a file."""
    time = attributes.mtime
    return FileInfo(name, attributes.size or 0, None if time is None else datetime.fromtimestamp(time, UTC))


@asynccontextmanager
async def open_store(profile: OpenedProfile, network: Network) -> AsyncIterator[SftpStore]:
    """Connect and sign in; the store lasts as long as the connection."""
    host, port, host_key = profile.settings["host"], profile.settings["port"], host_key_of(profile)
    reconnect = partial(connect, await find_host(profile, network), host, port)
    async with sign_in(profile, await reconnect(), host_key, reconnect) as connection:
        yield await start(connection, profile, host_key.discovered)


async def start(
    connection: asyncssh.SSHClientConnection, profile: OpenedProfile, discovered: Mapping[str, Any]
) -> SftpStore:
    """Start the file protocol on a connection."""
    host = profile.settings["host"]
    with translated(host, "start the file protocol"):
        client = await connection.start_sftp_client()
    return SftpStore(client, host, profile.settings["root_path"] or "", discovered)
