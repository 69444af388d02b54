"""Where a finished file goes to: the store of a profile, or the folder of this deployment from which it is fetched."""

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from tessera import connectors
from tessera.connectors.files import FileMissingError
from tessera.exports.contract import Shipment
from tessera.exports.run_files import kept_files
from tessera.platform.files import KeptFiles


class Outlet(Protocol):
    """What delivering needs of a store of files; each method is described there."""

    async def upload(self, name: str, chunks: AsyncIterable[bytes]) -> int:
        """Transfer a file that `publish` gives its name."""

    async def publish(self, name: str, size: int) -> bool:
        """Give an uploaded file its name; False says that it had it."""

    async def discard(self, name: str) -> None:
        """Delete an upload that was not published."""

    async def put(self, name: str, chunks: AsyncIterable[bytes]) -> int:
        """Store a small file whole."""


class KeptOutlet:
    """The folder of files that are fetched here: each run has one, which its id names, whatever people see."""

    def __init__(self, kept: KeptFiles, key: str) -> None:
        self._kept = kept
        self._key = key

    async def upload(self, name: str, chunks: AsyncIterable[bytes]) -> int:  # noqa: ARG002
        """Write the file."""
        return await self._kept.upload(self._key, chunks)

    async def publish(self, name: str, size: int) -> bool:
        """Let the file be fetched."""
        try:
            return await self._kept.publish(self._key, size)
        except FileNotFoundError:
            raise FileMissingError(
                f"The file {name} that was written does not lie on this machine. It is written again."
            ) from None

    async def discard(self, name: str) -> None:  # noqa: ARG002
        """Delete what was written."""
        await self._kept.discard(self._key)

    async def put(self, name: str, chunks: AsyncIterable[bytes]) -> int:  # noqa: ARG002
        """Never called: the settings of a file that is fetched here know no control file."""
        raise AssertionError(f"{name}: a file that is fetched here has no control file")


@asynccontextmanager
async def open_outlet(shipment: Shipment) -> AsyncIterator[Outlet]:
    """Open what the shard's file goes to, the profile as it is now."""
    claim, resources = shipment.claim, shipment.resources
    profile_id = claim.snapshot.profile_id
    if profile_id is None:
        yield KeptOutlet(kept_files(resources.settings.data_dir), str(claim.run_id))
        return
    opened = connectors.open_file_store(
        resources, shipment.client, shipment.actor, chain_id=claim.chain_id, profile_id=profile_id
    )
    async with opened as store:
        yield store
