"""From a saved profile to its files: for exports, imports and whoever else moves files."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from tessera.connectors.contract import Outside, get_connector
from tessera.connectors.discovery import keep_learned
from tessera.connectors.errors import ProfileDisabledError
from tessera.connectors.files import FileStore, HostKeyChangedError
from tessera.connectors.opening import open_profile
from tessera.connectors.profiles import check_usable, find_row, make_profile
from tessera.platform.actors import Actor
from tessera.platform.ground import Ground
from tessera.platform.http import OutboundClient


@asynccontextmanager
async def open_file_store(
    ground: Ground, client: OutboundClient, actor: Actor, *, chain_id: UUID, profile_id: UUID | str
) -> AsyncIterator[FileStore]:
    """Give the files of a profile as it is now, as long as the context lasts; no transaction is open meanwhile."""
    actor.require("connection-profiles:read")
    async with ground.database.session() as session:
        row = await find_row(session, actor, chain_id, profile_id)
        check_usable(make_profile(row))
        connector = get_connector(row["type"])
        if connector.open_files is None:
            raise ProfileDisabledError(f"{connector.label} profiles keep no files. Choose another profile.")
        profile = await open_profile(session, row, ground.keys)
    async with connector.open_files(profile, Outside(client, ground.settings)) as store:
        if store.learned:
            async with ground.database.session() as session:
                kept = await keep_learned(session, actor, profile, store.learned)
            if not kept:
                raise HostKeyChangedError(
                    f"{profile.label} was changed while its first connection was made. Nothing was moved; try again."
                )
        yield store
