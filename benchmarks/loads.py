"""Loads: requests sent by a process of its own, and what it found, as a measurement."""

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from benchmarks.load_client import AUTHORIZATION_VARIABLE, Request, write_requests
from benchmarks.processes import BenchmarkError, run_watched
from benchmarks.tables import make_table

SCRIPT = Path(__file__).resolve().parent / "load.lua"
# Above what is asked to be done in so many seconds: starting, reading the requests, the last answers.
SPARE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Timing:
    """Calls of one sort: how many, how many records went with them, in how long, and single answers' milliseconds."""

    name: str
    requests: int
    records: int
    seconds: float
    p50: float
    p95: float
    p99: float

    @property
    def requests_per_second(self) -> float:
        """The rate of calls."""
        return self.requests / self.seconds

    @property
    def records_per_second(self) -> float:
        """The rate of records."""
        return self.records / self.seconds

    def describe(self) -> dict[str, Any]:
        """Return everything, for machines."""
        rates = {"requests_per_second": self.requests_per_second, "records_per_second": self.records_per_second}
        return {**asdict(self), **rates}

    def named(self, name: str) -> "Timing":
        """Return the same under another name."""
        return replace(self, name=name)


def send(
    url: str, requests: Sequence[Request], *, callers: int, most_seconds: float, authorization: str = ""
) -> dict[str, Timing]:
    """Make every request once; return what was found by sort. One refusal is enough to fail."""
    return run_client(url, requests, callers=callers, most_seconds=most_seconds, authorization=authorization)


def send_for(url: str, requests: Sequence[Request], *, callers: int, seconds: float) -> Timing:
    """Make the requests, all of one sort and path, in turn for so many seconds: with wrk, where it is installed."""
    if shutil.which("wrk"):
        return run_wrk(url, requests, callers=callers, seconds=seconds)
    found = run_client(url, requests, callers=callers, seconds=seconds, most_seconds=seconds + SPARE_SECONDS)
    return found[requests[0].sort]


def run_client(
    url: str,
    requests: Sequence[Request],
    *,
    callers: int,
    most_seconds: float,
    seconds: float | None = None,
    authorization: str = "",
) -> dict[str, Timing]:
    """Send the requests with our own client."""
    with TemporaryDirectory(prefix="tessera-bench-load-") as folder:
        path = Path(folder) / "requests"
        write_requests(path, requests)
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "benchmarks.load_client",
            url,
            path,
            "--callers",
            str(callers),
        ]
        command += [] if seconds is None else ["--seconds", str(seconds)]
        environment = {AUTHORIZATION_VARIABLE: authorization}
        found = json.loads(run_watched(command, environment=environment, seconds=most_seconds).output)
    if found["refusals"]:
        raise BenchmarkError(f"{found['refusals']} of the calls failed. The first of them: {found['refusal']}")
    return read_timings(found, callers)


def read_timings(found: dict[str, Any], callers: int) -> dict[str, Timing]:
    """Return the client's findings; where sorts took turns, each has the time that its own calls took."""
    timings = {}
    for sort, told in found["sorts"].items():
        waited = told.pop("waited")
        seconds = found["seconds"] if len(found["sorts"]) == 1 else waited / callers
        timings[sort] = Timing(name=sort, seconds=seconds, **told)
    return timings


def run_wrk(url: str, requests: Sequence[Request], *, callers: int, seconds: float) -> Timing:
    """Send the requests with wrk on one thread, which is enough for more than any of the servers can answer."""
    with TemporaryDirectory(prefix="tessera-bench-load-") as folder:
        path = Path(folder) / "bodies"
        path.write_bytes(b"".join(request.body + b"\n" for request in requests))
        command: list[str | Path] = [
            *("wrk", "--threads", "1", "--connections", str(callers), "--duration", f"{seconds:.0f}s"),
            *("--timeout", "10s", "--script", SCRIPT, url, "--", f"path={requests[0].path}", f"bodies={path}"),
        ]
        done = run_watched(command, environment={}, seconds=seconds + SPARE_SECONDS)
    found = json.loads(done.output.strip().rpartition("\n")[2])
    if found["refusals"] or found["lost"]:
        raise BenchmarkError(f"{found['refusals']} of the calls were refused, {found['lost']} were never answered.")
    percentiles = {name: found[name] for name in ("p50", "p95", "p99")}
    # Every request asks for one record; that each is found was looked at before.
    return Timing(requests[0].sort, found["requests"], found["requests"], found["seconds"], **percentiles)


def show_timings(
    title: str, timings: Sequence[Timing], console: Console, *, beside: tuple[str, Timing] | None = None
) -> None:
    """Print timings side by side; with `beside`, rates of records as parts of that one's, under that heading."""
    table = make_table(title)
    table.add_column("", no_wrap=True)
    headings = ["calls", "records", "s", "calls/s", "records/s", "p50 ms", "p95 ms", "p99 ms"]
    for heading in [*headings, beside[0]] if beside else headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for found in timings:
        row = [
            found.name,
            f"{found.requests:,}",
            f"{found.records:,}",
            f"{found.seconds:.2f}",
            f"{found.requests_per_second:,.0f}",
            f"{found.records_per_second:,.0f}",
            *(f"{value:.1f}" if value else "–" for value in (found.p50, found.p95, found.p99)),
        ]
        if beside:
            row.append(f"{found.records_per_second / beside[1].records_per_second:.0%}")
        table.add_row(*row)
    console.print(table)
