"""Files that are kept below the data folder: whole or not there, and closed though nobody reads them."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tessera.platform.files import KeptFiles, ScratchUnavailableError


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_file_is_there_once_published(tmp_path: Path) -> None:
    kept = KeptFiles(tmp_path, "kept")
    assert await kept.upload("one", pieces(b"a", b"bc")) == 3
    assert kept.open("one") is None
    assert await kept.publish("one", 3)
    assert not await kept.publish("one", 3)
    chunks = kept.open("one")
    assert chunks is not None
    # A file that is open can be read though it was deleted.
    kept.delete(["one"])
    assert [chunk async for chunk in chunks] == [b"abc"]
    assert kept.names() == []


async def test_half_a_file_is_not_published(tmp_path: Path) -> None:
    kept = KeptFiles(tmp_path, "kept")
    await kept.upload("one", pieces(b"half"))
    with pytest.raises(FileNotFoundError):
        await kept.publish("one", 8)
    await kept.discard("one")
    assert kept.names() == []


async def test_file_that_nobody_reads_is_closed(tmp_path: Path) -> None:
    kept = KeptFiles(tmp_path, "kept")
    await kept.upload("one", pieces(b"abc"))
    await kept.publish("one", 3)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - no paths are wanted
    chunks = kept.open("one")
    assert len(os.listdir("/proc/self/fd")) == before + 1  # noqa: PTH208
    del chunks
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


async def test_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file")
    with pytest.raises(ScratchUnavailableError, match="Make room there"):
        await KeptFiles(tmp_path, "kept").upload("one", pieces(b"a"))
