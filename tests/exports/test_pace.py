"""How fast a receiver is called."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from tessera.exports.execution.pace import Pace
from tests.builders.loops import TimelessLoop


def make_pace(concurrency: int = 2, per_second: float | None = None) -> Pace:
    return Pace(concurrency, per_second, time.monotonic)


def start_turns(
    weights: list[int], per_second: float | None, change: Callable[[Pace], None] = lambda _: None
) -> list[float]:
    """Return when each turn starts, by a clock that jumps to the next moment somebody waits for."""

    async def take_turns() -> list[float]:
        clock = asyncio.get_running_loop().time
        pace, starts = Pace(10, per_second, clock), []
        change(pace)

        async def take(weight: int) -> None:
            async with pace.turn(weight=weight):
                starts.append(round(clock(), 6))

        await asyncio.gather(*(take(weight) for weight in weights))
        return starts

    return run_timeless(take_turns())


def run_timeless(work: Coroutine[Any, Any, list[float]]) -> list[float]:
    """Run without waiting."""
    with asyncio.Runner(loop_factory=TimelessLoop) as runner:
        return runner.run(work)


async def take_turn(pace: Pace, seconds: float = 0.01) -> None:
    async with pace.turn():
        await asyncio.sleep(seconds)


async def test_no_more_than_limit_in_flight() -> None:
    pace, most = make_pace(3), 0

    async def watch() -> None:
        nonlocal most
        async with pace.turn():
            most = max(most, pace.in_flight)
            await asyncio.sleep(0.005)

    await asyncio.gather(*(watch() for _ in range(12)))
    assert most == 3
    assert pace.in_flight == 0


async def test_turns_come_in_order() -> None:
    pace, order = make_pace(1), []

    async def note(number: int) -> None:
        async with pace.turn():
            order.append(number)

    await asyncio.gather(*(note(number) for number in range(8)))
    assert order == list(range(8))


async def test_lower_ranks_go_first() -> None:
    pace, order = make_pace(1), []

    async def note(rank: int) -> None:
        async with pace.turn(rank):
            order.append(rank)
            await asyncio.sleep(0)

    await asyncio.gather(*(note(rank) for rank in (5, 9, 1, 7, 3)))
    assert order == [5, 1, 3, 7, 9]


def test_hold_delays_everybody() -> None:
    assert start_turns([1, 1, 1], None) == [0, 0, 0]
    assert start_turns([1, 1, 1], None, lambda pace: pace.hold(30)) == [30, 30, 30]


async def test_slowing_down_halves_to_one_and_grows_back() -> None:
    pace = make_pace(8)
    for expected in (4, 2, 1, 1):
        pace.slow_down()
        assert pace.limit == expected
    for _ in range(20):
        pace.note_success()
    assert pace.limit == 2
    for _ in range(20 * 10):
        pace.note_success()
    assert pace.limit == 8


async def test_cancelled_waiter_gives_its_place_on() -> None:
    pace = make_pace(1)
    first = asyncio.create_task(take_turn(pace, 0.05))
    await asyncio.sleep(0.01)
    second = asyncio.create_task(take_turn(pace))
    third = asyncio.create_task(take_turn(pace))
    await asyncio.sleep(0.01)
    second.cancel()
    await asyncio.gather(first, third)
    assert pace.in_flight == 0


def test_rate_spreads_starts() -> None:
    assert start_turns([1] * 6, 50) == [0, 0.02, 0.04, 0.06, 0.08, 0.1]


def test_weight_counts_against_the_rate() -> None:
    assert start_turns([10, 10, 1, 1], 100) == [0, 0.1, 0.2, 0.21]


async def test_eased_rate_grows_back() -> None:
    pace = make_pace(4, per_second=100)
    pace.ease(0.5)
    pace.ease(0.9)
    assert (pace.share, pace.limit) == (0.5, 4)
    for _ in range(20):
        pace.note_success()
    assert pace.share == pytest.approx(0.55)
    for _ in range(20 * 20):
        pace.note_success()
    assert (pace.share, pace.limit) == (1, 4)


def test_eased_rate_spreads_starts() -> None:
    assert start_turns([1] * 4, 100, lambda pace: pace.ease(0.25)) == [0, 0.04, 0.08, 0.12]
