"""The import contracts hold, and each catches what it is for."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    environment = {"PYTHONPATH": str(folder / "src"), "COLUMNS": "400", "PYTHONUTF8": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source that a test may spoil."""
    folder = tmp_path_factory.mktemp("contracts")
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "static"))
    return folder


def test_every_contract_holds(copy: Path) -> None:
    done = lint(copy)

    assert done.returncode == 0, done.stdout + done.stderr


VIOLATIONS = {
    "a room looks up": ("loyalty/rules.py", "import tessera.exports", "A floor may look down"),
    "a room looks up inside a function": ("queries/errors.py", "def f():\n    import tessera.exports", "A floor may"),
    "rooms on one floor": ("partners/__init__.py", "import tessera.outbound", "A floor may look down"),
    "connectors know who sends": ("connectors/errors.py", "import tessera.outbound", "A floor may look down"),
    "pages import API code": ("web/__init__.py", "import tessera.api", "A floor may look down"),
    "ground imports a room": ("platform/clock.py", "import tessera.access.users", "A floor may look down"),
    "a door imports the wiring": ("api/__init__.py", "import tessera.wiring", "A floor may look down"),
    "roles know users": ("access/roles/errors.py", "import tessera.access.users", "The small rooms of access"),
    "a room knows the web": ("exports/errors.py", "import litestar", "Rooms know no HTTP server"),
    "a small room knows the web": ("access/keys/errors.py", "import litestar", "Rooms know no HTTP server"),
    "past the front door": ("exports/errors.py", "import tessera.loyalty.models", "Others enter loyalty"),
    "past a small front door": ("exports/errors.py", "import tessera.access.roles.store", "Others enter roles"),
    "past the ground's front door": ("exports/errors.py", "import tessera.platform.db.engine", "Others enter db"),
    "past one of several doors": ("exports/errors.py", "import tessera.connectors.profiles", "Others enter connectors"),
    "past an inner door": ("web/forms.py", "import tessera.connectors.keys.store", "Others enter connectors"),
    "pure rules know SQL": ("loyalty/rules.py", "import sqlalchemy", "Decisions are pure"),
    "the core knows a kind": ("exports/errors.py", "import tessera.connectors.kinds.sftp", "Kinds are loaded by name"),
    "its own core knows a channel": (
        "notifications/sending.py",
        "import tessera.notifications.channels.webhook",
        "Kinds",
    ),
    "its own core knows an engine": ("queries/errors.py", "import tessera.queries.engines.sql", "Kinds are loaded"),
    "its own core knows a kind": ("inbound/errors.py", "import tessera.inbound.kinds.mparticle", "Kinds are loaded"),
}


@contextmanager
def spoiled(copy: Path, additions: dict[str, str]) -> Iterator[None]:
    """Add code to modules and take it out again."""
    paths = {copy / "src" / "tessera" / name: code for name, code in additions.items()}
    before = {path: path.read_text(encoding="utf-8") if path.exists() else None for path in paths}
    for path, code in paths.items():
        path.write_text(f"{before[path] or ''}\n{code}\n", encoding="utf-8")
    try:
        yield
    finally:
        for path, text in before.items():
            path.unlink() if text is None else path.write_text(text, encoding="utf-8")


def broken(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stdout.splitlines() if "BROKEN" in line]


@pytest.mark.parametrize(("module", "code", "contract"), VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_violation_is_caught(copy: Path, module: str, code: str, contract: str) -> None:
    with spoiled(copy, {module: code}):
        done = lint(copy)

    assert done.returncode == 1
    assert any(contract in line for line in broken(done)), done.stdout


def test_new_floor_is_caught(copy: Path) -> None:
    with spoiled(copy, {"helpers.py": ""}):
        done = lint(copy)

    assert done.returncode == 1
    assert "tessera.helpers" in done.stdout


def test_ring_is_caught(copy: Path) -> None:
    ring = {"platform/clock.py": "import tessera.platform.ids", "platform/ids.py": "import tessera.platform.clock"}
    with spoiled(copy, ring):
        done = lint(copy)

    assert done.returncode == 1
    assert any("No rings" in line for line in broken(done)), done.stdout
