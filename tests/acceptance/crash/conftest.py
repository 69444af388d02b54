"""A laboratory for every crash test, with workers of its own and a receiver that counts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.builders.counting_receiver import counting_receiver
from tests.builders.house import make_settings, open_small_house
from tests.builders.laboratory import Laboratory, open_laboratory

from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing


@pytest.fixture
async def laboratory(
    database: Database, query_address: str, admin_address: str, keys: KeyRing, keys_file: Path, tmp_path: Path
) -> AsyncIterator[Laboratory]:
    """Give a laboratory on the database of the test."""
    async with open_small_house(database, query_address, keys, make_settings(tmp_path)) as house:
        with (
            counting_receiver() as counts,
            open_laboratory(house, admin_address, counts, keys_file, tmp_path) as opened,
        ):
            yield opened
