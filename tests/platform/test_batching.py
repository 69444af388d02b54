"""One batcher and one bounded sender: groups, errors for each caller, turns, and calm stops."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from tessera.platform.batching import Batcher, BoundedSender, Turns

PATIENCE = 30


class Flushes:
    """Flushes that are counted, and wait to be let through."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.under_way = self.most_under_way = 0
        self.gate = asyncio.Event()

    async def flush(self, items: Sequence[int]) -> int:
        self.groups.append(list(items))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await self.gate.wait()
        self.under_way -= 1
        if -1 in items:
            raise ValueError("this group cannot be written")
        return len(items)


@pytest.fixture
def flushes() -> Flushes:
    return Flushes()


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_items_handed_in_during_a_flush_share_the_next_one(flushes: Flushes) -> None:
    batcher = Batcher(flushes.flush)
    first = asyncio.create_task(batcher.submit(0))
    await settle()
    others = [asyncio.create_task(batcher.submit(number)) for number in (1, 2, 3)]
    await settle()
    assert flushes.groups == [[0]]
    flushes.gate.set()

    assert await asyncio.wait_for(asyncio.gather(first, *others), PATIENCE) == [1, 3, 3, 3]
    assert flushes.groups == [[0], [1, 2, 3]]


async def test_an_error_reaches_every_caller_of_its_group_and_no_other(flushes: Flushes) -> None:
    flushes.gate.set()
    batcher = Batcher(flushes.flush, most=2)
    ends = await asyncio.wait_for(
        asyncio.gather(*(batcher.submit(item) for item in (7, -1, 8, 9)), return_exceptions=True), PATIENCE
    )

    assert [type(end) for end in ends] == [ValueError, ValueError, int, int]


async def test_who_was_just_answered_may_hand_in_again(flushes: Flushes) -> None:
    flushes.gate.set()
    batcher = Batcher(flushes.flush)

    async def come_again() -> list[int]:
        return [await batcher.submit(number) for number in range(50)]

    assert await asyncio.wait_for(come_again(), PATIENCE) == [1] * 50


async def test_a_group_waits_for_company_until_it_is_heavy_enough(flushes: Flushes) -> None:
    flushes.gate.set()
    batcher = Batcher(flushes.flush, seconds=3600, enough=3)
    callers = [asyncio.create_task(batcher.submit(number)) for number in (1, 2)]
    await settle()
    assert flushes.groups == []
    callers.append(asyncio.create_task(batcher.submit(3)))

    assert await asyncio.wait_for(asyncio.gather(*callers), PATIENCE) == [3, 3, 3]
    assert await asyncio.wait_for(batcher.submit(4, weight=3), PATIENCE) == 1


async def test_a_lonely_item_is_flushed_when_its_time_is_over(flushes: Flushes) -> None:
    flushes.gate.set()

    assert await asyncio.wait_for(Batcher(flushes.flush, seconds=0.01, enough=99).submit(1), PATIENCE) == 1


async def test_no_more_flushes_than_allowed_are_under_way(flushes: Flushes) -> None:
    batcher = Batcher(flushes.flush, most=1, at_once=2)
    callers = [asyncio.create_task(batcher.submit(number)) for number in range(9)]
    await settle()
    assert flushes.groups == [[0], [1]]
    flushes.gate.set()
    await asyncio.wait_for(asyncio.gather(*callers), PATIENCE)

    assert flushes.most_under_way == 2
    assert sorted(flushes.groups) == [[number] for number in range(9)]


async def test_what_a_cancelled_caller_handed_in_is_flushed_all_the_same(flushes: Flushes) -> None:
    batcher = Batcher(flushes.flush)
    caller = asyncio.create_task(batcher.submit(1))
    await settle()
    caller.cancel()
    flushes.gate.set()
    await asyncio.wait_for(batcher.finish(), PATIENCE)

    assert flushes.groups == [[1]]
    assert flushes.under_way == 0


async def test_closing_breaks_off_and_cancels_who_waits(flushes: Flushes) -> None:
    batcher = Batcher(flushes.flush)
    callers = [asyncio.create_task(batcher.submit(1))]
    await settle()
    callers.append(asyncio.create_task(batcher.submit(2)))
    await settle()
    await asyncio.wait_for(batcher.close(), PATIENCE)
    await asyncio.wait(callers, timeout=PATIENCE)

    assert all(caller.cancelled() for caller in callers)
    assert flushes.groups == [[1]]


async def test_turns_are_bounded_for_each_key_and_in_all() -> None:
    turns: Turns[str] = Turns(each=2, total=3)
    running: Counter[str] = Counter()
    most: Counter[str] = Counter()

    async def take(key: str) -> None:
        async with turns.turn(key):
            running[key] += 1
            most[key] = max(most[key], running[key])
            most["in all"] = max(most["in all"], running.total())
            await settle()
            running[key] -= 1

    await asyncio.wait_for(asyncio.gather(*(take(key) for key in "aabbccaabbcc")), PATIENCE)

    assert most["in all"] == 3
    assert max(most[key] for key in "abc") == 2


async def test_a_calm_stop_drops_what_waits_and_keeps_what_calls() -> None:
    sender: BoundedSender[str, None] = BoundedSender()
    end, sent = asyncio.Event(), []

    async def send(item: str) -> None:
        if item == "calls":
            sender.begin_call()
        await end.wait()
        sent.append(item)

    for item in ("calls", "waits"):
        sender.launch(item, send, key=None, size=10)
    await settle()
    assert (sender.open, sender.size, sender.is_calling) == (2, 20, True)
    sender.drop_waiting()
    await settle()
    assert (sender.open, sender.size) == (1, 10)
    end.set()
    await sender.wait_for_calls(PATIENCE)
    await settle()

    assert sent == ["calls"]
    assert (sender.open, sender.size, sender.is_calling) == (0, 0, False)


async def test_the_first_error_of_a_task_reaches_who_waits_for_a_change() -> None:
    sender: BoundedSender[int, int] = BoundedSender(is_change=lambda left: left > 99)

    async def send(item: int) -> None:
        if item:
            raise ValueError(item)

    sender.expect_change()
    for item in (0, 1, 2):
        sender.launch(item, send, key=item)

    with pytest.raises(ValueError, match="1"):
        await sender.wait_for_change(PATIENCE)


async def test_letting_go_returns_what_had_not_ended() -> None:
    sender: BoundedSender[int, str] = BoundedSender()

    async def send(item: int) -> None:
        if item:
            await asyncio.Event().wait()

    for item in (0, 1, 2):
        sender.launch(item, send, key="one")
    await settle()
    assert sender.held == {"one": 2}

    assert await asyncio.wait_for(sender.let_go(), PATIENCE) == [1, 2]
    assert sender.open == 0
    assert not sender.held
