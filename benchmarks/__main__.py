"""`python -m benchmarks`: every benchmark, or one of them, with its table and its JSON; never two at once."""

import argparse
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from benchmarks.export import measure_exports
from benchmarks.processes import BenchmarkError
from benchmarks.tables import RESULTS
from tessera.platform.clock import now
from tessera.platform.errors import TesseraError

SMALL, LARGE = 100_000, 1_000_000
FILE_WIDTH = 110
BUSY = 0.5


@contextmanager
def alone() -> Iterator[None]:
    """Hold the benchmarks' lock: two at once would measure each other."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    with (RESULTS / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BenchmarkError("Another benchmark is running. Wait until it ends.") from None
        yield


def main() -> int:
    """Measure what was asked for; a missed bar is shown, a row that is missing is a failure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure promises beside their peers.")
    parser.add_argument("benchmark", nargs="?", choices=["all", "export"], default="all")
    parser.add_argument("--rows", type=int, action="append", help=f"rows of an export; default {SMALL} and {LARGE}")
    parser.add_argument("--no-peers", action="store_true", help="leave the other tools out")
    given = parser.parse_args()
    # A file or a pipe has no width: wide enough for every column then.
    console = Console(width=None if sys.stdout.isatty() else FILE_WIDTH)
    try:
        with alone():
            if (load := os.getloadavg()[0]) > BUSY:
                console.print(f"[yellow]The machine is busy (load {load:.1f}): figures are rough.[/]")
            measure_exports(given.rows or [SMALL, LARGE], with_peers=not given.no_peers, moment=now(), console=console)
    except (BenchmarkError, TesseraError) as error:
        console.print(f"[red]{error}[/]", soft_wrap=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
