"""Paces of several workers in one process, by a clock that jumps: what they share lies in memory, decided as always."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from tests.builders.loops import TimelessLoop

from tessera.connectors.paces.breaker import PROBE_SECONDS, Breaker, pause_after
from tessera.connectors.paces.ledger import LEASE_SECONDS
from tessera.connectors.paces.limits import PaceLimits
from tessera.connectors.paces.pace import Observer, Pace
from tessera.connectors.paces.run_pace import RunPace
from tessera.connectors.paces.shares import Ask, Grant, PaceState, Slice, decide, give_back
from tessera.connectors.paces.waits import WaitReason
from tessera.platform.db import ClockOffset
from tessera.platform.ids import new_id

T = TypeVar("T")

# The database's clock is not ours.
AHEAD = 1_000_000.0


@dataclass
class Table:
    """What all workers of one profile share, and who hears of changes."""

    state: PaceState = field(default_factory=PaceState)
    slices: dict[str, tuple[Slice, float]] = field(default_factory=dict)
    paces: dict[str, Pace] = field(default_factory=dict)
    asked: int = 0
    holds: int = 0

    def wake(self, worker: str) -> None:
        """Have all but one ask again."""
        for name, pace in self.paces.items():
            if name != worker:
                pace.part.ask_soon()


@dataclass
class MemoryLedger:
    """One worker's way to the table; questions take `way` seconds there and `way_back` back."""

    table: Table
    worker: str
    way: float = 0.0
    way_back: float = 0.0
    clock: ClockOffset = field(default_factory=ClockOffset)
    lease_seconds: float = LEASE_SECONDS

    @property
    def now(self) -> float:
        """The moment by the table's clock."""
        return asyncio.get_running_loop().time() + AHEAD

    async def ask(self, ask: Ask) -> tuple[PaceState, Grant]:
        """Decide as the database's ledger does."""
        sent, table = asyncio.get_running_loop().time(), self.table
        await asyncio.sleep(self.way)
        table.asked += 1
        now = self.now
        living = {name: each for name, (each, until) in table.slices.items() if until > now}
        held = living[self.worker].places if self.worker in living else 0
        others = [each for name, each in living.items() if name != self.worker]
        table.state, grant = decide(table.state, others, ask, now=now, held=held)
        table.slices[self.worker] = (replace(ask.slice, places=grant.declared), now + self.lease_seconds)
        state = table.state
        if grant.wakes:
            table.wake(self.worker)
        await asyncio.sleep(self.way_back)
        self.clock.note(sent, now, asyncio.get_running_loop().time())
        return state, grant

    async def hold(self, seconds: float, reason: WaitReason) -> None:
        """Have nobody call for so long."""
        await asyncio.sleep(self.way)
        self.table.holds += 1
        until = max(self.table.state.held_until, self.now + seconds)
        self.table.state = replace(self.table.state, held_until=until, hold_reason=reason.value)
        self.table.wake(self.worker)

    async def share_breaker(self, breaker: Breaker) -> None:
        """Have the others know of the breaker."""
        await asyncio.sleep(self.way)
        failed = breaker.failed_probes
        probe_at = self.now + pause_after(failed) if breaker.open else None
        self.table.state = replace(self.table.state, probe_at=probe_at, failed_probes=failed)
        self.table.wake(self.worker)

    async def claim_probe(self) -> bool:
        """Take the right to the probe that is due."""
        await asyncio.sleep(self.way)
        probe_at = self.table.state.probe_at
        if probe_at is None or probe_at > self.now + 1e-6:
            return False
        self.table.state = replace(self.table.state, probe_at=self.now + PROBE_SECONDS)
        return True

    async def leave(self, unused: tuple[float, float] | None) -> None:
        """Give everything back."""
        self.table.state = give_back(self.table.state, unused, self.now)
        self.table.slices.pop(self.worker, None)
        self.table.wake(self.worker)


def make_pace(table: Table, limits: PaceLimits, *, worker: str = "one", way: float = 0.0, back: float = 0.0) -> Pace:
    """Return a worker's pace; inside a running loop."""
    clock = asyncio.get_running_loop().time
    pace = table.paces[worker] = Pace(limits, MemoryLedger(table, worker, way, back), clock)
    return pace


async def join(pace: Pace, *, most: int = 256, weight: int = 1, observer: Observer | None = None) -> RunPace:
    """Let a run of a new definition take part."""
    most = min(most, pace.most)
    return RunPace(pace, await pace.join(new_id(), most=most, weight=weight, observer=observer))


def crash(table: Table, worker: str) -> None:
    """Let a worker vanish: it gives nothing back, and hears nothing any more."""
    pace = table.paces.pop(worker)
    for task in (pace._ticking, pace.part._asking):
        if task is not None:
            task.cancel()
    if pace._timer is not None:
        pace._timer.cancel()
    pace.closed_until = float("inf")


def run_timeless(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run without waiting."""
    with asyncio.Runner(loop_factory=TimelessLoop) as runner:
        return runner.run(work())
