"""Web processes, started the real way."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"


@contextmanager
def web_process(address: str, keys_file: Path, folder: Path, **given: str) -> Iterator[int]:
    """Run `tessera serve` on the database at `address`; give its port."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SOURCE),
        "TESSERA_DATABASE_URL": address,
        "TESSERA_DATA_DIR": str(folder),
        "TESSERA_SECRET_KEYS_FILE": str(keys_file),
        "TESSERA_LOG_LEVEL": "error",
        **given,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tessera", "serve", "--port", "0"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            yield int(line.rstrip().rpartition(":")[2])
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
