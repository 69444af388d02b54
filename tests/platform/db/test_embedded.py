"""The embedded server: started, joined, stopped, killed, taken over, and refused in one clear line."""

import fcntl
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest

from tessera.platform.db import DatabaseStartError
from tessera.platform.embedded import EmbeddedServer
from tessera.platform.embedded import server as embedded
from tessera.platform.embedded.accounts import Account
from tessera.platform.embedded.binaries import find_binaries
from tessera.platform.embedded.folders import open_private_file
from tessera.platform.ids import new_id
from tessera.platform.settings import load_settings
from tessera.wiring import hold_server

FAST = {"fsync": "off"}
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
as_user = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")

# Starts the server in the folder given, says so, and waits to be ended.
STARTER = """
import sys, time
from pathlib import Path
from tessera.platform.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]), options={"fsync": "off"})
server.start()
print(server.pid, flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    place = Path(tempfile.gettempdir()) / f"tessera-test-{new_id().hex[-12:]}"
    yield place
    for pid in [EmbeddedServer(place).pid]:
        if pid:
            os.kill(pid, signal.SIGQUIT)
            psutil.Process(pid).wait(20)
    shutil.rmtree(place, ignore_errors=True)


def start_elsewhere(folder: Path, python: str = sys.executable, **how: object) -> subprocess.Popen[str]:
    """Start the server from another process."""
    command = [python, "-c", STARTER, str(folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **how)  # type: ignore[call-overload, no-any-return]


def read_pid(starter: subprocess.Popen[str]) -> int:
    assert starter.stdout is not None
    return int(starter.stdout.readline())


def run(address: str, statement: str) -> object:
    with psycopg.connect(address) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone() if cursor.description else None


def test_data_survive_a_restart(folder: Path) -> None:
    server = EmbeddedServer(folder, options=FAST)
    run(server.start(), "CREATE TABLE notes AS SELECT 'kept' AS text")
    server.stop()
    assert server.pid is None
    assert run(server.start(), "SELECT text FROM notes") == ("kept",)
    server.stop()


def test_killed_server_starts_again(folder: Path) -> None:
    server = EmbeddedServer(folder, options={"fsync": "on"})
    run(server.start(), "CREATE TABLE notes AS SELECT 'kept' AS text")
    assert server.pid
    os.kill(server.pid, signal.SIGKILL)
    assert run(server.start(), "SELECT text FROM notes") == ("kept",)
    server.stop()


def test_server_left_by_killed_process_is_joined(folder: Path) -> None:
    with start_elsewhere(folder) as starter:
        pid = read_pid(starter)
        starter.kill()
    server = EmbeddedServer(folder)
    server.start()
    assert server.pid == pid
    server.stop()
    assert server.pid is None


def test_killed_server_is_started_again_by_whoever_joined_it(folder: Path) -> None:
    with start_elsewhere(folder) as starter:
        read_pid(starter)
        joined, third = EmbeddedServer(folder, options=FAST), EmbeddedServer(folder, options=FAST)
        joined.start()
        third.start()
        starter.communicate("end")
    assert joined.pid
    os.kill(joined.pid, signal.SIGKILL)
    assert run(joined.start(), "SELECT 1") == (1,)
    assert joined.pid
    os.kill(joined.pid, signal.SIGKILL)
    assert run(third.start(), "SELECT 1") == (1,)
    joined.stop()
    third.stop()
    assert third.pid is None


def test_killed_server_whose_user_lives_is_started_by_a_newcomer(folder: Path) -> None:
    with start_elsewhere(folder) as starter:
        os.kill(read_pid(starter), signal.SIGKILL)
        newcomer = EmbeddedServer(folder, options=FAST)
        assert run(newcomer.start(), "SELECT 1") == (1,)
        starter.communicate("end")
    assert newcomer.pid is not None
    newcomer.stop()
    assert newcomer.pid is None


def test_busy_process_of_a_killed_server_hinders_no_start(folder: Path) -> None:
    server = EmbeddedServer(folder, options=FAST)
    address = server.start()
    with psycopg.connect(address) as busy, ThreadPoolExecutor() as pool:
        counting = pool.submit(busy.execute, "SELECT count(*) FROM generate_series(1, 100000000000)")
        working = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT count(*) FROM generate_series%'"
        while run(address, working) != (1,):
            pass
        assert server.pid
        os.kill(server.pid, signal.SIGKILL)
        assert run(server.start(), "SELECT 1") == (1,)
        assert isinstance(counting.exception(), psycopg.OperationalError)
    server.stop()


def test_start_that_is_given_up_ends(folder: Path) -> None:
    server = EmbeddedServer(folder, options=FAST)
    server.start()
    server.stop()
    with open_private_file(server.home / "lock") as other, ThreadPoolExecutor() as pool:
        fcntl.flock(other, fcntl.LOCK_EX)
        starting = pool.submit(server.start)
        threading.Timer(0.5, server.give_up).start()
        with pytest.raises(DatabaseStartError, match="was given up"):
            starting.result()


def test_server_that_heeds_nothing_is_ended(folder: Path) -> None:
    server = EmbeddedServer(folder, options=FAST)
    server.start()
    assert server.pid
    os.kill(server.pid, signal.SIGSTOP)
    server.stop()
    assert server.pid is None


def test_two_starters_share_one_server(folder: Path) -> None:
    servers = [EmbeddedServer(folder, options=FAST) for _ in range(2)]
    with ThreadPoolExecutor() as pool:
        addresses = list(pool.map(EmbeddedServer.start, servers))
    first, second = sorted(servers, key=lambda server: server._process is not None)
    assert addresses[0] == addresses[1]
    first.stop()
    assert run(second.address(), "SELECT 1") == (1,)
    second.stop()
    assert second.pid is None


def test_stale_record_is_no_hindrance(folder: Path) -> None:
    server = EmbeddedServer(folder, options=FAST)
    server.start()
    record = server.data / "postmaster.pid"
    lines = record.read_text().splitlines()
    server.stop()
    record.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert server.pid is None
    assert run(server.start(), "SELECT 1") == (1,)
    server.stop()


def test_interrupted_making_begins_anew(folder: Path) -> None:
    server = EmbeddedServer(folder, options=FAST)
    server.start()
    server.stop()
    server.data.rename(server.home / "data.part")
    assert run(server.start(), "SELECT 1") == (1,)
    server.stop()


def test_only_the_password_opens(folder: Path) -> None:
    server = EmbeddedServer(folder, options=FAST)
    address = server.start()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(address, password="wrong")
    assert run(address, "SHOW listen_addresses") == ("",)
    assert stat.S_IMODE((server.home / "superuser-password").stat().st_mode) == 0o600
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert stat.S_IMODE((server.home / "socket").stat().st_mode) == 0o700
    server.stop()


def test_long_folder_gets_a_short_socket(folder: Path) -> None:
    long = folder / ("deep-" * 20)
    server = EmbeddedServer(long, options=FAST)
    address = server.start()
    assert run(address, "SELECT 1") == (1,)
    sockets = Path(psycopg.conninfo.conninfo_to_dict(address)["host"])  # type: ignore[arg-type]
    assert sockets.parent == Path(tempfile.gettempdir())
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    server.stop()
    sockets.rmdir()


def test_other_major_version_is_refused(folder: Path) -> None:
    server = EmbeddedServer(folder, options=FAST)
    server.start()
    server.stop()
    (server.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(DatabaseStartError, match=r"made by PostgreSQL 12, and this Tessera brings \d+\. "):
        server.start()


def test_failed_start_tells_the_last_line(folder: Path) -> None:
    server = EmbeddedServer(folder, options={"shared_buffers": "plenty"})
    with pytest.raises(DatabaseStartError, match='invalid value for parameter "shared_buffers": "plenty"') as caught:
        server.start()
    assert "\n" not in caught.value.message
    assert server.pid is None


def test_slow_start_is_given_up(folder: Path) -> None:
    slow = EmbeddedServer(folder, start_seconds=0)
    with pytest.raises(DatabaseStartError, match="was not ready after 0 seconds"):
        slow.start()
    assert slow.pid is None


@as_user
def test_closed_folder_is_told(folder: Path) -> None:
    folder.mkdir(mode=0o500)
    with pytest.raises(DatabaseStartError, match="cannot be written"):
        EmbeddedServer(folder).start()


@as_root
def test_full_disk_is_told(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m,mode=755", "none", folder], check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        with pytest.raises(DatabaseStartError, match=r"The disk of \S+ is full\. Free some space and start again\."):
            EmbeddedServer(folder).start()
    finally:
        subprocess.run(["umount", folder], check=True)


def test_unseen_user_forbids_a_start(folder: Path) -> None:
    server = EmbeddedServer(folder, options=FAST, start_seconds=5)
    server.start()
    server.stop()
    with open_private_file(server.home / "in-use") as elsewhere:
        fcntl.flock(elsewhere, fcntl.LOCK_SH)
        with pytest.raises(DatabaseStartError, match="perhaps in another container"):
            EmbeddedServer(folder, start_seconds=0.1).start()


@as_root
def test_root_serves_as_somebody_else(folder: Path) -> None:
    server = EmbeddedServer(folder, options=FAST)
    server.start()
    assert psutil.Process(server.pid).uids().effective != 0
    assert server.data.stat().st_uid != 0
    assert folder.stat().st_uid == 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o710
    server.stop()


@as_root
def test_closed_parent_is_told_to_root(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    with pytest.raises(DatabaseStartError, match=rf"may not enter {folder}\. Set TESSERA_DATA_DIR"):
        EmbeddedServer(folder / "data").start()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_programs_of_the_operator_are_used(folder: Path, tmp_path: Path) -> None:
    # Beside the data folder, where the server's user can reach it, too.
    named = folder.with_name(f"{folder.name}-programs")
    named.symlink_to(find_binaries())
    try:
        with hold_server(load_settings({}, data_dir=folder, postgres_binaries=named)) as server:
            assert server is not None
            assert psutil.Process(server.pid).cmdline()[0] == str(named / "postgres")
    finally:
        named.unlink()
    with pytest.raises(DatabaseStartError, match="Correct TESSERA_POSTGRES_BINARIES"):
        EmbeddedServer(folder, tmp_path).start()


@as_root
def test_unreachable_programs_are_copied(folder: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = find_binaries().parents[1]
    others = [path.name for path in package.glob("pginstall*") if path != find_binaries().parent]
    for installed in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(installed, closed / installed.name, ignore=shutil.ignore_patterns("include", *others))
    server = EmbeddedServer(folder, closed / find_binaries().relative_to(package.parent), options=FAST)
    assert run(server.start(), "SELECT 1") == (1,)
    assert psutil.Process(server.pid).exe().startswith(str(server.home))
    server.stop()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@as_root
def test_nothing_else_changes_owner_or_mode(folder: Path) -> None:
    programs = find_binaries()
    watched = [*folder.parents, programs, *programs.parents, *programs.iterdir(), Path.home()]
    before = {path: (path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in watched}
    server = EmbeddedServer(folder, options=FAST)
    server.start()
    server.stop()
    assert before == {path: (path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in watched}


def find_python_for_everybody() -> str:
    """Return a Python of our version that other users may run."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    nobody = Account(65534, 65534, "nobody")
    if not nobody.can_enter(Path(embedded.__file__).parent):
        pytest.skip("the sources lie where other users may not enter")
    for candidate in (sys.executable, shutil.which(name, path="/usr/bin:/usr/local/bin")):
        if candidate and nobody.can_enter(Path(candidate).resolve().parent):
            return candidate
    return pytest.skip("every Python of this version lies where other users may not enter")


@as_root
def test_root_and_user_run_at_once(folder: Path) -> None:
    theirs = folder.with_name(f"{folder.name}-theirs")
    environment = {"HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    ours = EmbeddedServer(folder, options=FAST)
    python = find_python_for_everybody()
    with start_elsewhere(theirs, python, user=65534, group=65534, extra_groups=[], env=environment) as starter:
        address = ours.start()
        their_pid = read_pid(starter)
        assert run(address, "SELECT 1") == (1,)
        assert theirs.stat().st_uid == psutil.Process(their_pid).uids().effective == 65534
        ours.stop()
        starter.communicate("end")
    assert EmbeddedServer(theirs).pid is None
    shutil.rmtree(theirs)
