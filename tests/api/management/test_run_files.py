"""The file of a run over the management API."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.datastructures import State
from tests.api.conftest import TestClock
from tests.api.management.conftest import Desk
from tests.builders.file_exports import create_file_export, rows_of
from tests.builders.house import create_members, make_settings, open_small_house, run_to_end

from tessera.api import build_api
from tessera.exports import Run
from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing

ROWS = 30


@pytest.fixture
async def made(
    database: Database, query_address: str, keys: KeyRing, tmp_path: Path
) -> AsyncIterator[tuple[Desk, Run]]:
    """A desk without a key, and a run that has made a file to be fetched."""
    async with open_small_house(database, query_address, keys, make_settings(tmp_path)) as house:
        chain_id = await create_members(database, ROWS)
        run = await run_to_end(house, await create_file_export(house, chain_id, None))
        state = State({"resources": house.resources, "engine": house.engine})
        app = Litestar(build_api(), state=state, openapi_config=None, logging_config=None)
        yield Desk(app, house.resources, TestClock(), chain_id, None), run


async def test_file_comes_with_its_name(made: tuple[Desk, Run]) -> None:
    desk, run = made
    key = await desk.make_key()
    reply = await desk.send("GET", f"/runs/{run.id}/file", key=key.text)
    assert (reply.status, reply.body) == (200, rows_of(ROWS))
    assert reply.headers["content-length"] == str(len(reply.body))
    assert reply.headers["content-disposition"] == "attachment; filename*=UTF-8''members_001.csv"
    assert reply.headers["cache-control"] == "no-store"


async def test_file_of_members_needs_their_permission(made: tuple[Desk, Run]) -> None:
    desk, run = made
    key = await desk.make_key(permissions=frozenset({"exports:read"}))
    reply = await desk.send("GET", f"/runs/{run.id}/file", key=key.text)
    assert reply.status == 403
    assert b"O'Neil" not in reply.body


async def test_outsider_finds_no_file(made: tuple[Desk, Run]) -> None:
    desk, run = made
    other = await create_members(desk.resources.database, 1, chain="Another")
    desk.chain_id = other
    key = await desk.make_key()
    assert (await desk.send("GET", f"/runs/{run.id}/file", key=key.text)).status == 404
