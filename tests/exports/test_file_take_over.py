"""A worker dies at each step of a file's way; the next goes on, and the file is there once, whole, as it was named."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.builders.file_exports import (
    create_file_export,
    create_file_profile,
    moments_of,
    read_file,
    rows_of,
    shelf_of,
)
from tests.builders.file_servers import Counterpart
from tests.builders.house import SmallHouse, create_members, read_run, run_to_end, start_run, wait_until_settled
from tests.builders.workers import worker_processes

from tessera.connectors.kinds.sftp.store import SftpStore
from tessera.exports import Changes, FileState, Run, RunState, Selection
from tessera.exports.kinds.files.contents import Content
from tessera.exports.kinds.files.recorder import FileRecorder
from tessera.exports.spool import read_all

NAME = "members_001.csv"
HIDDEN = f"{NAME}.part"
Stop = Callable[[], Awaitable[None]]


def stop_writing(patch: pytest.MonkeyPatch, stop: Stop) -> None:
    async def read_some(*given: Any) -> AsyncIterator[bytes]:
        async for block in read_all(*given):
            yield block
            await stop()

    patch.setattr("tessera.exports.kinds.files.contents.read_all", read_some)


def stop_uploading(patch: pytest.MonkeyPatch, stop: Stop) -> None:
    async def chunks(_self: Content) -> AsyncIterator[bytes]:
        yield b"number,balance"
        await stop()

    patch.setattr(Content, "chunks", chunks)


def stop_before(owner: type, name: str) -> Callable[[pytest.MonkeyPatch, Stop], None]:
    def arrange(patch: pytest.MonkeyPatch, stop: Stop) -> None:
        async def hang(*_given: Any) -> None:
            await stop()

        patch.setattr(owner, name, hang)

    return arrange


# Where the worker dies; what lies at the receiver then; and how often a worker began to transfer the file in all.
POINTS = {
    "writing": (stop_writing, [], 1),
    "uploading": (stop_uploading, None, 2),
    "uploaded, not noted": (stop_before(FileRecorder, "keep_uploaded"), [HIDDEN], 2),
    "noted, not published": (stop_before(SftpStore, "publish"), [HIDDEN], 2),
    "published, not noted": (stop_before(FileRecorder, "keep_sent"), [NAME], 2),
    "noted, no control file": (stop_before(SftpStore, "put"), [NAME], 2),
}


async def die(house: SmallHouse, run: Run, arrange: Callable[[pytest.MonkeyPatch, Stop], None]) -> None:
    """Execute the run until the arranged moment, and end the worker there."""
    reached = asyncio.Event()

    async def stop() -> None:
        reached.set()
        await asyncio.Event().wait()

    with pytest.MonkeyPatch.context() as patch:
        arrange(patch, stop)
        worker = asyncio.create_task(house.executor("first").execute(str(run.id)))
        async with asyncio.timeout(30):
            await reached.wait()
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)


@pytest.mark.parametrize("point", POINTS)
async def test_next_worker_finishes_the_file(house: SmallHouse, shelf: Counterpart, point: str) -> None:
    arrange, lying, attempts = POINTS[point]
    chain = await create_members(house.database, 600)
    profile = await create_file_profile(house, chain, shelf)
    selection = Selection(changes=Changes())
    definition = await create_file_export(
        house, chain, profile, {"control_file": True, "columns": ["number", "balance", "name"]}, selection=selection
    )
    run = await start_run(house, definition)
    await die(house, run, arrange)
    if lying is not None:
        assert list(shelf_of(shelf)) == lying
    await house.executor("second").execute(str(run.id))

    ended = await read_run(house, run.id)
    assert (ended.state, ended.sent, ended.take_overs) == (RunState.COMPLETED, 600, 1)
    assert shelf_of(shelf) == {NAME: rows_of(600), "members_001.control": b"601\n"}
    file = await read_file(house, run.id)
    assert (file.state, file.attempts) == (FileState.SENT, attempts)
    kinds = await moments_of(house, run.id)
    assert [kinds.count(kind) for kind in ("file_uploaded", "file_published", "control_published")] == [1, 1, 1]
    # Every row was accepted, once.
    again = await run_to_end(house, definition)
    assert (again.sent, again.unchanged) == (0, 600)


async def test_upload_that_vanished_is_made_again_once(house: SmallHouse, shelf: Counterpart) -> None:
    chain = await create_members(house.database, 10)
    profile = await create_file_profile(house, chain, shelf)
    run = await start_run(house, await create_file_export(house, chain, profile))
    await die(house, run, stop_before(SftpStore, "publish"))
    assert shelf.folder is not None
    (shelf.folder / HIDDEN).unlink()
    await house.executor("second").execute(str(run.id))

    assert (await read_run(house, run.id)).state is RunState.COMPLETED
    assert shelf_of(shelf) == {NAME: rows_of(10)}
    assert "file_lost" in await moments_of(house, run.id)


@pytest.mark.parametrize("moment", ["started", "selected", "file_written", "file_uploaded"])
async def test_killed_worker_leaves_one_whole_file(
    house: SmallHouse, shelf: Counterpart, admin_address: str, keys_file: Path, tmp_path: Path, moment: str
) -> None:
    chain = await create_members(house.database, 4_000)
    profile = await create_file_profile(house, chain, shelf)
    definition = await create_file_export(house, chain, profile, {"container": "gzip", "control_file": True})
    with worker_processes(admin_address, keys_file, tmp_path) as workers:
        first = workers.start()
        run = await start_run(house, definition)
        await wait_for_moment(house, run, moment)
        workers.kill(first)
        workers.start()
        ended = await wait_until_settled(house, run.id, 4_001)
    assert (ended.state, ended.sent, ended.failed, ended.skipped) == (RunState.COMPLETED, 4_000, 0, 0)
    files = shelf_of(shelf)
    assert list(files) == ["members_001.control", f"{NAME}.gz"]
    assert gzip.decompress(files[f"{NAME}.gz"]) == rows_of(4_000)


async def wait_for_moment(house: SmallHouse, run: Run, kind: str) -> None:
    """Wait until the run's time line has a line of the kind."""
    async with asyncio.timeout(60):
        while True:
            if kind in await moments_of(house, run.id):
                return
            await asyncio.sleep(0.002)
