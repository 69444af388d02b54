"""Worker processes, started the real way, to be killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.builders.crash_points import CALL_VARIABLE, POINT_VARIABLE

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"


class Workers:
    """Starts workers on one database and ends what is left of them."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def start(self) -> int:
        """Start one more worker; return its process id."""
        return self._start("tessera", "worker")

    def start_doomed(self, point: str, *, call: int = 1) -> int:
        """Start a worker that dies at that call of a named crash point; return its process id."""
        doom = {POINT_VARIABLE: point, CALL_VARIABLE: str(call), "PYTHONPATH": f"{SOURCE}{os.pathsep}{ROOT}"}
        return self._start("tests.builders.crashing_worker", **doom)

    def wait(self, pid: int, seconds: float) -> int:
        """Wait until a worker has ended by itself; return its exit code, below 0 for a signal."""
        code = self._running[pid].wait(seconds)
        del self._running[pid]
        return code

    @property
    def alive(self) -> list[int]:
        """The workers that run."""
        return [pid for pid, process in self._running.items() if process.poll() is None]

    def _start(self, module: str, *arguments: str, **given: str) -> int:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], env={**self._environment, **given}, stdin=subprocess.DEVNULL
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
