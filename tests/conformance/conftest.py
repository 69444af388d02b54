"""What the suite starts from: one chain, and a maker of profiles."""

import pytest
from tests.conformance.profiles import Maker
from tests.integrations.places import OWNER

from tessera import loyalty
from tessera.platform.clock import now
from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing


@pytest.fixture
async def maker(database: Database, keys: KeyRing) -> Maker:
    """Give a maker of profiles of a chain of its own."""
    async with database.session() as session:
        (chain,) = await loyalty.create_chains(session, OWNER, ["Harbour"], now=now())
    return Maker(database, keys, chain.id)
