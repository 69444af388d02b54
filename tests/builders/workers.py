"""Worker processes, started the real way, to be killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"


class Workers:
    """Starts workers on one database and ends what is left of them."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def start(self) -> int:
        """Start one more worker; return its process id."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tessera", "worker"], env=self._environment, stdin=subprocess.DEVNULL
        )
        self._running[process.pid] = process
        return process.pid

    def kill(self, pid: int) -> None:
        """End a worker as a power cut would."""
        process = self._running.pop(pid)
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def stop(self, pid: int) -> int:
        """Ask a worker to stop; return its exit code."""
        process = self._running.pop(pid)
        process.terminate()
        return process.wait(30)

    def end(self) -> None:
        """Kill all that still run."""
        for pid in list(self._running):
            self.kill(pid)


@contextmanager
def worker_processes(address: str, keys_file: Path, folder: Path, **given: str) -> Iterator[Workers]:
    """Give a way to start workers on the database at `address`."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SOURCE),
        "TESSERA_DATABASE_URL": address,
        "TESSERA_DATA_DIR": str(folder),
        "TESSERA_SECRET_KEYS_FILE": str(keys_file),
        "TESSERA_ALLOWED_NETWORKS": "127.0.0.0/8",
        "TESSERA_ALLOW_INSECURE_HTTP": "true",
        "TESSERA_LOG_LEVEL": "error",
        **given,
    }
    workers = Workers(environment)
    try:
        yield workers
    finally:
        workers.end()
