"""A small house for every test of the exports room."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.builders import file_servers
from tests.builders.file_servers import SSHD, Counterpart
from tests.builders.house import SmallHouse, make_settings, open_small_house

from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing


@pytest.fixture
async def house(database: Database, query_address: str, keys: KeyRing, tmp_path: Path) -> AsyncIterator[SmallHouse]:
    """Give a house on a fresh database."""
    async with open_small_house(database, query_address, keys, make_settings(tmp_path)) as opened:
        yield opened


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Counterpart]:
    """Give an OpenSSH server with an empty folder."""
    if SSHD is None:
        if os.environ.get("TESSERA_REQUIRE_ALL") == "1":
            pytest.fail("sshd is missing, and TESSERA_REQUIRE_ALL=1 asks for every test")
        pytest.skip("OpenSSH's server (sshd) is not installed")
    folder = tmp_path / "server"
    folder.mkdir()
    with file_servers.openssh(folder) as counterpart:
        yield counterpart
