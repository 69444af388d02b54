"""The files of the embedded server: made once, whole or not at all, and fit for one major version."""

import secrets
import shutil
import subprocess
from pathlib import Path

from tessera.platform.db import DatabaseStartError, explain_start
from tessera.platform.embedded.accounts import Account, run_as
from tessera.platform.embedded.binaries import Programs
from tessera.platform.embedded.folders import make_empty_folder, write_private_file

SUPERUSER = "postgres"
PASSWORD_FILE = "superuser-password"  # noqa: S105 - a file's name


def make_cluster(data: Path, programs: Programs, account: Account | None, *, sync: bool) -> None:
    """Make an empty cluster under another name first, so that an interrupted one is never taken for whole."""
    home = data.parent
    part, handed = home / "data.part", home / "initial-password"
    password = secrets.token_urlsafe(32)
    make_empty_folder(part, account)
    write_private_file(handed, password, account)
    command = [programs.path("initdb"), f"--pgdata={part}", f"--username={SUPERUSER}", f"--pwfile={handed}"]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums", "--no-instructions"]
    command += locale_options(programs.major)
    if not sync:
        command.append("--no-sync")
    done = subprocess.run(command, capture_output=True, text=True, check=False, **run_as(account))  # noqa: S603 - ours
    handed.unlink()
    if done.returncode:
        shutil.rmtree(part, ignore_errors=True)
        raise explain_start(home.parent, done.stderr or done.stdout)
    write_private_file(home / PASSWORD_FILE, password, None)
    part.rename(data)


def check_cluster(data: Path, programs: Programs) -> None:
    """Raise if the files were made by another major version."""
    made_by = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    if made_by != str(programs.major):
        raise DatabaseStartError(
            f"The database in {data} was made by PostgreSQL {made_by}, and this Tessera brings {programs.major}."
            " Start the Tessera that made it, or set TESSERA_DATA_DIR to another folder and load a dump there."
        )


def locale_options(major: int) -> list[str]:
    """Return a locale that sorts the same on every machine and version; before 17 the C library has to bring it."""
    if major >= 17:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C.UTF-8"]
