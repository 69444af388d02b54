"""What a benchmark found: as a table for people, as JSON for machines."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.processes import MEGABYTE, ROOT

RESULTS = ROOT / "benchmarks" / "results"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One way of doing the job, done once. `seconds` is its own clock's, `received` what the receiver counted."""

    name: str
    rows: int
    seconds: float
    peak_megabytes: float
    cpu_seconds: float
    received: dict[str, Any] = field(repr=False)

    @property
    def rows_per_second(self) -> float:
        """The rate from the way's own start to its end."""
        return self.rows / self.seconds

    @property
    def requests_per_second(self) -> float:
        """The same in requests."""
        return float(self.received["requests"]) / self.seconds

    def describe(self) -> dict[str, Any]:
        """Return everything, for machines."""
        rates = {"rows_per_second": self.rows_per_second, "requests_per_second": self.requests_per_second}
        return {**asdict(self), **rates}


@dataclass(frozen=True, slots=True)
class Bar:
    """A promise of ours: what was found, what is asked, and whether it holds."""

    promise: str
    found: str
    asked: str
    met: bool


def choose_median(measurements: Sequence[Measurement]) -> Measurement:
    """Return the measurement in the middle by rate; of an even number the slower of the two."""
    ordered = sorted(measurements, key=lambda measurement: measurement.rows_per_second)
    return ordered[(len(ordered) - 1) // 2]


def show_measurements(
    title: str, measurements: Sequence[Measurement], ceiling: Measurement | None, console: Console
) -> None:
    """Print the ways side by side, each as a share of the ceiling where there is one."""
    table = make_table(title)
    table.add_column("", no_wrap=True)
    for heading in ("rows", "seconds", "rows/s", "requests/s", "of ceiling", "in flight", "peak MB", "CPU s"):
        table.add_column(heading, justify="right", no_wrap=True)
    for found in measurements:
        table.add_row(
            found.name,
            f"{found.rows:,}",
            f"{found.seconds:.2f}",
            f"{found.rows_per_second:,.0f}",
            f"{found.requests_per_second:,.0f}",
            f"{found.rows_per_second / ceiling.rows_per_second:.0%}" if ceiling else "",
            str(found.received["peak_in_flight"]),
            f"{found.peak_megabytes:,.0f}",
            f"{found.cpu_seconds:.1f}",
        )
    console.print(table)


def show_bars(bars: Sequence[Bar], console: Console) -> None:
    """Print every promise and whether it holds."""
    table = make_table("Bars")
    for heading in ("promise", "found", "bar", ""):
        table.add_column(heading)
    for bar in bars:
        table.add_row(bar.promise, bar.found, bar.asked, "[green]met[/]" if bar.met else "[red]missed[/]")
    console.print(table)


def make_table(title: str) -> Table:
    """Return an empty table in the benchmarks' look."""
    return Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)


def write_results(name: str, moment: datetime, *, measurements: Sequence[dict[str, Any]], bars: Sequence[Bar]) -> Path:
    """Write everything measured, with the machine it was measured on; return the file."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}-{moment:%Y%m%dT%H%M%SZ}.json"
    content = {
        "benchmark": name,
        "at": moment.isoformat(),
        "machine": describe_machine(),
        "measurements": list(measurements),
        "bars": [asdict(bar) for bar in bars],
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path


def describe_machine() -> dict[str, Any]:
    """Say what the figures depend on; nothing that would name the machine."""
    return {
        "processors": os.cpu_count(),
        "memory_megabytes": round(psutil.virtual_memory().total / MEGABYTE),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }
