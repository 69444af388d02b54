"""Temporary files below the data folder: for their owner only, gone when their context ends.

A file is locked as long as its writer lives, so what a killed process left is found without asking the clock.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tessera.platform.files.errors import ScratchUnavailableError
from tessera.platform.ids import new_id

FOLDER = "scratch"
ENDING = ".tmp"
CHUNK = 1024 * 1024


class ScratchFile:
    """A file that one piece of work writes, then reads."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def write(self, data: bytes) -> None:
        """Add bytes at the end."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            raise scratch_fault(self.path.parent, error) from None

    @property
    def size(self) -> int:
        """How large the file is now, also when another library wrote it."""
        return os.fstat(self._descriptor).st_size

    async def chunks(self, size: int = CHUNK) -> AsyncIterator[bytes]:
        """Yield the file from its beginning, as file stores take it."""
        offset = 0
        while chunk := await asyncio.to_thread(os.pread, self._descriptor, size, offset):
            yield chunk
            offset += len(chunk)


@contextmanager
def open_scratch(data_dir: Path) -> Iterator[ScratchFile]:
    """Give an empty file that is deleted when the context ends."""
    folder = data_dir / FOLDER
    path = folder / f"{new_id().hex}{ENDING}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = create_locked(path)
    except OSError as error:
        raise scratch_fault(folder, error) from None
    try:
        yield ScratchFile(path, descriptor)
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def create_locked(path: Path) -> int:
    """Create a file that a purge in another process leaves alone."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # A purge may have deleted it in the moment before it was locked.
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)


def purge_scratch(data_dir: Path) -> int:
    """Delete what killed processes left, and return how many files that were."""
    return sum(delete_abandoned(path) for path in (data_dir / FOLDER).glob(f"*{ENDING}"))


def delete_abandoned(path: Path) -> bool:
    """Delete a file that nobody has locked."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(descriptor)
        return True
    return False


def scratch_fault(folder: Path, error: OSError) -> ScratchUnavailableError:
    """Say why the disk does not take a file."""
    reason = os.strerror(error.errno).lower() if error.errno else type(error).__name__
    return ScratchUnavailableError(
        f"A temporary file cannot be written in {folder}: {reason}. Make room there, or let TESSERA_DATA_DIR name a "
        "folder that Tessera can write."
    )
