"""The demo, small: it ends well, can be repeated, shows what it made, and leaves other people's data alone."""

import json
import re
import shutil
import urllib.request
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
from tests.builders.commands import keep_running, run_tessera

from tessera.cli.demo.data_load import DEMO_ACCESS_TOKEN, DEMO_CLIENT_TOKEN
from tessera.cli.demo.folder import DemoNote, clear_folder, mark_folder, mark_shown, prepare_folder, write_note
from tessera.platform.settings import Settings

CREDENTIALS = {"ClientToken": DEMO_CLIENT_TOKEN, "AccessToken": DEMO_ACCESS_TOKEN, "Client": "test"}


def call(address: str, operation: str, **body: Any) -> Any:
    text = json.dumps(CREDENTIALS | body).encode()
    with urllib.request.urlopen(f"{address}/api/connector/v1/{operation}", text, timeout=10) as answer:
        return json.load(answer)


def test_demo_delivers_all_and_stays_to_be_seen(new_folder: Path, tmp_path: Path) -> None:
    first = run_tessera("demo", "--rows", "1000", TESSERA_DATA_DIR=str(new_folder))
    again = run_tessera("demo", "--rows", "1000", TESSERA_DATA_DIR=str(new_folder))

    for ended in (first, again):
        assert ended.code == 0, ended.err
        assert re.fullmatch(r"demo ok: delivered (\d+) of \1 memberships", ended.out.splitlines()[-1])
        assert "request limit is off" in ended.out
        assert f"rm -r {new_folder}" in ended.out
        assert "See it in the pages: make run" in ended.out

    up = ("up", "--demo", "--port", "0")
    password = {"TESSERA_DEMO_PASSWORD": "a sentence to sign in with"}
    with keep_running(*up, log=tmp_path / "log", TESSERA_DATA_DIR=str(new_folder), **password) as running:
        address = running.ready_at()
        environments = [each.environ() for each in psutil.Process(running.process.pid).children(recursive=True)]
        page = call(address, "loyaltyMemberships/getAll", Limitation={"Count": 1000})
        run = run_tessera("export", "run", "demo", TESSERA_DATA_DIR=str(new_folder))

    assert len(environments) > 3
    assert not [each for each in environments if password["TESSERA_DEMO_PASSWORD"] in each.values()]
    assert len(page["LoyaltyMemberships"]) == 1000
    assert run.code == 0, run.err
    assert "admin@tessera.example" in running.text
    assert password["TESSERA_DEMO_PASSWORD"] not in running.text


def test_demo_leaves_a_deployment_alone(new_folder: Path) -> None:
    assert run_tessera("chain", "create", "Our Hotels", TESSERA_DATA_DIR=str(new_folder)).code == 0

    for arguments in (("demo",), ("up", "--demo")):
        ended = run_tessera(*arguments, TESSERA_DATA_DIR=str(new_folder))
        assert ended.code == 4
        assert "did not make" in ended.line

    assert "Our Hotels" in run_tessera("chain", "list", TESSERA_DATA_DIR=str(new_folder)).out


def test_shown_demo_is_made_again_only_where_it_was_broken_off(new_folder: Path) -> None:
    settings = Settings(data_dir=new_folder)
    mark_folder(settings)
    (new_folder / "postgresql").mkdir()
    prepare_folder(settings)
    assert not (new_folder / "postgresql").exists()

    (new_folder / "postgresql").mkdir()
    write_note(settings, DemoNote("chain", "profile", 10, 7))
    prepare_folder(settings)
    assert (new_folder / "postgresql").exists()


def test_what_was_shown_in_pages_is_set_aside_and_not_emptied(
    new_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data_dir=new_folder)
    mark_folder(settings)
    (new_folder / "postgresql").mkdir()
    clear_folder(settings)
    assert not (new_folder / "postgresql").exists()

    mark_folder(settings)
    (new_folder / "postgresql").mkdir()
    mark_shown(settings)
    clear_folder(settings)

    kept = new_folder.with_name(f"{new_folder.name}-1")
    try:
        assert not new_folder.exists()
        assert (kept / "postgresql").is_dir()
        assert f"TESSERA_DATA_DIR={kept} make run" in capsys.readouterr().out
    finally:
        shutil.rmtree(kept)
