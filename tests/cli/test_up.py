"""`tessera up`: ready when it says so, children started again, everything gone when it stops."""

import fcntl
import json
import re
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from tests.builders.commands import PATIENCE, Running, keep_running, run_tessera

from tessera.cli import startup
from tessera.cli.startup import insist, prepare, run_everything, welcome
from tessera.platform.db.migrations import is_current
from tessera.platform.embedded import EmbeddedServer
from tessera.platform.settings import load_settings
from tessera.wiring import database_address, hold_server


@pytest.fixture
def up(new_folder: Path, tmp_path: Path) -> Iterator[Running]:
    """Tessera, all of it, on its embedded database and a free port."""
    with keep_running("up", "--port", "0", log=tmp_path / "log", TESSERA_DATA_DIR=str(new_folder)) as running:
        yield running


def children_of(running: Running) -> dict[str, psutil.Process]:
    """Return the web process and the worker by name."""
    found = {}
    for child in psutil.Process(running.process.pid).children():
        line = " ".join(child.cmdline())
        for name, telling in (("web process", "tessera serve"), ("worker", "tessera.worker")):
            if telling in line:
                found[name] = child
    return found


def fetch(address: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return answer.status, answer.read()


def test_ready_means_that_it_answers(up: Running) -> None:
    status, body = fetch(f"{up.ready_at()}/healthz")

    assert status == 200
    assert json.loads(body) == {"status": "ok"}
    assert len(re.findall(r"^ready ", up.text, re.MULTILINE)) == 1


def test_stop_leaves_nothing_behind(up: Running, new_folder: Path) -> None:
    up.ready_at()
    children = psutil.Process(up.process.pid).children(recursive=True)
    assert EmbeddedServer(new_folder).pid is not None

    assert up.stop() == 0

    assert EmbeddedServer(new_folder).pid is None
    assert not psutil.wait_procs(children, timeout=PATIENCE)[1]
    assert "Traceback" not in up.text


@pytest.mark.parametrize("name", ["web process", "worker"])
def test_dead_child_is_started_again(up: Running, name: str) -> None:
    address = up.ready_at()
    killed = children_of(up)[name]

    killed.kill()
    text = up.wait_for(lambda text: f"{name} ended (signal SIGKILL); starting it again in 0.5 s" in text)

    assert "Traceback" not in text
    wait_until(lambda: name in children_of(up) and children_of(up)[name].pid != killed.pid)
    wait_until(lambda: answers(address))


def test_dead_database_is_started_again(up: Running, new_folder: Path) -> None:
    address = up.ready_at()
    killed = EmbeddedServer(new_folder).pid
    assert killed is not None

    psutil.Process(killed).kill()
    up.wait_for(lambda text: "database ended; starting it again" in text)

    wait_until(lambda: EmbeddedServer(new_folder).pid not in {None, killed})
    wait_until(lambda: answers(address))


def kill_database(folder: Path) -> int:
    killed = EmbeddedServer(folder).pid
    assert killed is not None
    psutil.Process(killed).kill()
    return killed


def test_joined_database_is_started_again_and_stops(up: Running, new_folder: Path, tmp_path: Path) -> None:
    up.ready_at()
    with keep_running("up", "--port", "0", log=tmp_path / "second", TESSERA_DATA_DIR=str(new_folder)) as second:
        address = second.ready_at()
        assert up.stop() == 0

        killed = kill_database(new_folder)

        second.wait_for(lambda text: "database ended; starting it again" in text)
        wait_until(lambda: EmbeddedServer(new_folder).pid not in {None, killed})
        wait_until(lambda: answers(address))
        assert second.stop() == 0
    assert EmbeddedServer(new_folder).pid is None


def test_stop_needs_no_database(up: Running, new_folder: Path) -> None:
    up.ready_at()
    children = psutil.Process(up.process.pid).children(recursive=True)
    with (new_folder / "postgresql" / "lock").open("ab") as lock:
        # Nobody gets the database back while this is held, and a start waits for two minutes.
        fcntl.flock(lock, fcntl.LOCK_EX)
        kill_database(new_folder)
        up.wait_for(lambda text: "database ended; starting it again" in text)

        assert up.stop() == 0

    assert not psutil.wait_procs(children, timeout=PATIENCE)[1]


def test_database_that_dies_while_migrating_is_started_again(new_folder: Path) -> None:
    settings = load_settings({}, data_dir=new_folder)
    with hold_server(settings) as server:
        kill_database(new_folder)
        prepare(settings, server)
        assert is_current(database_address(settings))


def test_database_that_dies_before_ready_is_started_again(new_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = load_settings({}, data_dir=new_folder, http_port=0)
    killed = []

    async def body(running: startup.Running) -> None:
        killed.append(kill_database(new_folder))
        await insist(lambda: welcome(settings))

    run_everything(settings, body)

    said = capsys.readouterr()
    assert killed
    assert "No user can sign in yet." in said.out
    assert "TESSERA_DATABASE_URL" not in said.err
    assert EmbeddedServer(new_folder).pid is None


def test_killed_up_takes_its_children_along(up: Running, new_folder: Path) -> None:
    up.ready_at()
    children = psutil.Process(up.process.pid).children(recursive=True)

    up.stop(signal.SIGKILL)

    assert not psutil.wait_procs(children, timeout=PATIENCE)[1]
    wait_until(lambda: EmbeddedServer(new_folder).pid is None)


def test_commands_join_the_running_database(up: Running, new_folder: Path) -> None:
    up.ready_at()

    made = run_tessera("chain", "create", "Harbour Hotels", TESSERA_DATA_DIR=str(new_folder))
    listed = run_tessera("chain", "list", "--json", TESSERA_DATA_DIR=str(new_folder))

    assert made.code == 0
    assert [chain["name"] for chain in json.loads(listed.out)] == ["Harbour Hotels"]
    assert answers(up.ready_at())


def answers(address: str) -> bool:
    try:
        return fetch(f"{address}/healthz")[0] == 200
    except OSError:
        return False


def wait_until(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.05)
