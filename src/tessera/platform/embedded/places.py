"""What can be seen from where: processes of one boot and one container see each other, others do not."""

import os
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

BOOT = Path("/proc/sys/kernel/random/boot_id")
NAMESPACE = Path("/proc/self/ns/pid")


def this_place() -> str:
    """Return a text that is the same in two processes only if each sees the other by its process id."""
    try:
        return f"{BOOT.read_text(encoding='ascii').strip()} {NAMESPACE.readlink()}"
    except OSError:
        # Systems without containers of their own: one machine is one place.
        return f"{os.uname().nodename} {psutil.boot_time():.0f}"


def end_orphans(data: Path) -> None:
    """End what a killed server left behind: a busy process of its own notices only when its statement is done.

    Only for a folder whose server is known to be dead.
    """
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            # Every process of a server works in its data folder.
            if process.name().startswith("postgres") and process.cwd() == str(data):
                process.kill()
