"""drt (`drt-core`), a reverse-ETL tool for the command line, doing the export: PostgreSQL to HTTP, 100 rows a request.

One drt sync sends one request at a time; what it has for going wider is several syncs on threads. So the job is done
twice: as one sync, which is how a user writes it, and cut by hand into one sync per call in flight, which is the most
that drt can be made to do. Its default limit of 10 requests a second is off, and it gets 10,000 rows at a time from the
database, so that its connection to the receiver lives longer than one request.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from benchmarks.peers.environment import ENVIRONMENT
from benchmarks.processes import BenchmarkError, Finished, Receiver, run_watched
from benchmarks.rows import PLAIN_ROWS

ROWS_PER_FETCH = 10_000


@dataclass(frozen=True, slots=True)
class DrtResult:
    """What one run of drt took, by its own clock: from its first sync's start to the last one's end."""

    seconds: float
    finished: Finished


def run_drt(
    database: str, receiver: Receiver, *, rows: int, rows_per_request: int, syncs: int, most_seconds: float
) -> DrtResult:
    """Send the first `rows` members through drt, as so many syncs at once."""
    with TemporaryDirectory(prefix="tessera-bench-drt-") as name:
        folder = Path(name)
        environment = write_project(folder, database, receiver)
        for number, (first, last) in enumerate(cut(rows, syncs, rows_per_request)):
            sync = describe_sync(f"members_{number}", receiver, (first, last), rows_per_request=rows_per_request)
            (folder / "syncs" / f"members_{number}.yml").write_text(json.dumps(sync), encoding="utf-8")
        command = [str(ENVIRONMENT / "bin" / "drt"), "run", "--threads", str(syncs), "--output", "json"]
        finished = run_watched(command, environment=environment, folder=folder, seconds=most_seconds)
    report = json.loads(finished.output)
    if report["failed"]:
        raise BenchmarkError(f"drt failed: {finished.output[-2000:]}")
    return DrtResult(report["total_duration_seconds"], finished)


def cut(rows: int, parts: int, step: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of whole requests, first to last row, as even as can be."""
    requests = -(-rows // step)
    for part in range(parts):
        first, end = requests * part // parts, requests * (part + 1) // parts
        if first < end:
            yield first * step + 1, min(end * step, rows)


def write_project(folder: Path, database: str, receiver: Receiver) -> dict[str, str]:
    """Write drt's project and connection profile; return its environment. JSON is YAML."""
    address = conninfo_to_dict(database)
    profile = {
        "type": "postgres",
        "host": address["host"],
        "port": int(str(address["port"])),
        "dbname": address["dbname"],
        "user": address["user"],
        "password_env": "BENCHMARK_PASSWORD",
        "fetch_size": ROWS_PER_FETCH,
    }
    (folder / "syncs").mkdir()
    (folder / ".drt").mkdir()
    (folder / ".drt" / "profiles.yml").write_text(json.dumps({"benchmark": profile}), encoding="utf-8")
    (folder / "drt_project.yml").write_text(json.dumps({"name": "benchmark", "profile": "benchmark"}), encoding="utf-8")
    return {
        "HOME": str(folder),
        "DO_NOT_TRACK": "1",
        "BENCHMARK_PASSWORD": str(address["password"]),
        "BENCHMARK_TOKEN": receiver.token,
        "NO_PROXY": "*",
    }


def describe_sync(name: str, receiver: Receiver, ordinals: tuple[int, int], *, rows_per_request: int) -> dict[str, Any]:
    """Return one sync's settings."""
    return {
        "name": name,
        "model": PLAIN_ROWS.format(first=ordinals[0], last=ordinals[1]),
        "destination": {
            "type": "rest_api",
            "url": receiver.url,
            "method": "POST",
            "headers": {"Content-Type": "application/json"},
            "auth": {"type": "bearer", "token_env": "BENCHMARK_TOKEN"},
            "body_mode": "batch",
            "batch_template": '{"members": {{ rows | tojson_safe }}}',
            "max_records_per_request": rows_per_request,
        },
        "sync": {"mode": "full", "batch_size": ROWS_PER_FETCH, "rate_limit": {"requests_per_second": 0}},
    }
