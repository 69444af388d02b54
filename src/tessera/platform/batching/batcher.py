"""Collects what many callers hand in, and flushes it in groups, with one result or error for all callers of a group."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Waiting(Generic[T, R]):
    """What one caller handed in, and when."""

    item: T
    weight: int
    since: float
    result: asyncio.Future[R]


class Batcher(Generic[T, R]):
    """Callers wait until the group that their item went with is flushed; what comes meanwhile goes with the next one.

    A group is flushed when its first item has waited `seconds`, or when items of the weight `enough` are there; it is
    kept below the weight `most`, but has at least one item. At most `at_once` flushes are under way.
    """

    def __init__(
        self,
        flush: Callable[[Sequence[T]], Awaitable[R]],
        *,
        seconds: float = 0.0,
        enough: int = 1,
        most: float = float("inf"),
        at_once: int = 1,
    ) -> None:
        self._flush = flush
        self._seconds = seconds
        self._enough = enough
        self._most = most
        self._at_once = at_once
        self._waiting: list[Waiting[T, R]] = []
        self._weight = 0
        self._full = asyncio.Event()
        self._under_way: list[asyncio.Task[None]] = []

    async def submit(self, item: T, weight: int = 1) -> R:
        """Return what came of the group that the item went with."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[R] = loop.create_future()
        self._waiting.append(Waiting(item, weight, loop.time(), result))
        self._weight += weight
        if self._weight >= self._enough:
            self._full.set()
        # By their state, not by a callback: a caller that a flush has just answered runs before its task's callbacks.
        self._under_way = [task for task in self._under_way if not task.done()]
        if len(self._under_way) < self._at_once:
            self._under_way.append(asyncio.create_task(self._work()))
        return await result

    async def finish(self) -> None:
        """Wait until everything handed in is flushed, or could not be."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def close(self) -> None:
        """Break off what is under way; callers that still wait are cancelled."""
        for task in self._under_way:
            task.cancel()
        await self.finish()
        for each in self._waiting:
            each.result.cancel()
        self._waiting.clear()

    async def _work(self) -> None:
        while self._waiting:
            await self._gather()
            if group := self._take():
                await self._flush_group(group)

    async def _gather(self) -> None:
        left = self._waiting[0].since + self._seconds - asyncio.get_running_loop().time()
        if left > 0 and not self._full.is_set():
            # Not wait_for: before Python 3.12 it can swallow a cancellation that comes with the outcome.
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._full.wait()

    def _take(self) -> list[Waiting[T, R]]:
        count = weight = 0
        for each in self._waiting:
            if count and weight + each.weight > self._most:
                break
            count += 1
            weight += each.weight
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        self._weight -= weight
        if self._weight < self._enough:
            self._full.clear()
        return group

    async def _flush_group(self, group: Sequence[Waiting[T, R]]) -> None:
        try:
            result = await self._flush([each.item for each in group])
        except Exception as error:
            for each in group:
                if not each.result.done():
                    each.result.set_exception(error)
        except BaseException:
            for each in group:
                each.result.cancel()
            raise
        else:
            for each in group:
                if not each.result.done():
                    each.result.set_result(result)
