"""What can go wrong on a file's way: broken connections, refusals, full disks, cancelled runs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
from sqlalchemy import text
from tests.builders.file_exports import (
    create_file_export,
    create_file_profile,
    create_key,
    moments_of,
    read_file,
    rows_of,
    shelf_of,
)
from tests.builders.file_servers import Counterpart, asyncssh_server
from tests.builders.house import ACTOR, SmallHouse, create_members, read_run, run_to_end, start_run
from tests.builders.key_files import pgp_key

from tessera import connectors, exports
from tessera.connectors.calls import list_calls
from tessera.connectors.files import FileTransferBrokenError
from tessera.connectors.kinds.sftp.store import SftpStore
from tessera.exports import Changes, Definition, FileState, FirstRun, RunState, Selection
from tessera.exports.errors import DefinitionInvalidError
from tessera.exports.kinds.files import retries
from tessera.exports.kinds.files.contents import Content
from tessera.exports.kinds.files.recorder import FileProgress, FileRecorder
from tessera.platform.assets import InUseError, SettingsInvalidError
from tessera.platform.files import ScratchFile
from tessera.platform.files.scratch import scratch_fault


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(retries, "MOST_ATTEMPTS", 3)


async def prepare(house: SmallHouse, shelf: Counterpart, count: int = 20, **given: Any) -> Definition:
    """Create members, and a definition that sends them to the server."""
    chain = await create_members(house.database, count)
    profile = await create_file_profile(house, chain, shelf)
    return await create_file_export(house, chain, profile, **given)


async def test_broken_transfer_is_tried_again(
    house: SmallHouse, shelf: Counterpart, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = await prepare(house, shelf)
    chunks = Content.chunks
    broken: list[bool] = []

    async def break_once(self: Content) -> AsyncIterator[bytes]:
        async for chunk in chunks(self):
            yield chunk
            if not broken:
                broken.append(True)
                # As the server's process dying would: the connection is gone, half a file lies there.
                shelf_process = shelf.process
                assert shelf_process is not None
                end_sessions(shelf_process.pid)
        yield b""

    monkeypatch.setattr(Content, "chunks", break_once)
    run = await run_to_end(house, definition)
    assert (run.state, run.sent, run.attempts) == (RunState.COMPLETED, 20, 2)
    assert shelf_of(shelf) == {"members_001.csv": rows_of(20)}
    assert (await moments_of(house, run.id)).count("file_retried") == 1


def end_sessions(leader: int) -> None:
    """End what serves the connections of an OpenSSH server, but not the server."""
    for process in psutil.Process(leader).children(recursive=True):
        process.kill()


async def test_server_that_stays_away_fails_the_run(house: SmallHouse, shelf: Counterpart) -> None:
    definition = await prepare(house, shelf)
    shelf.kill()
    run = await run_to_end(house, definition)
    assert (run.state, run.error_code, run.sent, run.skipped) == (RunState.FAILED, "file_store_unreachable", 0, 20)
    file = await read_file(house, run.id)
    assert (file.state, file.attempts, file.error_code) == (FileState.FAILED, 3, "file_store_unreachable")


async def test_refused_folder_fails_at_once(house: SmallHouse, tmp_path: Path) -> None:
    folder = tmp_path / "shelf"
    folder.mkdir()
    chain = await create_members(house.database, 5)
    async with asyncssh_server(folder) as server:
        profile = await create_file_profile(house, chain, server, root_path="nowhere")
        run = await run_to_end(house, await create_file_export(house, chain, profile))
    assert (run.state, run.error_code, run.attempts) == (RunState.FAILED, "file_store_missing", 1)


async def test_full_disk_is_tried_again_and_said(
    house: SmallHouse, shelf: Counterpart, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = await prepare(house, shelf)

    def fail(self: ScratchFile, _data: bytes) -> None:
        raise scratch_fault(self.path.parent, OSError(28, ""))

    monkeypatch.setattr(ScratchFile, "write", fail)
    run = await run_to_end(house, definition)
    assert (run.state, run.error_code) == (RunState.FAILED, "scratch_unavailable")
    assert shelf_of(shelf) == {}
    assert not list((house.resources.settings.data_dir / "scratch").iterdir())


async def test_cancelled_upload_leaves_nothing(
    house: SmallHouse, shelf: Counterpart, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = await prepare(house, shelf)
    uploading = asyncio.Event()

    async def never_end(_self: Content) -> AsyncIterator[bytes]:
        yield b"number"
        uploading.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(Content, "chunks", never_end)
    run = await start_run(house, definition)
    worker = asyncio.create_task(house.executor().execute(str(run.id)))
    await uploading.wait()
    async with house.database.session() as session:
        await exports.cancel_run(session, ACTOR, house.resources, run_id=run.id)
    async with asyncio.timeout(5):
        await worker
    ended = await read_run(house, run.id)
    assert (ended.state, ended.sent, ended.skipped) == (RunState.CANCELLED, 0, 20)
    assert (await read_file(house, run.id)).state is FileState.SKIPPED
    assert shelf_of(shelf) == {}


async def test_stalled_server_does_not_keep_a_cancelled_run(
    house: SmallHouse, shelf: Counterpart, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = await prepare(house, shelf)
    stalled = asyncio.Event()
    suspended: list[psutil.Process] = []

    async def stall(_self: Content) -> AsyncIterator[bytes]:
        assert shelf.process is not None
        suspended.extend(psutil.Process(shelf.process.pid).children(recursive=True))
        for process in suspended:
            process.suspend()
        stalled.set()
        yield bytes(8 * 1024 * 1024)

    monkeypatch.setattr(Content, "chunks", stall)
    run = await start_run(house, definition)
    worker = asyncio.create_task(house.executor().execute(str(run.id)))
    await stalled.wait()
    async with house.database.session() as session:
        await exports.cancel_run(session, ACTOR, house.resources, run_id=run.id)
    try:
        async with asyncio.timeout(5):
            await worker
    finally:
        for process in suspended:
            process.resume()
    ended = await read_run(house, run.id)
    assert (ended.state, ended.sent, ended.skipped) == (RunState.CANCELLED, 0, 20)


async def test_cancel_waits_for_what_is_known(
    house: SmallHouse, shelf: Counterpart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that has its name is sent: a run that is cancelled while this is written down says so."""
    definition = await prepare(house, shelf)
    run = await start_run(house, definition)
    keep_sent = FileRecorder.keep_sent

    async def keep_slowly(self: FileRecorder, file: FileProgress) -> None:
        async with house.database.session() as session:
            await exports.cancel_run(session, ACTOR, house.resources, run_id=run.id)
        await asyncio.sleep(4)
        await keep_sent(self, file)

    monkeypatch.setattr(FileRecorder, "keep_sent", keep_slowly)
    await house.executor().execute(str(run.id))
    ended = await read_run(house, run.id)
    assert (ended.state, ended.sent, ended.skipped) == (RunState.COMPLETED, 20, 0)
    assert list(shelf_of(shelf)) == ["members_001.csv"]


