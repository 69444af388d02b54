"""How processes end: calmly, with what they hold released."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

TERMINATED = 143
CANCEL_AGAIN_SECONDS = 0.5


def turn_termination_into_exit() -> None:
    """Let SIGTERM unwind the main thread, so that `finally` blocks run. Python would drop dead otherwise."""
    signal.signal(signal.SIGTERM, leave)


def heed_interrupts() -> None:
    """Let SIGINT raise `KeyboardInterrupt`, whichever process started this one.

    What a script starts in the background has SIGINT ignored, and Python leaves it so: neither Ctrl-C nor `kill -INT`
    would ever end a command.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


def run_until_interrupted(main: Coroutine[Any, Any, T]) -> T:
    """Run the coroutine in a loop of its own; SIGINT cancels it until it ends, and is raised as `KeyboardInterrupt`.

    One cancellation is not enough: `asyncio.wait_for` before Python 3.12 drops the one that meets a finished wait.
    """
    interrupted = False

    async def run() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def interrupt() -> None:
            nonlocal interrupted
            interrupted = True
            if not task.done():
                task.cancel()
                loop.call_later(CANCEL_AGAIN_SECONDS, interrupt)

        if threading.current_thread() is threading.main_thread():
            loop.add_signal_handler(signal.SIGINT, interrupt)
        return await main

    try:
        return asyncio.run(run())
    except asyncio.CancelledError:
        if interrupted:
            raise KeyboardInterrupt from None
        raise


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


def leave_at_once(code: int = 0) -> NoReturn:
    """End the process without taking the interpreter down piece by piece.

    The HTTP client's own threads may give back what they hold meanwhile, and Python sometimes aborts over that,
    after everything was closed.
    """
    for stream in (sys.stdout, sys.stderr):
        # The process that read it may have gone.
        with suppress(OSError):
            stream.flush()
    os._exit(code)


def stop_with_parent() -> None:
    """Send ourselves SIGTERM when standard input ends: the parent that held its other end is gone."""
    threading.Thread(target=wait_for_parent, name="parent", daemon=True).start()


def wait_for_parent() -> None:
    """Block until the parent's end of the pipe closes."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
