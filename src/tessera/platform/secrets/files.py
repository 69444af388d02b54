"""The key ring's file: JSON, mode 0600, made on first start, keys in order of age."""

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from tessera.platform.clock import now
from tessera.platform.secrets.errors import KeyFileError
from tessera.platform.secrets.rings import KEY_BYTES, Key, KeyRing, make_key

VERSION = 1


class StoredKey(msgspec.Struct, forbid_unknown_fields=True):
    """One key as the file spells it; msgspec reads and writes `bytes` as base64."""

    id: str
    key: bytes
    created_at: datetime


class KeyFile(msgspec.Struct, forbid_unknown_fields=True):
    """The whole file; the last key is the newest."""

    version: int
    keys: list[StoredKey]


def load_keys(path: Path, *, make: bool = True) -> KeyRing:
    """Return the ring of this file, and make the file where there is none and it may be made."""
    try:
        if make and not path.exists():
            create_file(path, KeyRing([make_key(now())]))
        return read_file(path)
    except OSError as error:
        raise KeyFileError(f"Key file {path} cannot be used: {error.strerror}. Mend that and start again.") from None


def rotate_keys(path: Path) -> KeyRing:
    """Add a key, which seals from now on; processes that run already go on with the old one until they restart."""
    ring = load_keys(path, make=False)
    try:
        with locked(path.parent):
            ring = KeyRing([*read_file(path).keys, make_key(now())])
            draft = write_draft(path, ring)
            draft.replace(path)
            sync_folder(path.parent)
    except OSError as error:
        raise KeyFileError(f"Key file {path} cannot be changed: {error.strerror}. No key was added.") from None
    return ring


def read_file(path: Path) -> KeyRing:
    """Read and check the file."""
    with path.open("rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise KeyFileError(f"Key file {path} is open to other users. Close it: chmod 600 {path}")
        text = file.read()
    try:
        stored = msgspec.json.decode(text, type=KeyFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise malformed(path, str(error)) from None
    fault = find_fault(stored)
    if fault:
        raise malformed(path, fault)
    return KeyRing([Key(id=key.id, material=key.key, created_at=key.created_at) for key in stored.keys])


def find_fault(stored: KeyFile) -> str | None:
    """Return what is wrong with a file of the right shape, if anything is."""
    ids = [key.id for key in stored.keys]
    if stored.version != VERSION:
        return f"its version is {stored.version}, this release knows {VERSION}"
    if not ids:
        return "it holds no key"
    if len(set(ids)) < len(ids):
        return "two of its keys have the same id"
    if not all(key_id.isalnum() for key_id in ids):
        return "a key's id is not made of letters and digits"
    if any(len(key.key) != KEY_BYTES for key in stored.keys):
        return f"a key is not {KEY_BYTES} bytes long"
    return None


def malformed(path: Path, fault: str) -> KeyFileError:
    """Say what is wrong with the file, and warn of the obvious remedy, which would lose every secret."""
    return KeyFileError(
        f"Key file {path} is malformed: {fault}. "
        "Put a backup of it back; without its keys the saved secrets cannot be opened."
    )


def create_file(path: Path, ring: KeyRing) -> None:
    """Write the first file; of two processes that start at once one wins, and both use the winner's."""
    for folder in reversed([path.parent, *path.parent.parents]):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
    draft = write_draft(path, ring)
    try:
        path.hardlink_to(draft)  # a link never replaces, as a rename would
        sync_folder(path.parent)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def write_draft(path: Path, ring: KeyRing) -> Path:
    """Write the ring whole and to disk, beside its place and under another name; `mkstemp` makes it 0600."""
    stored = KeyFile(VERSION, [StoredKey(key.id, key.material, key.created_at) for key in ring.keys])
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(stored), indent=2) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        Path(name).unlink()
        raise
    return Path(name)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one process at a time change the file: of two rotations at once neither key may be lost."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Bring a new name to disk: a key that sealed something must survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
