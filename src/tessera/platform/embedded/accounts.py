"""The system user of the embedded server: ourselves, or, where we are root, a user without rights."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tessera.platform.db import DatabaseStartError

# PostgreSQL refuses to run as root. A user of the server's own is best; every Unix has `nobody`.
CANDIDATES = ("tessera", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """A system user that is not us, for whom we start programs. Only root has such a one."""

    uid: int
    gid: int
    name: str

    def can_enter(self, folder: Path) -> bool:
        """Say whether the user may pass through the folder and every one above it."""
        return all(self._may_pass(path) for path in (folder, *folder.parents))

    def _may_pass(self, folder: Path) -> bool:
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        if status.st_gid == self.gid:
            return bool(status.st_mode & 0o010)
        return bool(status.st_mode & 0o001)


def server_account(data: Path) -> Account | None:
    """Return the user that the server runs as; None is ourselves. A folder with data stays with its owner."""
    if os.geteuid() != 0:
        return None
    if data.exists():
        status = data.stat()
        if status.st_uid != 0:
            return Account(status.st_uid, status.st_gid, name_of(status.st_uid))
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name)
    raise DatabaseStartError(
        "The embedded database cannot run as root, and this machine has no user `tessera` or `nobody`."
        " Add the user `tessera`, or start Tessera as an ordinary user."
    )


def name_of(uid: int) -> str:
    """Return the user's name, or the number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def run_as(account: Account | None) -> dict[str, Any]:
    """Return the arguments that make `subprocess` run a program as the account, with nothing else of ours."""
    # No PG* variable of ours may steer the server's programs, and no folder of ours need be enterable for them.
    shared: dict[str, Any] = {
        "cwd": "/",
        "env": {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
    }
    if account is None:
        return shared
    return {**shared, "user": account.uid, "group": account.gid, "extra_groups": []}
