"""Folders and locks of the embedded server. Only folders made here get an owner or a mode."""

import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from tessera.platform.db import DatabaseStartError
from tessera.platform.embedded.accounts import Account

# The kernel's limit for a socket's path is 104 bytes on macOS and 108 on Linux; the server adds `/.s.PGSQL.5432.lock`.
LONGEST_SOCKET_FOLDER = 80


def make_folder(folder: Path, mode: int, owner: tuple[int, int] | None = None) -> None:
    """Make the folder with this mode and owner, at once or not at all; one that exists is left alone."""
    if folder.is_dir():
        return
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    if owner:
        os.chown(part, *owner)
    part.chmod(mode)
    try:
        part.rename(folder)
    except OSError:
        # Another process was faster and has begun to use its own.
        part.rmdir()
        if not folder.is_dir():
            raise


def make_data_folder(folder: Path, account: Account | None) -> None:
    """Make the data folder: for us alone, or, as root, passable for the server's user as well."""
    missing = [path for path in folder.parents if not path.exists()]
    for path in reversed(missing):
        make_folder(path, 0o755 if account else 0o700)
    make_private_folder(folder, account)


def make_private_folder(folder: Path, account: Account | None) -> None:
    """Make a private folder; only the server's user may pass through it."""
    if account is None:
        make_folder(folder, 0o700)
    else:
        make_folder(folder, 0o710, (0, account.gid))
        check_enterable(folder, account)


def check_enterable(folder: Path, account: Account) -> None:
    """Raise if the server's user cannot reach the folder."""
    if account.can_enter(folder):
        return
    closed = next(path for path in reversed((folder, *folder.parents)) if not account.can_enter(path))
    raise DatabaseStartError(
        f"The embedded database runs as the user {account.name}, who may not enter {closed}."
        " Set TESSERA_DATA_DIR to a folder below /var/lib, or start Tessera as an ordinary user."
    )


def make_socket_folder(home: Path, account: Account | None) -> Path:
    """Return a folder for the server's socket, short enough for the kernel and closed to everyone else."""
    folder = home / "socket"
    owner = (account.uid, account.gid) if account else None
    # A comma would make two hosts of it in an address.
    if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER or "," in str(folder):
        digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"tessera-{os.geteuid()}-{digest}"
    make_folder(folder, 0o700, owner)
    status = folder.lstat()
    wanted = account.uid if account else os.geteuid()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != wanted or status.st_mode & 0o077:
        raise DatabaseStartError(f"The socket folder {folder} is not ours alone. Remove it and start again.")
    return folder


def make_empty_folder(folder: Path, account: Account | None) -> None:
    """Create the folder for the server's user, without what an interrupted start left in it."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
    make_folder(folder, 0o700, (account.uid, account.gid) if account else None)


def open_private_file(path: Path) -> BinaryIO:
    """Open a file of our own for appending, 0600 when it is made now."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600), "ab+")


def write_private_file(path: Path, text: str, account: Account | None) -> None:
    """Write a file that only we, or only the server's user, can read."""
    path.unlink(missing_ok=True)
    with open_private_file(path) as file:
        file.write(text.encode())
        if account:
            os.fchown(file.fileno(), account.uid, account.gid)


@contextmanager
def locked(path: Path, *, until: float, pause: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Hold the file's lock; wait for another process until that moment of the monotonic clock."""
    with open_private_file(path) as file:
        while not try_lock(file, fcntl.LOCK_EX):
            if time.monotonic() > until:
                raise DatabaseStartError(
                    f"Another process has held {path} for too long. End it, or wait for it, and start again."
                )
            pause(0.05)
        yield


def try_lock(file: BinaryIO, kind: int) -> bool:
    """Take the lock of that kind if no other lock conflicts with it."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
