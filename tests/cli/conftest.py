"""Commands run in this process, on a deployment of their own."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tessera.cli.root import app
from tessera.platform.secrets import KeyRing
from tessera.platform.secrets.files import create_file


@pytest.fixture
def deployment(admin_address: str, keys: KeyRing, tmp_path: Path) -> dict[str, str]:
    """Settings of a deployment on a migrated database of its own."""
    create_file(tmp_path / "keys" / "keys.json", keys)
    return {
        "TESSERA_DATABASE_URL": admin_address,
        "TESSERA_SECRET_KEYS_FILE": str(tmp_path / "keys" / "keys.json"),
        "TESSERA_DATA_DIR": str(tmp_path / "data"),
    }


@pytest.fixture
def tessera(deployment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """Run commands in this process, on that deployment."""
    for name, value in (deployment | {"COLUMNS": "300"}).items():
        monkeypatch.setenv(name, value)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield lambda *arguments, **more: CliRunner().invoke(app, [str(part) for part in arguments], **more)
    root.handlers, root.level = handlers, level
    logging.captureWarnings(capture=False)
