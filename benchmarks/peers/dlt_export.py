"""dlt (`dlt` on PyPI), a Python library for loading data, doing the export with a destination of its own.

A pipeline extracts the rows into files, normalises them into other files, and loads these: here by a function that
posts 100 rows at a time. Its widest is one load job a file, so many at once, and that is how it is run.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.peers.environment import ENVIRONMENT, PEERS
from benchmarks.processes import Finished, Receiver, run_watched


@dataclass(frozen=True, slots=True)
class DltResult:
    """What one pipeline took, by its own clock: from the first row read to the last answer."""

    seconds: float
    finished: Finished


def run_dlt(
    database: str, receiver: Receiver, *, rows: int, rows_per_request: int, jobs: int, most_seconds: float
) -> DltResult:
    """Send the first `rows` members through dlt, with so many load jobs at once."""
    with TemporaryDirectory(prefix="tessera-bench-dlt-") as name:
        environment = {
            "HOME": name,
            "DLT_DATA_DIR": name,
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "RUNTIME__LOG_LEVEL": "ERROR",
            "NO_PROXY": "*",
            "BENCHMARK_DATABASE": database,
            "BENCHMARK_TOKEN": receiver.token,
            # Files of whole requests, as many as jobs.
            "DATA_WRITER__FILE_MAX_ITEMS": str(-(-rows // jobs // rows_per_request) * rows_per_request),
            "LOAD__WORKERS": str(jobs),
        }
        command: list[str | Path] = [
            *(ENVIRONMENT / "bin" / "python", PEERS / "dlt_pipeline.py", receiver.url),
            *("--rows", str(rows), "--rows-per-request", str(rows_per_request), "--jobs", str(jobs)),
        ]
        finished = run_watched(command, environment=environment, folder=Path(name), seconds=most_seconds)
    return DltResult(json.loads(finished.output.splitlines()[-1])["seconds"], finished)
