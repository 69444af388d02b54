"""Temporary files: private, gone at the end, found after a crash."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tessera.platform.db import Database
from tessera.platform.errors import UnavailableError
from tessera.platform.files import ScratchUnavailableError, background_work, open_scratch, purge_scratch
from tessera.platform.files.scratch import ScratchFile
from tessera.platform.formats import FileColumn, FileOptions, FileWriter
from tessera.platform.jobs import JobQueue
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing
from tessera.platform.settings import load_settings

WRITES_AND_WAITS = """
import sys, time
from pathlib import Path
from tessera.platform.files import open_scratch
with open_scratch(Path(sys.argv[1])) as file:
    file.write(b"members")
    print("written", flush=True)
    time.sleep(60)
"""


def left(folder: Path) -> list[Path]:
    return list((folder / "scratch").iterdir())


def test_file_is_for_its_owner_and_a_while(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with open_scratch(tmp_path) as file:
            file.write(b"members")
            modes = [stat.S_IMODE(path.stat().st_mode) for path in (file.path, file.path.parent)]
            assert (modes, file.size) == ([0o600, 0o700], 7)
    finally:
        os.umask(before)
    assert left(tmp_path) == []


def test_failure_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), open_scratch(tmp_path):
        raise RuntimeError
    assert left(tmp_path) == []


async def test_file_writer_fills_it_for_a_store(tmp_path: Path) -> None:
    with open_scratch(tmp_path) as file:
        with FileWriter(FileOptions(), [FileColumn("a"), FileColumn("b")], file) as writer:
            writer.write_rows([["x" * 1000, "y"]] * 3000)
            written = writer.finish()
        chunks = [chunk async for chunk in file.chunks()]

    assert [len(chunk) for chunk in chunks] == [1024 * 1024, 1024 * 1024, written.size - 2 * 1024 * 1024]
    assert b"".join(chunks).count(b"\n") == 3001


def test_purge_deletes_what_killed_processes_left(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITES_AND_WAITS, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process, open_scratch(tmp_path) as own:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"written\n"
            assert purge_scratch(tmp_path) == 0
        finally:
            process.send_signal(signal.SIGKILL)
        process.wait(10)

        assert purge_scratch(tmp_path) == 1
        assert left(tmp_path) == [own.path]
    assert purge_scratch(tmp_path / "never") == 0


async def test_worker_purges_what_is_left(tmp_path: Path, database: Database, keys: KeyRing) -> None:
    (tmp_path / "scratch").mkdir()
    (tmp_path / "scratch" / "left.tmp").touch()
    resources = Resources(load_settings({}, data_dir=tmp_path), database, keys, JobQueue(database))

    (chore,) = background_work(resources).chores
    assert await chore.function() == 1
    assert left(tmp_path) == []


def test_full_disk_is_temporary() -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(ScratchUnavailableError, match=r"no space left on device\. Make room there") as caught:
            ScratchFile(Path("/data/scratch/x.tmp"), descriptor).write(b"members")
    finally:
        os.close(descriptor)
    assert isinstance(caught.value, UnavailableError)


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ScratchUnavailableError, match=r"file/scratch: not a directory.*TESSERA_DATA_DIR"):
        open_scratch(tmp_path / "file").__enter__()
