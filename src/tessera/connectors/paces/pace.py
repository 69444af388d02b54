"""How fast one profile is called from this process: whose request starts, when, and when none does."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from tessera.connectors.paces.breaker import Breaker
from tessera.connectors.paces.ledger import Ledger
from tessera.connectors.paces.limits import PaceLimits
from tessera.connectors.paces.part import Part
from tessera.connectors.paces.queue import FairQueue, Flow
from tessera.connectors.paces.shares import Ask, PaceState, Slice
from tessera.connectors.paces.waits import WaitLog, WaitPeriod, WaitReason
from tessera.platform.http import RateLimit

logger = logging.getLogger(__name__)

GROW_AFTER = 20
GROW_SHARE = 0.05
# Nobody waits longer than this for a receiver that asks for it: the run ends and says so.
LONGEST_WAIT = 15 * 60.0
# A receiver that asks for years has made a mistake.
LONGEST_HOLD = 24 * 3600.0
# All that is in flight may be refused, one answer after the other: so much more is shared with the first, once.
HOLD_EXTRA = 0.1
# How much of the schedule a worker takes at once: alone, and for each of its definitions where others want some too.
SLICE_ALONE_SECONDS, SLICE_SHARED_SECONDS = 1.0, 0.5
TICK_SECONDS = 1.0

Place = asyncio.Future[bool]
Obstacle = tuple[WaitReason, float | None]
Observer = Callable[[WaitPeriod], None]
OnClosed = Callable[[WaitReason, float], None]


@dataclass(eq=False, slots=True)
class Member:
    """A run that takes part: its requests, who hears of its waits, and who ends it when waiting is in vain."""

    flow: Flow[Place]
    observer: Observer | None = None
    on_closed: list[OnClosed] = field(default_factory=list)


class Pace:
    """Gives places to the requests of all runs in this process. Times are those of a monotonic clock, in seconds."""

    def __init__(self, limits: PaceLimits, ledger: Ledger, clock: Callable[[], float]) -> None:
        self.limits = limits
        self.limit = limits.concurrency
        self.in_flight = 0
        self.closed_until = 0.0
        self.share = 1.0
        self.part = Part(ledger, clock=clock, describe=self._describe, apply=self._follow)
        self.breaker = Breaker()
        self.members: list[Member] = []
        self._queue: FairQueue[Place] = FairQueue(Place.done)
        self._clock = clock
        self._hold_reason = WaitReason.RETRY_AFTER
        self._shared_until = 0.0
        self._allowed: tuple[int, float] | None = None
        self._successes = 0
        self._may_probe = False
        self._timer: asyncio.TimerHandle | None = None
        self._waits = WaitLog()
        self._blocked: tuple[WaitReason, float] | None = None
        self._sharing: set[asyncio.Task[None]] = set()
        self._ticking: asyncio.Task[None] | None = None

    @property
    def most(self) -> int:
        """How many requests may be in flight at most, over all workers."""
        return self.limits.concurrency

    @property
    def places(self) -> int:
        """How many of them may be in flight here now."""
        return min(self.limit, self.part.places)

    def adopt(self, limits: PaceLimits) -> None:
        """Go by the limits of a profile that was changed meanwhile."""
        if limits.concurrency != self.limits.concurrency:
            self.limit = limits.concurrency
        self.limits = limits

    async def join(self, definition_id: UUID, *, most: int, weight: int, observer: Observer | None) -> Member:
        """Let a run take part."""
        member = Member(Flow(definition_id, most, weight), observer)
        self._queue.join(member.flow)
        self.members.append(member)
        try:
            await self.part.ask()
        except BaseException:
            self._forget(member)
            raise
        if self._ticking is None:
            self._ticking = asyncio.create_task(self._tick())
        return member

    def leave(self, member: Member) -> None:
        """End a run's part; the registry closes a pace that no run uses."""
        if member in self.members:
            self._forget(member)
            self.admit()

    async def close(self) -> None:
        """Stop what works in the background, and give back what is held."""
        await asyncio.gather(*self._sharing)
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None
        if self._timer is not None:
            self._timer.cancel()
        self._emit(self._waits.end())
        await self.part.close()

    async def enter(self, flow: Flow[Place], rank: int, weight: int) -> bool:
        """Wait for a place and for the moment; return whether the request is a probe."""
        place: Place = asyncio.get_running_loop().create_future()
        self._queue.push(flow, rank, weight, place)
        self.admit()
        try:
            return await place
        except asyncio.CancelledError:
            # The place may have been given in the same moment: hand it on, or it is lost for good.
            if place.done() and not place.cancelled():
                self.give_back(flow, probe=place.result())
            else:
                self._queue.remove(flow, place)
                self.admit()
            raise

    def give_back(self, flow: Flow[Place], *, probe: bool) -> None:
        """Take a place back at the end of a request."""
        if probe and self.breaker.probing:
            # It was broken off: nobody knows more than before.
            self.note_failure(final=False)
        flow.in_flight -= 1
        self.in_flight -= 1
        self._hand_on()
        self.admit()

    def hold(self, seconds: float, reason: WaitReason = WaitReason.RETRY_AFTER) -> None:
        """Start nothing for that long, here or elsewhere: the receiver asked for it."""
        seconds = min(seconds, LONGEST_HOLD)
        if self._close_until(self._clock() + seconds, reason) and self.closed_until > self._shared_until:
            self._shared_until = self.closed_until + HOLD_EXTRA
            self._share(self.part.ledger.hold(seconds + HOLD_EXTRA, reason))

    def note_rate_limit(self, given: RateLimit) -> None:
        """Start no more than the receiver says it takes, until its limit starts again."""
        if not 0 < given.seconds <= LONGEST_WAIT:
            return
        mine = given.remaining // self.part.workers
        if mine <= 0:
            self.hold(given.seconds, WaitReason.RATE_LIMIT_HEADER)
            return
        # What is in flight may not be counted yet; the request whose answer this is, is.
        allowed, until = max(0, mine - self.in_flight + 1), self._clock() + given.seconds
        if self._allowed is not None and abs(self._allowed[1] - until) < 1.0:
            allowed = min(allowed, self._allowed[0])
        self._allowed = (allowed, until)

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
        self.note_answer()
        if self.limit == self.most and self.share == 1:
            return
        self._successes += 1
        if self._successes >= GROW_AFTER:
            self._successes = 0
            self.share = min(1.0, self.share + GROW_SHARE)
            self.limit = min(self.most, self.limit + 1)
            self.admit()

    def note_answer(self) -> None:
        """Know that the receiver works, whatever it thinks of the request."""
        if self.breaker.note_answer():
            self._share(self.part.ledger.share_breaker(self.breaker))
            self.admit()

    def note_failure(self, *, final: bool) -> None:
        """Count a call that the receiver could not serve; `final` where its request will not be tried again."""
        if self.breaker.note_failure(self._clock(), final=final):
            self._share(self.part.ledger.share_breaker(self.breaker))
            self._end_if_given_up()

    def admit(self) -> None:
        """Start what may start, and see to being called again for the rest."""
        while len(self._queue):
            now = self._clock()
            obstacle = self._find_obstacle(now)
            flow = self._queue.next_flow(self.places) if obstacle is None else None
            if obstacle is None and flow is None:
                obstacle = (WaitReason.CONCURRENCY, None)
            if obstacle is None and flow is not None and self.limits.limits_rate:
                obstacle = self._find_rate_obstacle(flow, now)
            if obstacle is not None:
                self._block(obstacle, now)
                return
            assert flow is not None
            self._start(flow, now)

    def _start(self, flow: Flow[Place], now: float) -> None:
        if self._blocked is not None:
            reason, since = self._blocked
            self._blocked = None
            self._note_wait(reason, since, now)
        if self.limits.limits_rate:
            cost, by_schedule = self._cost_of(flow), self.part.schedule_now(now)
            moment = self.part.schedule.next_start(cost, by_schedule, self.limits.lateness)
            assert moment is not None
            self.part.schedule.take(moment, cost)
        if self._allowed is not None:
            self._allowed = (self._allowed[0] - 1, self._allowed[1])
        probe, self._may_probe = self._may_probe, False
        self.breaker.probing = self.breaker.probing or probe
        self.in_flight += 1
        self._queue.pop(flow).set_result(probe)

    def _find_obstacle(self, now: float) -> Obstacle | None:
        if now < self.closed_until:
            return self._hold_reason, self.closed_until
        if self._allowed is not None and self._allowed[0] <= 0:
            if now < self._allowed[1]:
                return WaitReason.RATE_LIMIT_HEADER, self._allowed[1]
            self._allowed = None
        if self.breaker.probe_at is not None and not self._may_probe:
            return self._find_breaker_obstacle(now, self.breaker.probe_at)
        if self.in_flight >= self.places or not self.part.is_usable(now):
            return WaitReason.CONCURRENCY, None
        return None

    def _find_breaker_obstacle(self, now: float, probe_at: float) -> Obstacle:
        if self.breaker.probing:
            return WaitReason.BREAKER, None
        if now < probe_at:
            return WaitReason.BREAKER, probe_at
        # A worker that loses hears of the winner's outcome, or looks again after a while.
        self.breaker.probe_at = now + TICK_SECONDS
        self._share(self._claim_probe())
        return WaitReason.BREAKER, self.breaker.probe_at

    def _find_rate_obstacle(self, flow: Flow[Place], now: float) -> Obstacle | None:
        schedule, by_schedule = self.part.schedule, self.part.schedule_now(now)
        moment = schedule.next_start(self._cost_of(flow), by_schedule, self.limits.lateness)
        if moment is None and now < self.part.ask_after:
            return WaitReason.RATE, self.part.ask_after
        short = moment is None or schedule.left(by_schedule) < self._slice_seconds() / 2
        if short and now >= self.part.ask_after:
            self.part.ask_soon()
        if moment is None:
            return WaitReason.RATE, None
        return (WaitReason.RATE, self.part.ledger.clock.to_local(moment)) if moment > by_schedule else None

    def _slice_seconds(self) -> float:
        """Return how much of the schedule this worker can make use of."""
        if self.part.workers == 1:
            return SLICE_ALONE_SECONDS
        # A slice is used up as fast as the profile allows, so with no more requests than there are places here.
        next_ones = islice(self._queue.waiting_weights(), max(1, self.places))
        useful = sum(map(self.limits.cost, next_ones)) / self.share
        return min(useful, SLICE_SHARED_SECONDS * self._queue.definitions)

    def _cost_of(self, flow: Flow[Place]) -> float:
        return self.limits.cost(flow.waiting[0][2]) / self.share

    def _describe(self) -> Ask:
        now, queue = self._clock(), self._queue
        # What may be in flight before the answer is here: nobody else may have those places yet.
        kept = max(self.in_flight, self.part.places if self.part.is_usable(now) else 0)
        mine = Slice(self.part.ledger.worker, kept, self._wanted(), queue.definitions)
        flow = queue.next_flow(self.places) if self.limits.limits_rate and now >= self.closed_until else None
        if flow is None or self.breaker.open:
            return Ask(mine, self.limits)
        left = self.part.schedule.left(self.part.schedule_now(now))
        return Ask(mine, self.limits, max(0.0, self._slice_seconds() - left), self._cost_of(flow))

    def _wanted(self) -> int:
        """Return how many places this worker could use; alone, it keeps all of them at hand."""
        if self.part.workers == 1:
            return self.most
        return max(1, min(self.most, sum(flow.peak for flow in self._queue.flows)))

    def _hand_on(self) -> None:
        """Give back places that others are to have, as soon as they are free."""
        if self.part.declared > max(self.part.places, self.in_flight):
            self.part.ask_soon()

    def _follow(self, state: PaceState) -> None:
        """Take over what all workers share."""
        to_local = self.part.ledger.clock.to_local
        self._close_until(to_local(state.held_until), WaitReason(state.hold_reason or WaitReason.RETRY_AFTER))
        if not self._sharing:
            failed_before = self.breaker.failed_probes
            self.breaker.follow(None if state.probe_at is None else to_local(state.probe_at), state.failed_probes)
            if self.breaker.failed_probes > failed_before:
                self._end_if_given_up()
        self._hand_on()
        self.admit()

    def _close_until(self, moment: float, reason: WaitReason) -> bool:
        now = self._clock()
        if moment <= max(now, self.closed_until):
            return False
        self.closed_until, self._hold_reason = moment, reason
        if moment - now > LONGEST_WAIT:
            self._call_closed(reason, moment - now)
        return True

    def _end_if_given_up(self) -> None:
        if self.breaker.given_up:
            self._call_closed(WaitReason.BREAKER, 0.0)

    def _call_closed(self, reason: WaitReason, seconds: float) -> None:
        for member in list(self.members):
            for call in member.on_closed:
                call(reason, seconds)

    def check_open(self, member: Member) -> None:
        """End a run that comes while the receiver is closed for longer than runs wait."""
        if (seconds := self.closed_until - self._clock()) > LONGEST_WAIT:
            for call in member.on_closed:
                call(self._hold_reason, seconds)

    def _block(self, obstacle: Obstacle, now: float) -> None:
        reason, until = obstacle
        if self._blocked is None or self._blocked[0] is not reason:
            if self._blocked is not None:
                self._note_wait(*self._blocked, now)
            self._blocked = (reason, now)
        if reason is WaitReason.CONCURRENCY and self._wanted() > self.part.wanted:
            self.part.ask_soon()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if until is not None:
            self._timer = asyncio.get_running_loop().call_later(max(0.0, until - now), self.admit)

    def _note_wait(self, reason: WaitReason, since: float, now: float) -> None:
        # All places taken is what a run at full speed looks like; that others have them, or a 429 took them, is news.
        if reason is not WaitReason.CONCURRENCY or self.places < self.most:
            self._emit(self._waits.note(reason, since, now))

    def _emit(self, periods: list[WaitPeriod]) -> None:
        for period in periods:
            for member in self.members:
                if member.observer is not None:
                    member.observer(period)

    def _forget(self, member: Member) -> None:
        self.members.remove(member)
        self._queue.flows.remove(member.flow)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(min(TICK_SECONDS, self.part.ledger.lease_seconds / 5))
            self._queue.begin_period()
            self.part.renew()
            self._emit(self._waits.end(before=self._clock() - TICK_SECONDS) if self._blocked is None else [])

    def _share(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._finish_sharing(work))
        self._sharing.add(task)
        task.add_done_callback(self._sharing.discard)

    async def _finish_sharing(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            logger.warning("a pace's change did not reach other workers", exc_info=True)

    async def _claim_probe(self) -> None:
        if await self.part.ledger.claim_probe():
            self._may_probe = True
            self.admit()
        else:
            self.part.ask_soon()
