"""An event loop for which no time passes: it never sleeps, its clock jumps to the next timer."""

import asyncio
from typing import Any


class TimelessLoop(asyncio.SelectorEventLoop):
    """Runs what is due, and when nothing is, the next timer at once. Nothing in it may wait for the outside world."""

    _ready: Any
    _scheduled: Any

    def __init__(self) -> None:
        super().__init__()
        self._moment = 0.0

    def time(self) -> float:
        """Return the moment of the last timer."""
        return self._moment

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:
            self._moment = max(self._moment, self._scheduled[0].when())
        super()._run_once()  # type: ignore[misc]
