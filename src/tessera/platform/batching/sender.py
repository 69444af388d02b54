"""Sending from many tasks at once: how many are open, which of them call just now, and how they stop."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Hashable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Open(Generic[T, K]):
    """What one task sends."""

    item: T
    key: K
    size: int


class BoundedSender(Generic[T, K]):
    """Tasks that each send one item. Open is what was launched and has not ended; it calls between two marks.

    Before it launches, a caller checks `open`, `held` and `size`, and waits for a change where that is too much. A task
    that ends is a change where `is_change` says so of the number of open tasks that its key has left; the first error
    always is one, and is raised where a change is waited for.
    """

    def __init__(self, is_change: Callable[[int], bool] = lambda _: True) -> None:
        self._is_change = is_change
        self._tasks: dict[asyncio.Task[None], Open[T, K]] = {}
        self._calling: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._error: BaseException | None = None
        self.held: Counter[K] = Counter()
        self.size = 0

    @property
    def open(self) -> int:
        """How many tasks have not ended."""
        return len(self._tasks)

    @property
    def is_calling(self) -> bool:
        """Whether a call is under way."""
        return bool(self._calling)

    def launch(self, item: T, send: Callable[[T], Coroutine[Any, Any, None]], *, key: K, size: int = 0) -> None:
        """Send the item in a task of its own."""
        task = asyncio.create_task(send(item))
        self._tasks[task] = Open(item, key, size)
        self.held[key] += 1
        self.size += size
        task.add_done_callback(self._forget)

    def begin_call(self) -> None:
        """Note that the current task begins what can be seen outside: from here on it is not dropped lightly."""
        task = asyncio.current_task()
        assert task is not None
        self._calling.add(task)

    def end_call(self) -> None:
        """Note that the outcome of the current task's call is committed."""
        self._calling.discard(asyncio.current_task())

    def expect_change(self) -> None:
        """Begin to look out for a change."""
        self._changed.clear()

    async def wait_for_change(self, seconds: float | None = None) -> None:
        """Wait for a change since the last `expect_change`, so many seconds at most; raise the first error."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        self.raise_error()

    async def wait_for_calls(self, seconds: float) -> None:
        """Wait for the calls under way, so many seconds at most."""
        if self._calling:
            await asyncio.wait(self._calling, timeout=seconds)

    def raise_error(self) -> None:
        """Raise the first error that a task ended with."""
        if self._error is not None:
            raise self._error

    def wake(self) -> None:
        """Let those that wait for a change check again."""
        self._changed.set()

    def drop_waiting(self) -> None:
        """Cancel every task that does not call."""
        for task in self._tasks.keys() - self._calling:
            task.cancel()

    def drop_calls(self) -> None:
        """Cancel every task that calls."""
        for task in self._calling:
            task.cancel()

    def drop(self) -> list[T]:
        """Cancel every task, and return what they send."""
        for task in self._tasks:
            task.cancel()
        return [each.item for each in self._tasks.values()]

    async def let_go(self) -> list[T]:
        """Cancel every task, wait for their ends, and forget their errors; return what had not ended."""
        tasks, items = list(self._tasks), self.drop()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._error = None
        return items

    def _forget(self, task: asyncio.Task[None]) -> None:
        ended = self._tasks.pop(task)
        self._calling.discard(task)
        self.size -= ended.size
        self.held[ended.key] -= 1
        left = self.held[ended.key]
        if not left:
            del self.held[ended.key]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._error = self._error or error
        if self._error is not None or self._is_change(left):
            self._changed.set()