async def test_stopped_worker_hands_the_file_over(
    house: SmallHouse, shelf: Counterpart, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = await prepare(house, shelf)
    uploading = asyncio.Event()

    async def never_end(_self: Content) -> AsyncIterator[bytes]:
        uploading.set()
        await asyncio.Event().wait()
        yield b""

    run, first = await start_run(house, definition), house.executor("first")
    with monkeypatch.context() as patch:
        patch.setattr(Content, "chunks", never_end)
        worker = asyncio.create_task(first.execute(str(run.id)))
        await uploading.wait()
        first.stop()
        await worker
    assert (await read_run(house, run.id)).active
    await house.executor("second").execute(str(run.id))
    assert (await read_run(house, run.id)).state is RunState.COMPLETED
    assert shelf_of(shelf) == {"members_001.csv": rows_of(20)}


async def test_lost_control_file_fails_the_run(
    house: SmallHouse, shelf: Counterpart, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = await prepare(house, shelf, settings={"control_file": True})

    async def fail(*_given: Any) -> int:
        raise FileTransferBrokenError("The disk is full.")

    monkeypatch.setattr(SftpStore, "put", fail)
    run = await run_to_end(house, definition)
    assert (run.state, run.error_code, run.sent) == (RunState.FAILED, "file_transfer_broken", 20)
    assert run.error is not None
    assert "was sent, but not its control file" in run.error
    assert (await read_file(house, run.id)).state is FileState.SENT


async def test_failed_file_leaves_the_rows_to_the_next(house: SmallHouse, shelf: Counterpart) -> None:
    definition = await prepare(house, shelf, selection=Selection(changes=Changes()))
    folder = shelf.folder
    assert folder is not None
    folder.rename(folder.with_name("away"))
    failed = await run_to_end(house, definition)
    assert (failed.state, failed.sent, failed.skipped) == (RunState.FAILED, 0, 20)
    folder.with_name("away").rename(folder)
    run = await run_to_end(house, definition)
    assert (run.sent, run.unchanged) == (20, 0)
    assert shelf_of(shelf)["members_002.csv"].startswith(b"number,balance,name,change\n000000,0,O'Neil 0,added\n")


async def test_baseline_makes_no_file(house: SmallHouse, shelf: Counterpart) -> None:
    definition = await prepare(
        house, shelf, settings={"empty_result": "fail"}, selection=Selection(changes=Changes(FirstRun.BASELINE))
    )
    run = await run_to_end(house, definition)
    assert (run.state, run.unchanged) == (RunState.COMPLETED, 20)
    assert shelf_of(shelf) == {}


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"name_pattern": "a/b"}, "settings.name_pattern"),
    ({"delimiter": "ab"}, "settings.delimiter"),
    ({"folder": "../up"}, "settings.folder"),
    ({"columns": ["nothing"]}, "settings.columns"),
    ({"columns": [{"column": "number", "name": "name"}, "name"]}, "settings.columns"),
    ({"time_zone": "Mars/Base"}, "settings.time_zone"),
    ({"recipient": "nobody"}, "settings.recipient"),
    ({"format": "pdf"}, "settings.format"),
]


