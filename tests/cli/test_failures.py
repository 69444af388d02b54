"""What goes wrong at the start is one clear line with the next step, an exit code, and no traceback."""

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.builders.commands import run_tessera, taken_port

SECRET = "do-not-tell"


@pytest.mark.parametrize("arguments", [("up",), ("serve",), ("worker",), ("migrate",), ("chain", "list")])
def test_bad_setting_is_named(arguments: tuple[str, ...], new_folder: Path) -> None:
    ended = run_tessera(*arguments, TESSERA_DATA_DIR=str(new_folder), TESSERA_JOB_HEARTBEAT_SECONDS=SECRET)

    assert ended.code == 2
    assert "TESSERA_JOB_HEARTBEAT_SECONDS" in ended.line
    assert SECRET not in ended.line
    assert not new_folder.exists()


@pytest.mark.parametrize("arguments", [("up", "--port", "0"), ("serve", "--port", "0"), ("worker",), ("run", "list")])
def test_unreachable_database_is_told(arguments: tuple[str, ...], tmp_path: Path) -> None:
    address = f"postgresql://somebody:{SECRET}@127.0.0.1:1/somewhere"

    ended = run_tessera(*arguments, TESSERA_DATABASE_URL=address, TESSERA_DATA_DIR=str(tmp_path))

    assert ended.code == 5
    assert "TESSERA_DATABASE_URL" in ended.line
    assert SECRET not in ended.line


@pytest.mark.parametrize("arguments", [("up", "--port", "0"), ("serve", "--port", "0"), ("worker",), ("migrate",)])
def test_database_too_old_is_told(arguments: tuple[str, ...], tmp_path: Path) -> None:
    with old_postgresql("13.22") as port:
        address = f"postgresql://somebody@127.0.0.1:{port}/somewhere?sslmode=disable&gssencmode=disable"
        ended = run_tessera(*arguments, TESSERA_DATABASE_URL=address, TESSERA_DATA_DIR=str(tmp_path))

    assert ended.code == 4
    assert "PostgreSQL 13" in ended.line
    assert "15 to 18" in ended.line


@pytest.mark.parametrize("command", ["up", "serve"])
def test_taken_port_is_told(command: str, new_folder: Path) -> None:
    with taken_port() as port:
        ended = run_tessera(command, TESSERA_DATA_DIR=str(new_folder), TESSERA_HTTP_PORT=str(port))

    assert ended.code == 4
    assert f"Port {port} " in ended.line
    assert "TESSERA_HTTP_PORT" in ended.line


def test_unknown_host_is_told(new_folder: Path) -> None:
    ended = run_tessera("serve", "--port", "0", TESSERA_DATA_DIR=str(new_folder), TESSERA_HTTP_HOST="192.0.2.1")

    assert ended.code == 2
    assert "TESSERA_HTTP_HOST" in ended.line


def test_full_disk_is_told(new_folder: Path) -> None:
    with small_disk(new_folder, megabytes=12):
        ended = run_tessera("up", "--port", "0", TESSERA_DATA_DIR=str(new_folder / "data"))

    assert ended.code in {1, 5}
    assert "full" in ended.line
    assert "Free some space" in ended.line


def test_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    ended = run_tessera("up", "--port", "0", TESSERA_DATA_DIR=str(tmp_path / "file"))

    assert ended.code in {1, 5}
    assert str(tmp_path / "file") in ended.line


def test_database_not_migrated_is_told(deployment: dict[str, str], empty_database: Callable[[], str]) -> None:
    ended = run_tessera("serve", "--port", "0", **deployment | {"TESSERA_DATABASE_URL": empty_database()})

    assert ended.code == 4
    assert "`tessera migrate`" in ended.line


def test_unknown_command_is_wrong_usage() -> None:
    ended = run_tessera("chains")

    assert ended.code == 2
    assert "No such command 'chains'. Did you mean 'chain'?" in ended.err


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[None]:
    """Mount a file system that is soon full; only root may."""
    folder.mkdir(mode=0o755)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tessera-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root, where mounting is allowed, can make a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def old_postgresql(version: str) -> Iterator[int]:
    """Run as much of a server as it takes to be asked for its version: nobody installs one so old any more."""
    greeting = message(b"R", bytes(4)) + message(b"S", b"server_version\0" + version.encode() + b"\0")
    greeting += message(b"S", b"client_encoding\0UTF8\0") + message(b"Z", b"I")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def greet() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(4096)
                    connection.sendall(greeting)
                    connection.recv(4096)

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def message(kind: bytes, body: bytes) -> bytes:
    """Return a message of the server's protocol."""
    return kind + (len(body) + 4).to_bytes(4, "big") + body
