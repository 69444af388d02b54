"""No sliding window ever holds more than is allowed, whatever workers, demands, delays and crashes there are."""

import asyncio
from bisect import bisect_left
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.builders.paces import Table, crash, join, make_pace, run_timeless

from tessera.connectors.paces.limits import PaceLimits
from tessera.connectors.paces.pace import Pace

# What the network may delay one request more than another, and the way of a question and of its answer.
JITTER, WAYS = 0.008, 0.002
# Simulated, not waited for.
LONGEST_SECONDS = 100.0


@dataclass(frozen=True)
class Demand:
    """A worker that has requests to send: from when on, how many, how long each takes, and when it crashes."""

    begin: float
    requests: int
    seconds: float
    crash_after: float | None = None


class Receiver:
    """Notes when requests arrive, and how many are in flight."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.arrivals: list[float] = []
        self.in_flight = 0
        self.peak = 0

    async def serve(self, seconds: float) -> None:
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            await asyncio.sleep(self.random.uniform(0, JITTER))
            self.arrivals.append(asyncio.get_running_loop().time())
            await asyncio.sleep(seconds)
        finally:
            self.in_flight -= 1

    def most_within(self, seconds: float) -> int:
        """Return the most arrivals of any half-open window of this length."""
        times = sorted(self.arrivals)
        return max((bisect_left(times, start + seconds) - at for at, start in enumerate(times)), default=0)


async def work(table: Table, limits: PaceLimits, demand: Demand, name: str, receiver: Receiver) -> None:
    """Send like a run: some requests wait while others are in flight."""
    await asyncio.sleep(demand.begin)
    way = receiver.random.uniform(0, WAYS)
    pace = make_pace(table, limits, worker=name, way=way, back=WAYS - way)
    sending = asyncio.create_task(send_all(pace, demand, receiver))
    if demand.crash_after is None:
        await sending
        return
    await asyncio.wait([sending], timeout=demand.crash_after)
    if not sending.done():
        crash(table, name)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def send_all(pace: Pace, demand: Demand, receiver: Receiver) -> None:
    run = await join(pace)
    backlog = asyncio.Semaphore(2 * pace.most)

    async def send(rank: int) -> None:
        async with run.turn(rank):
            await receiver.serve(demand.seconds)
        backlog.release()

    async with asyncio.TaskGroup() as tasks:
        for rank in range(demand.requests):
            await backlog.acquire()
            tasks.create_task(send(rank))
    pace.leave(pace.members[0])
    await pace.close()


def simulate(limits: PaceLimits, demands: list[Demand], seed: int = 1) -> Receiver:
    async def run() -> Receiver:
        table, receiver = Table(), Receiver(seed)
        works = [
            asyncio.create_task(work(table, limits, demand, f"w{at}", receiver)) for at, demand in enumerate(demands)
        ]
        _, late = await asyncio.wait(works, timeout=LONGEST_SECONDS)
        for each in late:
            each.cancel()
        await asyncio.gather(*works, return_exceptions=bool(late))
        return receiver

    return run_timeless(run)


DEMANDS = st.lists(
    st.builds(
        Demand,
        begin=st.floats(0, 8),
        requests=st.integers(1, 100),
        seconds=st.floats(0.001, 1.5),
        crash_after=st.none() | st.floats(0.01, 6),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    concurrency=st.integers(1, 40),
    per_second=st.none() | st.integers(1, 80),
    per_minute=st.none() | st.integers(5, 3000),
    demands=DEMANDS,
    seed=st.integers(0, 10_000),
)
def test_no_window_is_exceeded(
    concurrency: int, per_second: int | None, per_minute: int | None, demands: list[Demand], seed: int
) -> None:
    receiver = simulate(PaceLimits(concurrency, per_second, per_minute), demands, seed)
    assert receiver.peak <= concurrency
    assert per_second is None or receiver.most_within(1) <= per_second
    assert per_minute is None or receiver.most_within(60) <= per_minute


@pytest.mark.parametrize(
    ("limits", "rate", "least"),
    [
        (PaceLimits(16, per_second=50), 50 * 0.98, 0.985),
        (PaceLimits(16, per_second=50, per_minute=2000), 2000 / 60.3, 0.985),
        # The places bind too: some of a slice passes while all of a worker's are taken.
        (PaceLimits(16, per_second=400), 400 * 0.98, 0.9),
        (PaceLimits(4, per_second=5), 5 * 0.98, 0.985),
        (PaceLimits(8, per_minute=120), 120 / 60.3, 0.985),
    ],
    ids=["second", "both", "fast", "slow", "minute"],
)
def test_rate_is_used_up_by_unequal_workers(limits: PaceLimits, rate: float, least: float) -> None:
    """Three workers: two that could fill the rate alone, and one that sends a little now and then."""
    enough = int(rate * 20)
    demands = [Demand(0, enough, 0.02), Demand(0.3, enough // 3, 0.02), Demand(0.1, enough // 20, 0.3)]
    receiver = simulate(limits, demands)
    span = max(receiver.arrivals) - min(receiver.arrivals)
    assert least * rate <= (len(receiver.arrivals) - 1) / span <= 1.01 * rate


def test_places_are_used_up_by_unequal_workers() -> None:
    """The first worker holds all places when the others come."""
    demands = [Demand(0, 1600, 0.1), Demand(0.5, 1600, 0.1), Demand(0.7, 400, 0.1)]
    receiver = simulate(PaceLimits(16), demands)
    assert receiver.peak == 16
    assert max(receiver.arrivals) <= 3600 * 0.104 / 16 * 1.03
