"""How processes end: calmly, with what they hold released."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

TERMINATED = 143


def turn_termination_into_exit() -> None:
    """Let SIGTERM unwind the main thread, so that `finally` blocks run. Python would drop dead otherwise."""
    signal.signal(signal.SIGTERM, leave)


def leave(_number: int, _frame: FrameType | None) -> None:
    """Leave the process by its front door."""
    sys.exit(TERMINATED)


@contextmanager
def calling_on_stop(act: Callable[[], None]) -> Iterator[None]:
    """Call `act` in the running loop at the first SIGINT or SIGTERM; a second one does what it did before."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            if loop.remove_signal_handler(number):
                signal.signal(number, handler)

    def stop() -> None:
        restore()
        act()

    for number in before:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        restore()


def leave_at_once() -> NoReturn:
    """End the process well, without taking the interpreter down piece by piece.

    The HTTP client's own threads may give back what they hold meanwhile, and Python sometimes aborts over that,
    after everything was closed.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def stop_with_parent() -> None:
    """Send ourselves SIGTERM when standard input ends: the parent that held its other end is gone."""
    threading.Thread(target=wait_for_parent, name="parent", daemon=True).start()


def wait_for_parent() -> None:
    """Block until the parent's end of the pipe closes."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
