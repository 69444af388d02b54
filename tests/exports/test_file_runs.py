"""Runs that leave as files: every format and container arrives whole at real servers, under the name that was fixed."""

import asyncio
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pysequoia
import pytest
from tests.builders import file_servers
from tests.builders.file_exports import (
    QUERY,
    create_file_export,
    create_file_profile,
    create_key,
    moments_of,
    read_file,
    rows_of,
    shelf_of,
)
from tests.builders.file_servers import Counterpart
from tests.builders.house import ACTOR, SmallHouse, create_members, read_run, run_to_end, start_run
from tests.builders.key_files import pgp_key

from tessera.connectors import open_file_store
from tessera.exports import FileState, RunState


async def test_rows_become_a_csv_file(house: SmallHouse, shelf: Counterpart) -> None:
    chain = await create_members(house.database, 700)
    profile = await create_file_profile(house, chain, shelf)
    definition = await create_file_export(house, chain, profile, {"folder": "out/daily", "control_file": True})
    run = await run_to_end(house, definition)

    assert (run.state, run.selected, run.sent, run.error) == (RunState.COMPLETED, 700, 700, None)
    wanted = rows_of(700)
    assert shelf_of(shelf) == {"out/daily/members_001.csv": wanted, "out/daily/members_001.control": b"701\n"}
    file = await read_file(house, run.id)
    assert (file.state, file.name, file.rows, file.attempts) == (FileState.SENT, "out/daily/members_001.csv", 700, 1)
    assert (file.size, run.bytes) == (len(wanted), len(wanted))
    kinds = [kind for kind in await moments_of(house, run.id) if kind.startswith(("file", "control"))]
    assert kinds == ["file_written", "file_uploaded", "file_published", "control_published"]
    assert not list((house.resources.settings.data_dir / "scratch").iterdir())


def read_lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


def read_sheet(data: bytes) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True))


