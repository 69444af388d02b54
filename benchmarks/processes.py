"""Processes of a benchmark: the receiver, what is measured, and how much memory it took."""

import json
import os
import secrets
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from benchmarks.receiver import DELAY_SECONDS, HOST, TOKEN_VARIABLE

MEGABYTE = 1_000_000
SAMPLE_SECONDS = 0.05
ROOT = Path(__file__).resolve().parent.parent


class BenchmarkError(Exception):
    """A part of a benchmark that did not do its work."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """A running receiver; with `oauth` whoever sends gets the token from it, instead of knowing it."""

    port: int
    token: str
    oauth: bool = False

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.port}"

    @property
    def url(self) -> str:
        """Where rows go."""
        return f"{self.base_url}/members"

    @property
    def access(self) -> tuple[str, dict[str, str]]:
        """How a profile gets in: the authentication type and its properties."""
        if not self.oauth:
            return "bearer", {"token": self.token}
        client = {"client_id": "benchmark", "client_secret": self.token}
        return "oauth2", {"access_token_url": f"{self.base_url}/token", **client}

    def counts(self) -> dict[str, Any]:
        """Ask what arrived."""
        return self._ask("counts")

    def proof(self) -> dict[str, Any]:
        """Ask how many ids were distinct, and their digest."""
        return self._ask("proof")

    def windows(self) -> dict[str, Any]:
        """Ask how many calls came in any second and any minute, and how many after a refusal before its time."""
        return self._ask("windows")

    def refuse_next(self) -> None:
        """Have the next call refused with 429."""
        self._ask("refuse")

    def _ask(self, name: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.base_url}/{name}", timeout=120) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


@contextmanager
def started_receiver(delay: float = DELAY_SECONDS, *, token: str | None = None) -> Iterator[Receiver]:
    """Start a receiver in a process of its own, and end it; an empty token lets everybody in."""
    token = secrets.token_urlsafe(24) if token is None else token
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.receiver", "--delay", str(delay)],
        cwd=ROOT,
        env={**os.environ, TOKEN_VARIABLE: token},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process:
        try:
            said = process.stdout.readline().split()
            if len(said) != 2:
                raise BenchmarkError("The receiver did not start; its message is above.")
            yield Receiver(int(said[1]), token)
        finally:
            process.terminate()


class MemoryWatch:
    """Looks at a process's resident memory every 50 ms until the block ends."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak_bytes = 0
        self.cpu_seconds = 0.0

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def peak_megabytes(self) -> float:
        """The most it ever had."""
        return self.peak_bytes / MEGABYTE

    @property
    def resident_megabytes(self) -> float:
        """What it has now."""
        return float(self._process.memory_info().rss) / MEGABYTE

    def _watch(self) -> None:
        with suppress(psutil.Error):
            while True:
                self._look()
                if self._stop.wait(SAMPLE_SECONDS):
                    break
            self._look()

    def _look(self) -> None:
        # An ended process that nobody waited for yet reports nothing; what was seen before stays.
        used = self._process.cpu_times()
        self.cpu_seconds = max(self.cpu_seconds, used.user + used.system)
        self.peak_bytes = max(self.peak_bytes, self._process.memory_info().rss, high_water_mark(self._process.pid))


def high_water_mark(pid: int) -> int:
    """Return the kernel's own record of the most resident memory (`VmHWM`), in bytes; 0 where it keeps none."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ended well."""

    output: str
    peak_megabytes: float
    cpu_seconds: float


def run_watched(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    folder: Path = ROOT,
    seconds: float,
) -> Finished:
    """Run a command to its end, looking at its memory; raise if it fails or takes longer than `seconds`."""
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process, MemoryWatch(process.pid) as watch:
        try:
            output, complaint = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise BenchmarkError(f"{Path(command[0]).name} was not done after {seconds:.0f} seconds.") from None
        finally:
            process.kill()
    if process.returncode:
        raise BenchmarkError(
            f"{Path(command[0]).name} ended with {process.returncode}: {(complaint or output)[-2000:]}"
        )
    return Finished(output, watch.peak_megabytes, watch.cpu_seconds)
