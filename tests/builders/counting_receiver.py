"""A receiver in a thread of its own that counts: what came how often, under which key, and with the same bytes."""

import asyncio
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from tests.builders.receivers import Received, Receiver, Reply, run_receiver

DELAY_SECONDS = 0.02
Decide = Callable[[Sequence[Any]], Reply]


def accept_all(_: Sequence[Any]) -> Reply:
    """Take every request, after the time that a distant receiver needs."""
    return Reply(delay=DELAY_SECONDS)


class Counts:
    """What arrived, by record id and by request; requests are told apart by the records they carry."""

    def __init__(self, decide: Decide = accept_all) -> None:
        self.decide = decide
        self.url = ""
        self.forget()

    def forget(self) -> None:
        """Begin again."""
        self.arrivals: Counter[Any] = Counter()
        self.accepted: set[Any] = set()
        self.keys: dict[tuple[Any, ...], set[str | None]] = defaultdict(set)
        self.bodies: dict[str | None, set[bytes]] = defaultdict(set)
        self._requests: Counter[tuple[Any, ...]] = Counter()

    @property
    def requests(self) -> int:
        """How many requests came, repeats included."""
        return self._requests.total()

    @property
    def repeated(self) -> int:
        """How many requests came that had come before."""
        return self._requests.total() - len(self._requests)

    def take(self, request: Received) -> Reply:
        """Count the request and decide on its answer."""
        ids = tuple(row["id"] for row in request.rows)
        self._requests[ids] += 1
        self.arrivals.update(ids)
        self.keys[ids].add(request.key)
        self.bodies[request.key].add(sha256(request.body).digest())
        reply = self.decide(ids)
        if reply.status < 300:
            self.accepted.update(ids)
        return reply


@contextmanager
def counting_receiver(decide: Decide = accept_all) -> Iterator[Counts]:
    """Run the receiver beside the test's own loop, whatever that is busy with."""
    counts = Counts(decide)
    ready, ended = threading.Event(), threading.Event()

    async def serve() -> None:
        async with run_receiver() as receiver:
            forget_after_counting(receiver, counts)
            counts.url = receiver.url
            ready.set()
            while not ended.is_set():  # noqa: ASYNC110 - the end is said by another thread
                await asyncio.sleep(0.05)

    thread = threading.Thread(target=asyncio.run, args=[serve()])
    thread.start()
    try:
        assert ready.wait(30)
        yield counts
    finally:
        ended.set()
        thread.join(30)


def forget_after_counting(receiver: Receiver, counts: Counts) -> None:
    """Let the receiver keep nothing but the counts: a proof sends more than fits."""

    def script(request: Received) -> Reply:
        receiver.received.clear()
        return counts.take(request)

    receiver.script = script