def unzip(data: bytes) -> tuple[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (name,) = archive.namelist()
        return name, archive.read(name)


CASES: list[tuple[dict[str, Any], str, Any, Any]] = [
    (
        {"format": "json_lines"},
        "members_001.jsonl",
        read_lines,
        [{"number": "000000", "balance": 0, "name": "O'Neil 0"}],
    ),
    ({"format": "xlsx"}, "members_001.xlsx", read_sheet, [("number", "balance", "name"), ("000000", 0, "O'Neil 0")]),
    ({"container": "gzip"}, "members_001.csv.gz", gzip.decompress, rows_of(1)),
    ({"container": "zip"}, "members_001.zip", unzip, ("members_001.csv", rows_of(1))),
    (
        {"delimiter": "tab", "header": False, "line_end": "crlf", "encoding": "utf-16", "quoting": "all"},
        "members_001.csv",
        lambda data: data.decode("utf-16"),
        '"000000"\t"0"\t"O\'Neil 0"\r\n',
    ),
    (
        {"columns": ["name", {"column": "number", "name": "Card"}]},
        "members_001.csv",
        bytes,
        b"name,Card\nO'Neil 0,000000\n",
    ),
    ({"columns": ["number"]}, "members_001.csv", bytes, b"number\n000000\n"),
]


@pytest.mark.parametrize(("settings", "name", "read", "wanted"), CASES)
async def test_settings_shape_the_file(
    house: SmallHouse, shelf: Counterpart, settings: dict[str, Any], name: str, read: Any, wanted: Any
) -> None:
    chain = await create_members(house.database, 1)
    profile = await create_file_profile(house, chain, shelf)
    run = await run_to_end(house, await create_file_export(house, chain, profile, settings))

    assert run.state is RunState.COMPLETED
    files = shelf_of(shelf)
    assert list(files) == [name]
    assert read(files[name]) == wanted


@pytest.mark.parametrize("armored", [True, False])
async def test_both_recipients_can_decrypt(house: SmallHouse, shelf: Counterpart, armored: bool) -> None:
    chain = await create_members(house.database, 3)
    profile = await create_file_profile(house, chain, shelf)
    partner, own, signer = pgp_key(), pgp_key(), pgp_key()
    keys = {
        "recipient": str(await create_key(house, chain, "pgp_public_key", partner[1], "Partner")),
        "second_recipient": str(await create_key(house, chain, "pgp_public_key", own[1], "Ours")),
        "signing_key": str(await create_key(house, chain, "pgp_private_key", signer[0], "Signer")),
    }
    run = await run_to_end(house, await create_file_export(house, chain, profile, {**keys, "armored": armored}))

    assert run.state is RunState.COMPLETED
    ((name, data),) = shelf_of(shelf).items()
    assert name == f"members_001.csv{'.asc' if armored else '.pgp'}"
    assert data.startswith(b"-----BEGIN PGP MESSAGE") is armored
    certificate = pysequoia.Cert.from_bytes(signer[1].encode())
    for private, _ in (partner, own):
        key = pysequoia.Tsk.from_bytes(private.encode())
        opened = pysequoia.decrypt(data, key.decryptor(), store=lambda _ids: [certificate])
        assert (opened.bytes, len(opened.valid_sigs)) == (rows_of(3), 1)
    assert (await read_file(house, run.id)).size == len(data)


@pytest.mark.parametrize(
    ("rule", "state", "files"),
    [
        ("send", RunState.COMPLETED, {"members_001.csv": b"number,balance,name\n"}),
        ("skip", RunState.COMPLETED, {}),
        ("fail", RunState.FAILED, {}),
    ],
)
async def test_run_without_rows_follows_its_rule(
    house: SmallHouse, shelf: Counterpart, rule: str, state: RunState, files: dict[str, bytes]
) -> None:
    chain = await create_members(house.database, 1)
    profile = await create_file_profile(house, chain, shelf)
    query = QUERY.replace("ORDER", "WHERE balance < 0 ORDER")
    run = await run_to_end(house, await create_file_export(house, chain, profile, {"empty_result": rule}, query=query))

    assert (run.state, run.error_code) == (state, "empty_result" if rule == "fail" else None)
    assert shelf_of(shelf) == files


async def test_each_run_has_a_number_of_its_own(house: SmallHouse, shelf: Counterpart) -> None:
    chain = await create_members(house.database, 1)
    profile = await create_file_profile(house, chain, shelf)
    definition = await create_file_export(house, chain, profile)
    for _ in range(2):
        await run_to_end(house, definition)
    assert list(shelf_of(shelf)) == ["members_001.csv", "members_002.csv"]


async def test_value_that_does_not_fit_stops_the_file(house: SmallHouse, shelf: Counterpart) -> None:
    """Either all rows are in the file or there is none."""
    chain = await create_members(house.database, 300)
    profile = await create_file_profile(house, chain, shelf)
    query = "SELECT membership_number AS number, CASE balance WHEN 299 THEN 'Łódź' ELSE 'Ulm' END AS town FROM members"
    query += " ORDER BY membership_number"
    definition = await create_file_export(house, chain, profile, {"encoding": "windows-1252"}, query=query)
    run = await run_to_end(house, definition)

    assert (run.state, run.error_code) == (RunState.FAILED, "file_value_invalid")
    assert (run.sent, run.skipped) == (0, 300)
    assert run.error is not None
    assert "Row 300, column town" in run.error
    assert shelf_of(shelf) == {}
    assert (await read_file(house, run.id)).state is FileState.FAILED


@pytest.mark.parametrize("kind", ["s3", "gcs", "azure"])
async def test_object_stores_get_the_file(house: SmallHouse, tmp_path: Path, kind: str) -> None:
    chain = await create_members(house.database, 5)
    folder = tmp_path / kind
    folder.mkdir()
    servers: dict[str, Callable[[], AbstractContextManager[Counterpart]]] = {
        "s3": file_servers.moto,
        "gcs": lambda: file_servers.google(folder),
        "azure": lambda: file_servers.azure(folder),
    }
    with servers[kind]() as counterpart:
        profile = await create_file_profile(house, chain, counterpart)
        definition = await create_file_export(house, chain, profile, {"control_file": True})
        run = await run_to_end(house, definition)
        assert (run.state, run.sent) == (RunState.COMPLETED, 5)
        assert await content_of(house, chain, profile, "members_001.csv") == rows_of(5)
        assert await content_of(house, chain, profile, "members_001.control") == b"6\n"


async def content_of(house: SmallHouse, chain: UUID, profile: UUID, name: str) -> bytes:
    """Return a file as the store gives it."""
    opened = open_file_store(house.resources, house.client, ACTOR, chain_id=chain, profile_id=profile)
    async with opened as store:
        return b"".join([chunk async for chunk in store.read(name)])


async def test_two_workers_make_one_file(house: SmallHouse, shelf: Counterpart) -> None:
    chain = await create_members(house.database, 50)
    profile = await create_file_profile(house, chain, shelf)
    run = await start_run(house, await create_file_export(house, chain, profile))
    await asyncio.gather(*(house.executor(name).execute(str(run.id)) for name in ("one", "two")))

    ended = await read_run(house, run.id)
    assert (ended.state, ended.sent, ended.take_overs) == (RunState.COMPLETED, 50, 0)
    assert list(shelf_of(shelf)) == ["members_001.csv"]
    assert (await read_file(house, run.id)).attempts == 1
