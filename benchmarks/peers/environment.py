"""Where the peers live: an environment of their own, made from their pins."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from benchmarks.processes import BenchmarkError

PEERS = Path(__file__).resolve().parent
ENVIRONMENT = PEERS / ".venv"
REQUIREMENTS = PEERS / "requirements.txt"
INSTALL_SECONDS = 300


def install_peers() -> None:
    """Make the peers' environment from their pins, where it is missing or the pins changed."""
    wanted = sha256(REQUIREMENTS.read_bytes()).hexdigest()
    stamp = ENVIRONMENT / "installed"
    if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        return
    print("Installing the peers into benchmarks/peers/.venv (once)", flush=True)
    make = [sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)]
    fill = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet", "--requirement", str(REQUIREMENTS)]
    for command in (make, fill):
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=INSTALL_SECONDS)
        if done.returncode:
            raise BenchmarkError(f"The peers could not be installed: {done.stderr[-2000:]}")
    stamp.write_text(wanted, encoding="ascii")
