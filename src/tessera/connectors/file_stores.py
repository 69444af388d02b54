"""From a saved profile to its files: for exports, imports and everything else that moves files."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from tessera.connectors.contract import Network, get_connector
from tessera.connectors.discovery import keep_discovered
from tessera.connectors.errors import ProfileDisabledError
from tessera.connectors.files import FileStore, HostKeyChangedError
from tessera.connectors.opened_profiles import open_profile
from tessera.connectors.profiles import check_usable, find_row, make_profile
from tessera.platform.actors import Actor
from tessera.platform.http import OutboundClient
from tessera.platform.resources import Resources


@asynccontextmanager
async def open_file_store(
    resources: Resources, client: OutboundClient, actor: Actor, *, chain_id: UUID, profile_id: UUID | str
) -> AsyncIterator[FileStore]:
    """Give the files of a profile as it is now, as long as the context lasts; no transaction is open meanwhile."""
    actor.require("connection-profiles:read")
    async with resources.database.session() as session:
        row = await find_row(session, actor, chain_id, profile_id)
        check_usable(make_profile(row))
        connector = get_connector(row["type"])
        if connector.open_files is None:
            raise ProfileDisabledError(f"{connector.label} profiles keep no files. Choose another profile.")
        profile = await open_profile(session, row, resources.keys)
    async with connector.open_files(profile, Network(client, resources.settings)) as store:
        if store.discovered:
            async with resources.database.session() as session:
                kept = await keep_discovered(session, actor, profile, store.discovered)
            if not kept:
                raise HostKeyChangedError(
                    f"{profile.label} was changed while its first connection was made. Nothing was moved; try again."
                )
        yield store
