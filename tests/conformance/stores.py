"""The kinds of file store with their counterparts, each started once a session, where this machine has them."""

import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.builders import file_servers
from tests.builders.file_servers import Counterpart

from tessera.connectors.contract.registry import get_connector
from tessera.connectors.contract.types import Network
from tessera.connectors.files import FileStore
from tessera.platform.ids import new_id

KINDS = ("openssh", "s3", "gcs", "azure")


@contextmanager
def start(name: str, folder: Path) -> Iterator[Counterpart]:
    """Start the counterpart of that name, or skip where this machine lacks it; in CI it must be there."""
    if name == "openssh" and file_servers.SSHD is None:
        if os.environ.get("TESSERA_REQUIRE_ALL") == "1":
            pytest.fail("OpenSSH's server is missing, and TESSERA_REQUIRE_ALL=1 asks for every test")
        pytest.skip("OpenSSH's server (sshd) is not installed")
    starts: dict[str, Callable[[], AbstractContextManager[Counterpart]]] = {
        "openssh": lambda: file_servers.openssh(folder),
        "s3": file_servers.moto,
        "gcs": lambda: file_servers.google(folder),
        "azure": lambda: file_servers.azure(folder),
    }
    with starts[name]() as counterpart:
        yield counterpart


def open_at(counterpart: Counterpart, network: Network, **changed: Any) -> AbstractAsyncContextManager[FileStore]:
    """Open the counterpart's files; `changed` are other settings."""
    connector = get_connector(counterpart.kind)
    assert connector.open_files is not None
    return connector.open_files(counterpart.profile(**changed), network)


@asynccontextmanager
async def fresh(counterpart: Counterpart, network: Network) -> AsyncIterator[FileStore]:
    """Open a root path that nobody used before."""
    root = f"root-{new_id().hex[-12:]}/übung"
    if counterpart.folder is not None:
        (counterpart.folder / root).mkdir(parents=True)
        root = str(counterpart.folder / root)
    async with open_at(counterpart, network, root_path=root) as store:
        yield store


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    """Yield the parts of a file."""
    for part in parts:
        yield part


async def content(store: FileStore, name: str, **given: Any) -> bytes:
    """Return a file whole."""
    return b"".join([chunk async for chunk in store.read(name, **given)])


async def names(store: FileStore, prefix: str = "") -> list[str]:
    """Return the names on the first page."""
    return [each.name for each in (await store.list_page(prefix)).items]


async def many(count: int, size: int = 1024 * 1024) -> AsyncIterator[bytes]:
    """Yield so many pieces of that size, each another one."""
    for number in range(count):
        yield number.to_bytes(4, "big") * (size // 4)


def broken_after(count: int, error: Exception) -> AsyncIterable[bytes]:
    """Yield so many pieces, then fail."""

    async def source() -> AsyncIterator[bytes]:
        async for piece in many(count):
            yield piece
        raise error

    return source()
