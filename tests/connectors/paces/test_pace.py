"""How fast a receiver is called from one process."""

import asyncio
from collections.abc import Callable

import pytest
from tests.builders.paces import AHEAD, Table, join, make_pace, run_timeless

from tessera.connectors.paces.limits import PaceLimits
from tessera.connectors.paces.run_pace import RunPace
from tessera.connectors.paces.waits import WaitPeriod, WaitReason
from tessera.platform.http import RateLimit


async def open_run(concurrency: int = 2, per_second: int | None = None, per_minute: int | None = None) -> RunPace:
    return await join(make_pace(Table(), PaceLimits(concurrency, per_second, per_minute)))


def start_turns(
    weights: list[int], per_second: int | None, change: Callable[[RunPace], None] = lambda _: None
) -> list[float]:
    """Return when each turn starts, by a clock that jumps to the next moment somebody waits for."""

    async def take_turns() -> list[float]:
        clock = asyncio.get_running_loop().time
        pace, starts = await open_run(100, per_second), list[float]()
        change(pace)

        async def take(weight: int) -> None:
            async with pace.turn(weight=weight):
                starts.append(round(clock(), 6))

        await asyncio.gather(*(take(weight) for weight in weights))
        return starts

    return run_timeless(take_turns)


async def take_turn(pace: RunPace, seconds: float = 0.01) -> None:
    async with pace.turn():
        await asyncio.sleep(seconds)


async def test_no_more_than_limit_in_flight() -> None:
    pace, most = await open_run(3), 0

    async def watch() -> None:
        nonlocal most
        async with pace.turn():
            most = max(most, pace.in_flight)
            await asyncio.sleep(0.005)

    await asyncio.gather(*(watch() for _ in range(12)))
    assert most == 3
    assert pace.in_flight == 0


async def test_turns_come_in_order() -> None:
    pace, order = await open_run(1), []

    async def note(number: int) -> None:
        async with pace.turn():
            order.append(number)

    await asyncio.gather(*(note(number) for number in range(8)))
    assert order == list(range(8))


async def test_lower_ranks_go_first() -> None:
    pace, order = await open_run(1), []

    async def note(rank: int) -> None:
        async with pace.turn(rank):
            order.append(rank)
            await asyncio.sleep(0)

    await asyncio.gather(*(note(rank) for rank in (5, 9, 1, 7, 3)))
    assert order == [5, 1, 3, 7, 9]


def test_hold_delays_everybody() -> None:
    assert start_turns([1, 1, 1], None) == [0, 0, 0]
    assert start_turns([1, 1, 1], None, lambda pace: pace.hold(30)) == pytest.approx([30.1] * 3, abs=0.1)


async def test_slowing_down_halves_to_one_and_grows_back() -> None:
    pace = await open_run(8)
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
    pace = await open_run(1)
    first = asyncio.create_task(take_turn(pace, 0.05))
    await asyncio.sleep(0.01)
    second = asyncio.create_task(take_turn(pace))
    third = asyncio.create_task(take_turn(pace))
    await asyncio.sleep(0.01)
    second.cancel()
    await asyncio.gather(first, third)
    assert (pace.in_flight, pace.queued) == (0, 0)


async def test_place_given_to_a_cancelled_waiter_is_not_lost() -> None:
    pace = await open_run(1)
    first = asyncio.create_task(take_turn(pace))
    await asyncio.sleep(0)
    second = asyncio.create_task(take_turn(pace))
    await asyncio.sleep(0)
    first.cancel()
    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    await take_turn(pace)
    assert (pace.in_flight, pace.queued) == (0, 0)


def test_rate_spreads_starts() -> None:
    assert start_turns([1] * 6, 50) == [0, 0.0204, 0.0408, 0.0612, 0.0816, 0.102]


def test_weight_counts_against_the_rate() -> None:
    assert start_turns([10, 10, 1, 1], 100) == [0, 0.102, 0.204, 0.2142]


def test_weight_that_does_not_divide_the_rate_keeps_it() -> None:
    assert start_turns([40] * 4, 100) == [0, 0.51, 1.02, 1.53]


async def test_eased_rate_grows_back() -> None:
    pace = await open_run(4, per_second=100)
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
    assert start_turns([1] * 4, 100, lambda pace: pace.ease(0.25)) == [0, 0.0408, 0.0816, 0.1224]


def test_remaining_requests_start_and_no_more() -> None:
    said = RateLimit(remaining=2, seconds=30)
    # The turn whose answer said so is over; of those that follow two are left.
    assert start_turns([1] * 4, None, lambda pace: pace.note_rate_limit(said))[3:] == [30]


def test_nothing_starts_when_nothing_remains() -> None:
    starts = start_turns([1, 1], None, lambda pace: pace.note_rate_limit(RateLimit(0, 12)))
    assert starts == pytest.approx([12.1] * 2, abs=0.1)


def test_alone_and_unlimited_asks_once_in_three_seconds() -> None:
    async def send() -> tuple[int, float]:
        table = Table()
        pace = await join(make_pace(table, PaceLimits(32)))
        for _ in range(300):
            await asyncio.gather(*(take_turn(pace, 0.02) for _ in range(32)))
        return table.asked, asyncio.get_running_loop().time()

    asked, seconds = run_timeless(send)
    assert seconds == pytest.approx(6.0)
    assert asked == 2


def test_refusals_of_all_in_flight_are_shared_once() -> None:
    async def refuse() -> int:
        table = Table()
        pace = await join(make_pace(table, PaceLimits(64)))
        for _ in range(64):
            pace.hold(20)
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.1)
        assert table.state.held_until >= AHEAD + 0.063 + 20
        return table.holds

    assert run_timeless(refuse) == 1


def test_wait_is_reported_once() -> None:
    async def wait() -> list[WaitPeriod]:
        seen: list[WaitPeriod] = []
        pace = await join(make_pace(Table(), PaceLimits(8, per_second=10)), observer=seen.append)
        await asyncio.gather(*(take_turn(pace) for _ in range(30)))
        pace.hold(40)
        await take_turn(pace)
        await asyncio.sleep(5)
        return seen

    rate, hold = run_timeless(wait)
    assert (rate.reason, hold.reason) == (WaitReason.RATE, WaitReason.RETRY_AFTER)
    assert rate.ended - rate.started == pytest.approx(29 * 0.102, abs=0.05)
    assert hold.ended - hold.started == pytest.approx(40.1, abs=0.1)
