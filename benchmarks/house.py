"""A Tessera of its own for a benchmark: embedded database in a temporary folder, and a worker started the real way."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import psycopg

from benchmarks.processes import ROOT, MemoryWatch
from benchmarks.receiver import HOST
from tessera.cli.starting import prepare_schema
from tessera.platform.settings import PREFIX, Settings, load_settings
from tessera.wiring import hold_database

STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the benchmark's Tessera lives: its settings, and the address of a login that may do everything."""

    settings: Settings
    database: str


@contextmanager
def open_place() -> Iterator[Place]:
    """Have a database with our schema until the block ends; nothing of it stays."""
    parent = Path(mkdtemp(prefix="tessera-bench-"))
    # As root the server has a user of its own, who has to pass through.
    parent.chmod(0o711)
    settings = load_settings(
        database_url=None,
        data_dir=parent / "data",
        allowed_networks=f"{HOST}/32",
        allow_insecure_http=True,
        log_level="warning",
    )
    try:
        with hold_database(settings) as database:
            prepare_schema(settings, database)
            yield Place(settings, database)
    finally:
        shutil.rmtree(parent)


def settle(place: Place) -> None:
    """Let the database finish what loading left behind, so that it is not measured with what follows."""
    with psycopg.connect(place.database, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


@contextmanager
def running_worker(place: Place) -> Iterator[MemoryWatch]:
    """Run `tessera worker` and watch its memory."""
    settings = place.settings
    process = subprocess.Popen(
        [sys.executable, "-m", "tessera", "worker"],
        cwd=ROOT,
        # Settings of a Tessera that lives on this machine are none of the benchmark's.
        env={name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        | {
            "TESSERA_DATA_DIR": str(settings.data_dir),
            "TESSERA_ALLOWED_NETWORKS": ",".join(map(str, settings.allowed_networks)),
            "TESSERA_ALLOW_INSECURE_HTTP": "true",
            "TESSERA_LOG_LEVEL": settings.log_level,
        },
        stdin=subprocess.DEVNULL,
    )
    with process, MemoryWatch(process.pid) as watch:
        try:
            yield watch
            process.terminate()
            process.wait(STOP_SECONDS)
        finally:
            process.kill()
