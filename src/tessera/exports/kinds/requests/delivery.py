"""Sends the requests of a run's windows: every request is one task that tries, settles, waits and tries again."""

import asyncio
from collections.abc import Sequence
from functools import partial
from random import Random

from tessera.exports.kinds.requests import retries
from tessera.exports.kinds.requests.outcomes import (
    RECEIVER_DOWN,
    Judge,
    end_of_wait,
    is_served,
    judge_broken_off,
    judge_unsent,
)
from tessera.exports.kinds.requests.recorder import Recorder
from tessera.exports.kinds.requests.requests import OpenRequest, Settlement
from tessera.exports.kinds.requests.windows import WindowReader
from tessera.exports.results import COMPLETED, STOPPED, RunResult
from tessera.exports.states import RequestState
from tessera.outbound import Sender
from tessera.platform.batching import BoundedSender
from tessera.platform.paces import RunPace, WaitReason

# Requests that wait for their next try stay in memory with their bodies: this bounds them.
MOST_OPEN = 256
MOST_OPEN_BYTES = 16 * 1024 * 1024


class Delivery:
    """The sending phase of one run in one worker."""

    def __init__(
        self, reader: WindowReader, sender: Sender, recorder: Recorder, *, pace: RunPace, judge: Judge
    ) -> None:
        self._reader = reader
        self._sender = sender
        self._recorder = recorder
        self._pace = pace
        self._judge = judge
        self._random = Random()  # noqa: S311 - jitter, not a secret
        self._sending: BoundedSender[OpenRequest, None] = BoundedSender()
        self._unsent: dict[int, OpenRequest] = {}
        self._broken_off = False
        self._failures_in_a_row = 0
        self.ending: RunResult | None = None
        pace.when_closed(self._end_waiting)

    async def run(self, open_requests: Sequence[OpenRequest], *, first_row: int, last_row: int) -> RunResult:
        """Finish the open requests, then everything from `first_row` on; return how it ended."""
        for request in open_requests:
            self._launch(request, begun=False)
        async for window in self._reader.windows(first_row, last_row):
            await self._wait_for_room()
            if self.ending is not None:
                break
            await self._recorder.record_window(window)
            for request in window.requests:
                self._launch(request, begun=True)
        while self._sending.open:
            await self._wait_for_change()
        self._sending.raise_error()
        if self.ending is STOPPED:
            # The next worker must not take what only waited for its turn for sent.
            await asyncio.gather(*(self._recorder.settle(judge_unsent(each)) for each in self._unsent.values()))
        return self.ending or COMPLETED

    def end(self, ending: RunResult, *, within: float | None = None) -> None:
        """Start nothing more: calls under way are settled, whatever waits is left for good.

        With `within`, a call that takes more than so many seconds from now is broken off.
        """
        if self.ending is None:
            self.ending = ending
        self._sending.drop_waiting()
        self._sending.wake()
        if within is not None:
            asyncio.get_running_loop().call_later(within, self._break_off)

    def abandon(self) -> None:
        """Drop everything at once: the run is no longer ours, or the worker stops."""
        self._sending.drop()

    def _break_off(self) -> None:
        self._broken_off = True
        self._sending.drop_calls()

    def _launch(self, request: OpenRequest, *, begun: bool) -> None:
        if begun:
            self._unsent[request.number] = request
        if self.ending is not None:
            return
        self._sending.launch(
            request, partial(self._deliver, begun=begun), key=None, size=len(request.planned.body or b"")
        )

    async def _wait_for_room(self) -> None:
        # The next window is committed while half a round still waits for its turn, so that no place stays empty.
        while self.ending is None and (self._pace.queued > self._pace.most // 2 or self._is_full()):
            await self._wait_for_change()

    def _is_full(self) -> bool:
        return self._sending.open >= MOST_OPEN or self._sending.size >= MOST_OPEN_BYTES

    async def _wait_for_change(self) -> None:
        self._sending.expect_change()
        await self._sending.wait_for_change()

    async def _deliver(self, request: OpenRequest, *, begun: bool) -> None:
        while True:
            wait = await self._attempt(request, begun=begun)
            if wait is None or self.ending is not None:
                return
            begun = False
            await asyncio.sleep(wait)

    async def _attempt(self, request: OpenRequest, *, begun: bool) -> float | None:
        """Call once and settle; return the seconds until the next try, None when there is none."""
        # In row order: halves of a split request and further tries go before later rows, so that few are open at once.
        async with self._pace.turn(request.ordinals[0], request.planned.weight):
            self._sending.begin_call()
            self._unsent.pop(request.number, None)
            if not begun:
                # Not before its turn: whatever has begun counts as perhaps sent, should the worker die.
                request.attempts += 1
                await self._recorder.begin_again(request)
            settlement = await self._call(request)
            # Before the place is given back: the next in turn must feel it too.
            self._adjust_pace(settlement)
        try:
            children = await self._split(request) if settlement.state is RequestState.SPLIT else []
            await self._recorder.settle(settlement, children)
        finally:
            self._sending.end_call()
        for child in children:
            self._launch(child, begun=False)
        return self._follow_up(request, settlement)

    async def _call(self, request: OpenRequest) -> Settlement:
        try:
            return self._judge.judge(request, await self._sender.send(request.planned))
        except asyncio.CancelledError:
            # A run that has ended is not gone on with: the call that was broken off is settled here and now.
            if not self._broken_off or self.ending is STOPPED:
                raise
            if (task := asyncio.current_task()) is not None:
                task.uncancel()
            return judge_broken_off(request)

    async def _split(self, request: OpenRequest) -> list[OpenRequest]:
        """Plan the two halves of a request, so that one bad row does not sink its neighbours."""
        middle = len(request.ordinals) // 2
        halves = (request.ordinals[:middle], request.ordinals[middle:])
        planned = [await self._reader.plan_again(half, request.window_number) for half in halves]
        return [OpenRequest(half, request.window_number, parent=request.number) for half in planned]

    def _adjust_pace(self, settlement: Settlement) -> None:
        if settlement.share is not None:
            self._pace.ease(settlement.share)
        if settlement.slow_down:
            self._pace.slow_down()
        if settlement.hold is not None:
            self._pace.hold(settlement.hold)
        if settlement.rate_limit is not None:
            self._pace.note_rate_limit(settlement.rate_limit)
        if settlement.sent:
            self._pace.note_success()
        elif is_served(settlement):
            self._pace.note_answer()
        else:
            self._pace.note_failure(final=settlement.receiver_in_trouble)

    def _end_waiting(self, reason: WaitReason, seconds: float) -> None:
        """End a run whose receiver stays closed for longer than a run waits, whichever run found that out."""
        self.end(RECEIVER_DOWN if reason is WaitReason.BREAKER else end_of_wait(seconds))

    def _follow_up(self, request: OpenRequest, settlement: Settlement) -> float | None:
        """Let the run feel the outcome; return the seconds until the next try, None when there is none."""
        if settlement.ending is not None:
            self.end(settlement.ending)
            return None
        if settlement.state is RequestState.WAITING:
            return retries.choose_wait(request.attempts - request.lost, settlement.retry_after, self._random)
        self._count(settlement)
        return None

    def _count(self, settlement: Settlement) -> None:
        if settlement.sent:
            self._failures_in_a_row = 0
        elif settlement.receiver_in_trouble:
            self._failures_in_a_row += 1
            if self._failures_in_a_row >= retries.BROKEN_AFTER:
                self.end(RECEIVER_DOWN)
