"""What the suites start from: a maker of profiles of one chain, and the way out to this machine."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.builders.house import make_settings
from tests.builders.places import OWNER
from tests.conformance.profiles import Maker

from tessera.access import chains as access_chains
from tessera.connectors.contract.types import Network
from tessera.platform.clock import now
from tessera.platform.db import Database
from tessera.platform.http import OutboundClient
from tessera.platform.secrets import KeyRing


@pytest.fixture
async def maker(database: Database, keys: KeyRing) -> Maker:
    """Give a maker of profiles of a chain of its own."""
    async with database.session() as session:
        (chain,) = await access_chains.create_chains(session, OWNER, ["Harbour"], now=now())
    return Maker(database, keys, chain.id)


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[Network]:
    """Return the way out of a deployment that may reach this machine."""
    settings = make_settings(tmp_path)
    client = OutboundClient(allowed_networks=settings.allowed_networks, allow_insecure_http=True)
    yield Network(client, settings)
    await client.close()
