"""Files that are kept to be fetched: who may, what is noted, when they go."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.builders.file_exports import create_file_export, create_file_profile, read_file, rows_of
from tests.builders.file_servers import Counterpart
from tests.builders.house import ACTOR, SmallHouse, create_members, run_to_end, start_run

from tessera.exports import FileState, Run, RunNotFoundError, log, previews
from tessera.exports.errors import RunFileNotFoundError
from tessera.exports.run_files import purge_files
from tessera.platform.actors import Actor, ActorKind
from tessera.platform.clock import now
from tessera.platform.errors import DeniedError, TesseraError


async def fetch(house: SmallHouse, run_id: UUID, actor: Actor = ACTOR) -> tuple[str, int, bytes]:
    """Return name, size and content of a run's file."""
    async with house.database.session() as session:
        found = await log.open_run_file(session, actor, run_id=run_id, settings=house.resources.settings)
    return found.name, found.size, b"".join([chunk async for chunk in found.chunks])


def folder_of(house: SmallHouse) -> Path:
    return house.resources.settings.data_dir / "exports"


async def make_run(house: SmallHouse, count: int = 5) -> Run:
    chain = await create_members(house.database, count)
    return await run_to_end(house, await create_file_export(house, chain, None))


async def test_file_is_fetched_and_noted(house: SmallHouse) -> None:
    run = await make_run(house)
    assert run.sent == 5
    name, size, content = await fetch(house, run.id)
    assert (name, size, content) == ("members_001.csv", len(rows_of(5)), rows_of(5))
    async with house.database.session() as session:
        noted = await session.execute(
            text("SELECT actor_name, after ->> 'file' FROM audit_entries WHERE action = 'file_downloaded'")
        )
        assert noted.all() == [("test", "members_001.csv")]


async def test_file_is_for_its_owner_alone(house: SmallHouse) -> None:
    await make_run(house)
    (path,) = folder_of(house).iterdir()
    assert (path.stat().st_mode & 0o777, folder_of(house).stat().st_mode & 0o777) == (0o600, 0o700)


async def test_members_are_hidden_from_others(house: SmallHouse) -> None:
    run = await make_run(house)
    chains = frozenset({run.chain_id})
    reader = Actor(ActorKind.USER, None, "reader", chains, frozenset({"exports:read"}))
    with pytest.raises(DeniedError, match="members:read"):
        await fetch(house, run.id, reader)
    outsider = Actor(ActorKind.USER, None, "charlie", frozenset({UUID(int=7)}))
    with pytest.raises(RunNotFoundError):
        await fetch(house, run.id, outsider)


async def test_file_elsewhere_is_not_fetched_here(house: SmallHouse, shelf: Counterpart) -> None:
    chain = await create_members(house.database, 1)
    profile = await create_file_profile(house, chain, shelf)
    run = await run_to_end(house, await create_file_export(house, chain, profile))
    with pytest.raises(RunFileNotFoundError, match="went to the connection profile shelf"):
        await fetch(house, run.id)


async def test_file_goes_with_the_log(house: SmallHouse) -> None:
    run = await make_run(house)
    database, settings = house.database, house.resources.settings
    assert await purge_files(database, settings) == 0
    async with database.session() as session:
        await session.execute(text("UPDATE runs SET finished_at = :at"), {"at": now() - timedelta(days=31)})
    assert await purge_files(database, settings) == 1
    assert list(folder_of(house).iterdir()) == []
    with pytest.raises(RunFileNotFoundError, match="kept for 30 days"):
        await fetch(house, run.id)
    assert (await read_file(house, run.id)).state is FileState.SENT


async def test_half_file_of_a_dead_run_goes(house: SmallHouse) -> None:
    chain = await create_members(house.database, 1)
    run = await start_run(house, await create_file_export(house, chain, None))
    await make_leftover(house, run.id)
    assert await purge_files(house.database, house.resources.settings) == 1


async def make_leftover(house: SmallHouse, run_id: UUID) -> None:
    """Leave half a file of a run that has no file on record."""
    folder_of(house).mkdir(mode=0o700)
    (folder_of(house) / f"{run_id}.part").write_bytes(b"half")


async def test_run_without_a_file_says_so(house: SmallHouse) -> None:
    chain = await create_members(house.database, 1)
    run = await start_run(house, await create_file_export(house, chain, None))
    with pytest.raises(TesseraError, match="has made no file"):
        await fetch(house, run.id)


async def test_preview_shows_what_a_run_writes(house: SmallHouse) -> None:
    run = await make_run(house, 1)
    shown = (await previews.preview_change(house.resources, house.engine, ACTOR, run.definition_id)).first
    _, _, content = await fetch(house, run.id)
    assert shown is not None
    assert (shown.title, shown.text) == ("members_001.csv", content.decode())
