"""`python -m benchmarks`: every benchmark, or one of them, with its table and its JSON; never two at once."""

import argparse
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from benchmarks.batches import ROWS, measure_batches
from benchmarks.changes import measure_changes
from benchmarks.connector import measure_connector
from benchmarks.export import measure_exports
from benchmarks.files import measure_files
from benchmarks.inbound import measure_inbound
from benchmarks.memory import measure_memory
from benchmarks.neighbours import measure_neighbours
from benchmarks.pace import PACE_SECONDS, measure_pace
from benchmarks.pages import measure_pages
from benchmarks.processes import BenchmarkError
from benchmarks.shards import measure_shards
from benchmarks.singles import measure_singles
from benchmarks.tables import RESULTS
from benchmarks.ticks import measure_ticks
from tessera.platform.clock import now
from tessera.platform.errors import TesseraError

SMALL, LARGE = 100_000, 1_000_000
# Enough rows to see that everything works.
FEW = 5_000
ADDED = 200_000
MESSAGES = 10_000
FILE_WIDTH = 120
# Parts that take nothing but their size.
SIZED = {
    "changes": measure_changes,
    "neighbours": measure_neighbours,
    "shards": measure_shards,
    "ticks": measure_ticks,
    "memory": measure_memory,
}
BENCHMARKS = ("export", "singles", *SIZED, "connector", "inbound", "pages", "batches", "pace", "files")
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
    parser.add_argument("benchmark", nargs="?", choices=["all", *BENCHMARKS], default="all")
    parser.add_argument("--rows", type=int, action="append", help=f"rows of an export; default {SMALL} and {LARGE}")
    parser.add_argument("--members", type=int, default=LARGE, help="memberships the Connector API begins with")
    parser.add_argument("--added", type=int, default=ADDED, help="memberships added over the Connector API")
    parser.add_argument("--messages", type=int, default=MESSAGES, help="messages that come in from mParticle")
    parser.add_argument(
        "--seconds", type=int, default=PACE_SECONDS, help="how long a shared pace is measured; the bar asks for 300"
    )
    parser.add_argument(
        "--small", action="store_true", help="exports and schedules in seconds, to see that they work: no figures"
    )
    parser.add_argument("--no-peers", action="store_true", help="leave the other tools out")
    given = parser.parse_args()
    # A file or a pipe has no width: wide enough for every column then.
    console = Console(width=None if sys.stdout.isatty() else FILE_WIDTH)
    try:
        with alone():
            if (load := os.getloadavg()[0]) > BUSY:
                console.print(f"[yellow]The machine is busy (load {load:.1f}): figures are rough.[/]")
            run(given, console)
    except (BenchmarkError, TesseraError) as error:
        console.print(f"[red]{error}[/]", soft_wrap=True)
        return 1
    return 0


def run(given: argparse.Namespace, console: Console) -> None:
    """Run the benchmarks that were asked for, one after another."""
    with_peers = not given.no_peers
    if given.benchmark in ("all", "export"):
        sizes = [FEW] if given.small else [SMALL, LARGE]
        measure_exports(given.rows or sizes, with_peers=with_peers, moment=now(), console=console)
    if given.benchmark in ("all", "singles"):
        measure_singles(small=given.small, with_peers=with_peers, moment=now(), console=console)
    for name, measure in SIZED.items():
        if given.benchmark in ("all", name):
            measure(small=given.small, moment=now(), console=console)
    run_others(given, console)


def run_others(given: argparse.Namespace, console: Console) -> None:
    """Run what is not about requests of exports."""
    with_peers = not given.no_peers
    if given.benchmark in ("all", "files"):
        measure_files((given.rows or [LARGE])[-1], moment=now(), console=console)
    if given.benchmark in ("all", "batches"):
        measure_batches(ROWS, moment=now(), console=console)
    if given.benchmark in ("all", "pace"):
        measure_pace(given.seconds, moment=now(), console=console)
    if given.benchmark in ("all", "connector"):
        measure_connector(given.members, given.added, with_peers=with_peers, moment=now(), console=console)
    if given.benchmark in ("all", "inbound"):
        measure_inbound(given.messages, moment=now(), console=console)
    if given.benchmark in ("all", "pages"):
        measure_pages(now(), console)


if __name__ == "__main__":
    sys.exit(main())
