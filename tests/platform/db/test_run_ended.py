"""A test run that is ended takes its database server along."""

import subprocess
import sys
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from tests.builders.commands import PATIENCE, ROOT

WAITING = """
import time
from pathlib import Path

def test_waits(server) -> None:
    Path(__file__).with_name("pid").write_text(str(server.pid))
    time.sleep(600)
"""


def test_terminated_run_leaves_no_server(tmp_path: Path) -> None:
    (tmp_path / "test_waiting.py").write_text(WAITING)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", str(tmp_path / "test_waiting.py")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as run:
        note, deadline = tmp_path / "pid", time.monotonic() + PATIENCE
        while not (note.exists() and note.read_text()):
            assert run.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        server = psutil.Process(int(note.read_text()))
        run.terminate()
        run.wait(PATIENCE)
    assert not psutil.wait_procs([server], timeout=PATIENCE)[1]
