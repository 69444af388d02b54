"""`tessera run download`."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.builders.file_exports import create_file_export, rows_of
from tests.builders.house import SmallHouse, create_members, run_to_end
from typer.testing import Result

from tessera.platform.settings import load_settings
from tessera.wiring import open_application

Tessera = Callable[..., Result]


async def make_run() -> str:
    """Run an export whose file is kept; return the run's id."""
    async with open_application(load_settings(), application="test") as application:
        house = SmallHouse(application.resources, application.engine, application.client)
        chain = await create_members(house.database, 4)
        return str((await run_to_end(house, await create_file_export(house, chain, None))).id)


def test_file_is_downloaded_once(tessera: Tessera, tmp_path: Path) -> None:
    run = asyncio.run(make_run())
    target = tmp_path / "members.csv"

    shown = tessera("run", "file", run)
    made = tessera("run", "download", run, "--output", target)
    again = tessera("run", "download", run, "--output", target)

    assert "members_001.csv" in shown.stdout
    assert (made.exit_code, target.read_bytes()) == (0, rows_of(4)), made.output
    assert target.stat().st_mode & 0o077 == 0
    assert again.exit_code != 0
    assert "file exists" in str(again.exception)
