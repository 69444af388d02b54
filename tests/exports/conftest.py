"""A small house for every test of the exports room."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.builders.house import SmallHouse, make_settings, open_small_house

from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing


@pytest.fixture
async def house(database: Database, query_address: str, keys: KeyRing, tmp_path: Path) -> AsyncIterator[SmallHouse]:
    """Give a house on a fresh database."""
    async with open_small_house(database, query_address, keys, make_settings(tmp_path)) as opened:
        yield opened