@pytest.mark.parametrize(("settings", "field"), FAULTS)
async def test_fault_is_named_with_its_field(
    house: SmallHouse, shelf: Counterpart, settings: dict[str, Any], field: str
) -> None:
    with pytest.raises(SettingsInvalidError) as raised:
        await prepare(house, shelf, 1, settings=settings)
    faults: Any = raised.value.details["faults"]
    assert list(faults) == [field]


async def test_key_is_of_its_type_and_in_use(house: SmallHouse, shelf: Counterpart) -> None:
    chain = await create_members(house.database, 1)
    profile = await create_file_profile(house, chain, shelf)
    private, public = pgp_key()
    wrong = await create_key(house, chain, "pgp_private_key", private, "Private")
    right = await create_key(house, chain, "pgp_public_key", public, "Public")
    with pytest.raises(SettingsInvalidError, match="not of the type PGP public key"):
        await create_file_export(house, chain, profile, {"recipient": str(wrong)})
    with pytest.raises(SettingsInvalidError, match="receiver first"):
        await create_file_export(house, chain, profile, {"signing_key": str(wrong)})
    definition = await create_file_export(house, chain, profile, {"recipient": "public"})
    assert definition.settings["recipient"] == str(right)
    async with house.database.session() as session:
        with pytest.raises(InUseError):
            await connectors.keys.delete_encryption_key(session, ACTOR, chain, right)


async def test_file_has_one_shard(house: SmallHouse, shelf: Counterpart) -> None:
    with pytest.raises(DefinitionInvalidError, match="Set shards to 1"):
        await prepare(house, shelf, 1, shards=2)


async def test_profile_without_files_is_refused(house: SmallHouse) -> None:
    chain = await create_members(house.database, 1)
    http = Counterpart("http_api", {"base_url": "http://127.0.0.1:9"}, {"token": "secret"})
    async with house.database.session() as session:
        profile = await connectors.create_profile(
            session,
            ACTOR,
            chain_id=chain,
            new=connectors.NewProfile("http_api", "bearer", "Web", settings={**http.settings, **http.secrets}),
            keys=house.resources.keys,
            policy=connectors.address_policy(house.resources.settings),
        )
    with pytest.raises(DefinitionInvalidError, match="keep no files"):
        await create_file_export(house, chain, profile.id)


async def test_run_leaves_a_line_at_its_profile(house: SmallHouse, shelf: Counterpart) -> None:
    definition = await prepare(house, shelf)
    await run_to_end(house, definition)
    shelf.kill()
    await run_to_end(house, definition)
    async with house.database.session() as session:
        calls = await list_calls(session, ACTOR, definition.chain_id, "shelf")
    assert [(call.passed, call.code) for call in calls] == [(False, "file_store_unreachable"), (True, None)]
    assert calls[-1].message == "Run of members_out: 20 rows sent, 0 failed."


async def test_date_in_the_name_is_the_due_moment(house: SmallHouse, shelf: Counterpart) -> None:
    """A run that is made up for later has the name of the moment at which it was due, in the zone of its definition."""
    settings = {"name_pattern": "m_{date:%Y%m%d}_{time:%H%M}", "time_zone": "Pacific/Auckland"}
    run = await start_run(house, await prepare(house, shelf, 1, settings=settings))
    async with house.database.session() as session:
        await session.execute(text("UPDATE runs SET scheduled_for = '2026-07-01 13:30+00'"))
    await house.executor().execute(str(run.id))
    assert list(shelf_of(shelf)) == ["m_20260702_0130.csv"]


async def test_worker_without_its_lease_writes_nothing(
    house: SmallHouse, shelf: Counterpart, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await start_run(house, await prepare(house, shelf))
    publish = SftpStore.publish

    async def lose(self: SftpStore, name: str, size: int) -> bool:
        async with house.database.session() as session:
            await session.execute(text("UPDATE run_shards SET epoch = epoch + 1"))
        return await publish(self, name, size)

    monkeypatch.setattr(SftpStore, "publish", lose)
    await house.executor("sleeper").execute(str(run.id))
    after = await read_run(house, run.id)
    assert (after.state, after.sent) == (RunState.RUNNING, 0)
    assert (await read_file(house, run.id)).state is FileState.UPLOADED
