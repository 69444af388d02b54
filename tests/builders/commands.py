"""The command `tessera` as a process of its own, run as a person would run it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The one line of its complaint."""
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


class Running:
    """A process that goes on; what it prints is collected in a file."""

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("w") as file:
            self.process = subprocess.Popen(
                command(*arguments), env=environment, stdout=file, stderr=file, start_new_session=True
            )

    @property
    def text(self) -> str:
        return self.log.read_text()

    def wait_for(self, found: Callable[[str], bool]) -> str:
        """Return what was printed once it satisfies `found`."""
        deadline = time.monotonic() + PATIENCE
        while not found(self.text):
            assert self.process.poll() is None or found(self.text), self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.05)
        return self.text

    def ready_at(self) -> str:
        """Return the address that it says it listens on."""
        text = self.wait_for(lambda text: "\nready http" in f"\n{text}")
        return next(line.split()[1] for line in text.splitlines() if line.startswith("ready "))

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tessera", *arguments]


def clean_environment(**given: str) -> dict[str, str]:
    """Return this machine's environment with our settings only."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TESSERA_")}
    return kept | {"PYTHONPATH": str(ROOT / "src"), "COLUMNS": "300"} | given


def run_tessera(*arguments: str, **given: str) -> Ended:
    """Run one command to its end."""
    done = subprocess.run(
        command(*arguments),
        env=clean_environment(**given),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)


@contextmanager
def keep_running(*arguments: str, log: Path, **given: str) -> Iterator[Running]:
    """Have a process run for this while."""
    running = Running(arguments, clean_environment(**given), log)
    try:
        yield running
    finally:
        running.stop()


@contextmanager
def taken_port() -> Iterator[int]:
    """Have somebody else listen on a port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])
