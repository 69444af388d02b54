"""How fast one outside system is called: how many at once, how many a second, and when not at all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count

GROW_AFTER = 20
GROW_SHARE = 0.05


class Pace:
    """Lets callers take turns, the lowest rank first. Times are those of a monotonic clock, in seconds."""

    def __init__(self, concurrency: int, per_second: float | None, clock: Callable[[], float]) -> None:
        self.most = concurrency
        self.limit = concurrency
        self.in_flight = 0
        self.closed_until = 0.0
        self.share = 1.0
        self._gap = 1 / per_second if per_second else 0.0
        self._next_start = 0.0
        self._clock = clock
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._arrivals = count()
        self._successes = 0

    @property
    def queued(self) -> int:
        """How many wait for a place."""
        return len(self._waiting)

    @asynccontextmanager
    async def turn(self, rank: int = 0, weight: int = 1) -> AsyncIterator[None]:
        """Wait for a place, then for the moment; give the place back at the end. Equal ranks go as they came.

        The weight is what the turn counts against the rate.
        """
        await self._enter(rank)
        try:
            await self._wait_for_moment(weight)
            yield
        finally:
            self.in_flight -= 1
            self._admit()

    def hold(self, seconds: float) -> None:
        """Start nothing for that long: the receiver asked for it."""
        self.closed_until = max(self.closed_until, self._clock() + seconds)

    def slow_down(self) -> None:
        """Halve what may be in flight."""
        self.limit = max(1, self.limit // 2)
        self._successes = 0

    def ease(self, share: float) -> None:
        """Go on with no more than this share of the rate."""
        self.share = min(self.share, share)
        self._successes = 0

    def note_success(self) -> None:
        """Let one more in flight, and a little more of the rate be used, after every twenty successes."""
        if self.limit == self.most and self.share == 1:
            return
        self._successes += 1
        if self._successes >= GROW_AFTER:
            self._successes = 0
            self.share = min(1.0, self.share + GROW_SHARE)
            self.limit = min(self.most, self.limit + 1)
            self._admit()

    async def _enter(self, rank: int) -> None:
        if self.in_flight < self.limit and not self._waiting:
            self.in_flight += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (rank, next(self._arrivals), place))
        try:
            await place
        except asyncio.CancelledError:
            # The place may have been given in the same moment: hand it on, or it is lost for good.
            if place.done() and not place.cancelled():
                self.in_flight -= 1
                self._admit()
            raise

    def _admit(self) -> None:
        while self._waiting and self.in_flight < self.limit:
            _, _, place = heappop(self._waiting)
            if not place.done():
                self.in_flight += 1
                place.set_result(None)

    async def _wait_for_moment(self, weight: int) -> None:
        # The moment can move while we wait, so it is looked at again.
        while (wait := max(self.closed_until, self._next_start) - self._clock()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(wait)
        if self._gap:
            self._next_start = max(self._clock(), self._next_start) + self._gap * weight / self.share
