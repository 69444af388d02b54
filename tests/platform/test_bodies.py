"""The time limit of bodies: one timer for all of them, each broken off at its own moment, and nothing else touched."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tessera.platform.bodies import BodyGuard, BodyTimeoutError, Receive

SECONDS = 0.1
SCOPE = {"type": "http", "headers": []}
FIRST = {"type": "http.request", "body": b"[1,", "more_body": True}

Reading = Callable[[Receive], Awaitable[None]]


class Requests:
    """An application behind a guard: what it does with each body, and what its client sends."""

    def __init__(self, read: Reading) -> None:
        self.read = read
        self.guard = BodyGuard(self.answer, SECONDS)

    async def answer(self, _scope: Any, receive: Receive, _send: Any) -> None:
        await self.read(receive)

    async def ask(self, *messages: dict[str, Any]) -> None:
        """Make one request whose client sends these messages and then nothing."""
        left = list(messages)

        async def receive() -> Any:
            return left.pop(0) if left else await asyncio.Event().wait()

        await self.guard(SCOPE, receive, None)


async def read_all(receive: Receive) -> None:
    while (await receive()).get("more_body"):
        pass


async def test_each_body_ends_at_its_own_moment() -> None:
    requests = Requests(read_all)
    started = asyncio.get_running_loop().time()
    ended: list[float] = []

    async def ask_after(pause: float) -> None:
        await asyncio.sleep(pause)
        with pytest.raises(BodyTimeoutError, match=r"within 0\.1 seconds"):
            await requests.ask(FIRST)
        ended.append(asyncio.get_running_loop().time() - started - pause)

    await asyncio.gather(*(ask_after(pause) for pause in (0.0, 0.03, 0.15)))
    assert min(ended) >= SECONDS


async def test_whole_body_is_left_alone_however_long_the_answer_takes() -> None:
    async def read_and_work(receive: Receive) -> None:
        await read_all(receive)
        await asyncio.sleep(3 * SECONDS)

    await Requests(read_and_work).ask(FIRST, {"type": "http.request", "body": b"2]"})


async def test_time_that_is_up_between_two_messages_counts() -> None:
    async def read_slowly(receive: Receive) -> None:
        await receive()
        await asyncio.sleep(3 * SECONDS)
        with pytest.raises(BodyTimeoutError):
            await receive()

    await Requests(read_slowly).ask(FIRST, {"type": "http.request", "body": b"2]"})


async def test_request_that_is_cancelled_by_others_stays_cancelled() -> None:
    request = asyncio.create_task(Requests(read_all).ask(FIRST))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    request.cancel()

    with pytest.raises(asyncio.CancelledError):
        await request
