"""The most memory a process ever had."""

import re
from pathlib import Path

import psutil  # type: ignore[import-untyped]

MEBIBYTE = 1024 * 1024


class MemoryGauge:
    """Watches one process: the kernel's own record where there is one, else the highest of the looks."""

    def __init__(self, pid: int | None) -> None:
        self.pid = pid
        self.highest = 0

    def look(self) -> None:
        """Take one look; a process that is gone keeps its record."""
        if self.pid is not None:
            self.highest = max(self.highest, peak_memory(self.pid))

    @property
    def megabytes(self) -> float:
        """The highest so far."""
        return self.highest / MEBIBYTE


def peak_memory(pid: int) -> int:
    """Return the peak resident size in bytes; the present one where the system keeps no record."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
        return int(found[1]) * 1024 if found else int(psutil.Process(pid).memory_info().rss)
    except FileNotFoundError:
        return 0
    except psutil.Error:
        return 0
