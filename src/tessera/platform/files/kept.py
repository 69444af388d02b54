"""Files that are kept below the data folder for a while: for their owner only, and never half a file under its name."""

import asyncio
import os
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from tessera.platform.files.scratch import CHUNK, scratch_fault

# What the name of a file ends in while it is being written.
WRITING = ".part"


class KeptFiles:
    """One folder of files; names are given by the program, never by people."""

    def __init__(self, data_dir: Path, folder: str) -> None:
        self._folder = data_dir / folder

    async def upload(self, name: str, chunks: AsyncIterable[bytes]) -> int:
        """Write a file whole under a name that says that it is being written; return its size."""
        path, size = self._folder / (name + WRITING), 0
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open_private(path) as file:
                async for chunk in chunks:
                    await asyncio.to_thread(file.write, chunk)
                    size += len(chunk)
                file.flush()
                await asyncio.to_thread(os.fsync, file.fileno())
        except OSError as error:
            with suppress(OSError):
                path.unlink()
            raise scratch_fault(self._folder, error) from None
        return size

    async def publish(self, name: str, size: int) -> bool:
        """Give an uploaded file its name. False says that it had it; FileNotFoundError that there is neither."""
        path = self._folder / name
        written = path.with_name(name + WRITING)
        with suppress(FileNotFoundError):
            if written.stat().st_size == size:
                written.replace(path)
                return True
        if path.stat().st_size == size:
            return False
        raise FileNotFoundError(name)

    async def discard(self, name: str) -> None:
        """Delete an upload that was not published, if there is one."""
        (self._folder / (name + WRITING)).unlink(missing_ok=True)

    def open(self, name: str) -> AsyncIterator[bytes] | None:
        """Return the content of a file, which may be deleted from then on; None where it is not, or not here."""
        try:
            descriptor = os.open(self._folder / name, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise scratch_fault(self._folder, error) from None
        return read_chunks(OpenedFile(descriptor))

    def names(self) -> list[str]:
        """Return the names of all files, those that are being written too."""
        if not self._folder.exists():
            return []
        return sorted({path.name.removesuffix(WRITING) for path in self._folder.iterdir()})

    def delete(self, names: Sequence[str]) -> None:
        """Delete files, whole ones and half ones."""
        for name in names:
            for each in (name, name + WRITING):
                (self._folder / each).unlink(missing_ok=True)


def open_private(path: Path) -> BinaryIO:
    """Open a file for writing that its owner alone may read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    return os.fdopen(descriptor, "wb")


class OpenedFile:
    """A file that is closed when nobody holds it any more: the answer that it was opened for may never be read."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read(self, offset: int) -> bytes:
        """Return the next piece from a place on."""
        return os.pread(self._descriptor, CHUNK, offset)

    def __del__(self) -> None:
        os.close(self._descriptor)


async def read_chunks(file: OpenedFile) -> AsyncIterator[bytes]:
    """Yield a file from its beginning."""
    offset = 0
    while chunk := await asyncio.to_thread(file.read, offset):
        yield chunk
        offset += len(chunk)
