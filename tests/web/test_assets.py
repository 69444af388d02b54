"""What the front-end build leaves behind, and what it was built from."""

import importlib.util
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tessera.web.assets import FOLDER, AssetsMissingError, load_assets

ROOT = Path(__file__).parents[2]
LOCK = json.loads((ROOT / "frontend/package-lock.json").read_text())


@pytest.fixture(scope="module")
def digest_inputs() -> Callable[[Path], str]:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[Path], str] = module.digest_inputs
    return found


def test_pages_load_what_was_built() -> None:
    assets = load_assets()
    for address in (assets.script, *assets.styles):
        assert re.fullmatch(r"/static/assets/\w+-[\w-]{8}\.(js|css)", address)
        assert (FOLDER / address.removeprefix("/static/")).is_file()


def test_built_files_name_no_other_host() -> None:
    loaded = re.compile(r"""(?:url\(|src=|href=|import\(?)\s*["']?(?:https?:)?//""")
    for path in (*FOLDER.rglob("*.css"), *FOLDER.rglob("*.js")):
        assert not loaded.search(path.read_text()), path.name
        assert "data:" not in path.read_text() or path.suffix == ".js"


def test_missing_build_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AssetsMissingError, match="pip install"):
        load_assets(tmp_path)


def test_lock_holds_no_addresses() -> None:
    assert "http" not in json.dumps(LOCK)
    # What comes inside another package is covered by that one's digest.
    assert all("integrity" in each or "inBundle" in each for path, each in LOCK["packages"].items() if path)


def test_lock_is_whole_for_every_platform() -> None:
    locked = {path.rpartition("node_modules/")[2] for path in LOCK["packages"]}
    for package in LOCK["packages"].values():
        assert set(package.get("optionalDependencies", ())) <= locked


def test_changed_input_means_a_new_build(tmp_path: Path, digest_inputs: Callable[[Path], str]) -> None:
    shutil.copytree(ROOT / "frontend", tmp_path / "frontend", ignore=shutil.ignore_patterns("node_modules"))
    shutil.copytree(ROOT / "src/tessera/web", tmp_path / "src/tessera/web")
    shutil.copy(ROOT / "hatch_build.py", tmp_path)
    before = digest_inputs(tmp_path)
    assert digest_inputs(tmp_path) == before == digest_inputs(ROOT)
    (tmp_path / "src/tessera/web/home/templates/home.html").write_text("<p class='p-4'></p>")
    assert digest_inputs(tmp_path) != before
