"""Ending servers of a run that cannot end them any more: one that was killed outright runs no `finally`."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

# Reads until the pipe closes, which it does when the run is gone, however it went. The second argument makes sure that
# the number has not become another program's meanwhile.
WAIT = 'cat >/dev/null; case "$(ps -o args= -p "$0")" in *"$1"*) kill -INT "$0";; esac'


@contextmanager
def ended_with_us(pid: int, mark: str) -> Iterator[None]:
    """Have the process ended if we are killed before the block is left; `mark` is part of its command line."""
    sentinel = subprocess.Popen(["/bin/sh", "-c", WAIT, str(pid), mark], stdin=subprocess.PIPE, start_new_session=True)
    try:
        yield
    finally:
        sentinel.kill()
        sentinel.communicate()
