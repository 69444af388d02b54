"""A worker that kills itself at a named place: the product's own, with one function wrapped. Run as a program."""

import asyncio
import functools
import inspect
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from importlib import import_module
from itertools import count
from typing import Any

from tests.builders.crash_points import CALL_VARIABLE, EVERY_POINT, POINT_VARIABLE, CrashPoint, Moment

# A receiver of the laboratory takes longer to answer, so the call is under way.
INTO_THE_CALL_SECONDS = 0.01


class Killer:
    """Ends this process at one call as a power cut would."""

    def __init__(self, call: int) -> None:
        self._call = call
        self._calls = count(1)

    def is_due(self) -> bool:
        """Count one more call, and say whether it is the last."""
        return next(self._calls) == self._call

    def kill(self) -> None:
        """Die."""
        os.kill(os.getpid(), signal.SIGKILL)


def wrap_call(function: Callable[..., Any], moment: Moment, killer: Killer) -> Callable[..., Any]:
    """Return the coroutine function, deadly at one of its calls."""

    @functools.wraps(function)
    async def call(*given: Any, **named: Any) -> Any:
        due = killer.is_due()
        if due and moment is Moment.BEFORE:
            killer.kill()
        if due and moment is Moment.DURING:
            asyncio.get_running_loop().call_later(INTO_THE_CALL_SECONDS, killer.kill)
        result = await function(*given, **named)
        if due:
            killer.kill()
        return result

    return call


def wrap_items(function: Callable[..., Any], killer: Killer) -> Callable[..., Any]:
    """Return the generator function, deadly at one of its items."""

    @functools.wraps(function)
    async def items(*given: Any, **named: Any) -> AsyncIterator[Any]:
        async for item in function(*given, **named):
            yield item
            if killer.is_due():
                killer.kill()

    return items


def arm(point: CrashPoint, killer: Killer) -> None:
    """Put the wrapped function where the product finds it."""
    *owners, name = point.path
    holder: Any = import_module(point.module)
    for owner in owners:
        holder = getattr(holder, owner)
    function = getattr(holder, name)
    wrapped = (
        wrap_items(function, killer)
        if inspect.isasyncgenfunction(function)
        else wrap_call(function, point.moment, killer)
    )
    setattr(holder, name, wrapped)


def main() -> None:
    """Work until the point is reached."""
    # The product is loaded as a whole first, so that nothing keeps the function as it was.
    import_module("tessera.worker")
    arm(EVERY_POINT[os.environ[POINT_VARIABLE]], Killer(int(os.environ[CALL_VARIABLE])))
    sys.argv = ["tessera worker"]
    import_module("tessera.worker").main()


if __name__ == "__main__":
    main()
