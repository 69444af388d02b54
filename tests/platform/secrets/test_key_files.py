import json
import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from tessera.platform.secrets import KeyFileError, load_keys, rotate_keys

PRINT_DERIVED = """
import pathlib, sys
from tessera.platform.secrets import load_keys
sys.stdin.read(1)
print(load_keys(pathlib.Path(sys.argv[1])).derive("x"))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "keys" / "secret-keys.json"


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_first_start_makes_a_closed_file(path: Path) -> None:
    old = os.umask(0)
    try:
        ring = load_keys(path)
    finally:
        os.umask(old)
    assert mode_of(path) == 0o600
    assert mode_of(path.parent) == mode_of(path.parent.parent) == 0o700
    assert load_keys(path).derive("x") == ring.derive("x")
    assert [file.name for file in path.parent.iterdir()] == ["secret-keys.json"]


def test_existing_folders_keep_their_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    load_keys(tmp_path / "secret-keys.json")
    assert mode_of(tmp_path) == 0o755


def test_processes_that_start_at_once_share_one_ring(path: Path) -> None:
    starts = [Popen([sys.executable, "-c", PRINT_DERIVED, str(path)], stdin=PIPE, stdout=PIPE) for _ in range(3)]
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda process: process.communicate(b"x")[0], starts))
    assert len(set(answers)) == 1
    assert answers[0].strip().decode() == load_keys(path).derive("x")
    assert len(list(path.parent.iterdir())) == 1


def test_rotation_adds_a_key_and_keeps_the_others(path: Path) -> None:
    before = load_keys(path)
    sealed = before.seal("hunter2", "profile")
    after = rotate_keys(path)
    assert [key.id for key in after.keys][:-1] == [key.id for key in before.keys]
    assert load_keys(path).open(sealed, "profile").reveal() == "hunter2"
    assert mode_of(path) == 0o600


def test_rotations_at_once_lose_no_key(path: Path) -> None:
    first = load_keys(path).oldest.id
    with ThreadPoolExecutor() as pool:
        rings = list(pool.map(lambda _: rotate_keys(path), range(8)))
    kept = {key.id for key in load_keys(path).keys}
    assert kept == {first} | {ring.newest.id for ring in rings}
    assert len(kept) == 9


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_file_open_to_others_is_refused(path: Path, mode: int) -> None:
    load_keys(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=f"chmod 600 {path}"):
        load_keys(path)


def spoil(path: Path, **changes: object) -> None:
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, **changes}))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"version": 2}, "version is 2"),
        ({"keys": []}, "holds no key"),
        ({"keys": [{"id": "a", "key": "AAAA", "created_at": "2026-01-01T00:00:00Z"}]}, "32 bytes"),
        ({"keys": [{"id": "a.b", "key": "A" * 43 + "=", "created_at": "2026-01-01T00:00:00Z"}]}, "letters and digits"),
        ({"keys": [{"id": "a", "key": "A" * 43 + "=", "created_at": "2026-01-01T00:00:00Z"}] * 2}, "same id"),
        ({"keys": [{"id": "a", "key": "no base64", "created_at": "2026-01-01T00:00:00Z"}]}, "base64"),
        ({"keys": [{"id": "a", "key": "AAAA"}]}, "created_at"),
        ({"more": 1}, "more"),
    ],
)
def test_malformed_file_is_refused(path: Path, changes: dict[str, object], fault: str) -> None:
    load_keys(path)
    spoil(path, **changes)
    with pytest.raises(KeyFileError, match=fault) as caught:
        load_keys(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"null"])
def test_file_of_other_things_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    load_keys(path)
    path.write_bytes(content)
    with pytest.raises(KeyFileError, match="backup"):
        load_keys(path)
    with pytest.raises(KeyFileError):
        rotate_keys(path)
    assert path.read_bytes() == content


def test_impossible_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyFileError, match="Not a directory"):
        load_keys(tmp_path / "file" / "secret-keys.json")
    with pytest.raises(KeyFileError, match="Is a directory"):
        load_keys(tmp_path)
