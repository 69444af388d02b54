"""Asks a web server as fast as it answers: so many callers, each on a connection of its own, one request at a time.

It shares the machine with what it measures, so it has to cost little: requests are written out before the clock starts,
answers are not parsed, only their status is read and their records counted by a marker that each has once.
"""

import argparse
import asyncio
import itertools
import json
import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

# A header that goes with every request comes this way: what it holds is nobody else's to see.
AUTHORIZATION_VARIABLE = "TESSERA_BENCH_AUTHORIZATION"
MARKER = b'"LoyaltyProgramId":'
PERCENTILES = (50, 95, 99)


class Request(NamedTuple):
    """One call to make: the sort it is counted under, the path, the body in one line."""

    sort: str
    path: str
    body: bytes


@dataclass(slots=True)
class Tally:
    """What came of the calls of one sort."""

    records: int = 0
    seconds: list[float] = field(default_factory=list)

    def describe(self) -> dict[str, Any]:
        """Return counts, the seconds spent waiting, and percentiles in milliseconds."""
        ordered = sorted(self.seconds)
        return {
            "requests": len(ordered),
            "records": self.records,
            "waited": sum(ordered),
            **{f"p{percent}": 1000 * find_percentile(ordered, percent) for percent in PERCENTILES},
        }


class Work:
    """The requests still to be made, and what came of the others."""

    def __init__(self, requests: Iterator[tuple[str, bytes]], *, seconds: float | None) -> None:
        self._requests = requests
        self._until = math.inf if seconds is None else time.perf_counter() + seconds
        self.done = asyncio.Event()
        self._busy = 0
        self.tallies: dict[str, Tally] = {}
        self.refusals: list[str] = []

    def take(self) -> tuple[str, bytes] | None:
        """Return the next request; None when there is no more, or the time is over."""
        found = next(self._requests, None) if time.perf_counter() < self._until else None
        self._busy += found is not None
        if found is None and not self._busy:
            self.done.set()
        return found

    def settle(self, sort: str, answer: bytearray, seconds: float) -> None:
        """Count an answer."""
        self._busy -= 1
        if answer[9:10] == b"2":
            tally = self.tallies.setdefault(sort, Tally())
            tally.seconds.append(seconds)
            tally.records += answer.count(MARKER)
        else:
            self.refusals.append(f"{sort}: {answer[:500].decode(errors='replace')}")

    def give_up(self, reason: str) -> None:
        """End everything: a caller lost its connection."""
        self.refusals.append(reason)
        self.done.set()


class Caller(asyncio.Protocol):
    """One connection: a request out, its whole answer in, the next request out."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._answer = bytearray()
        self._end = 0
        self._sort: str | None = None
        self._begun = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _reason: Exception | None) -> None:
        if self._sort is not None:
            self._work.give_up(f"{self._sort}: the connection was lost before the answer was whole")

    def ask(self) -> None:
        """Send the next request, or hang up."""
        taken = self._work.take()
        if taken is None:
            self._sort = None
            self._transport.close()
            return
        self._sort, request = taken
        self._begun = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        self._end = self._end or find_end(self._answer)
        if self._end and len(self._answer) >= self._end and self._sort is not None:
            self._work.settle(self._sort, self._answer, time.perf_counter() - self._begun)
            self._answer, self._end = bytearray(), 0
            self.ask()


def find_end(answer: bytearray) -> int:
    """Return where the answer ends by its own account; 0 while its head is not whole."""
    head_end = answer.find(b"\r\n\r\n")
    if head_end < 0:
        return 0
    for line in bytes(answer[:head_end]).lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return head_end + 4 + int(line.partition(b":")[2])
    raise ValueError("an answer does not say how long it is")


def find_percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the smallest value that so many percent of the values do not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def read_requests(path: Path, host: str) -> list[tuple[str, bytes]]:
    """Return what goes over the wire for each line of the file: sort, path and body with tabs between."""
    found = []
    shown = os.environ.get(AUTHORIZATION_VARIABLE)
    more = f"Authorization: {shown}\r\n" if shown else ""
    for line in path.read_bytes().splitlines():
        sort, address, body = line.split(b"\t", 2)
        head = f"POST {address.decode()} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n{more}"
        found.append((sort.decode(), f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body))
    return found


def write_requests(path: Path, requests: Sequence[Request]) -> None:
    """Write the file that `read_requests` reads."""
    with path.open("wb") as file:
        for request in requests:
            file.write(b"%b\t%b\t%b\n" % (request.sort.encode(), request.path.encode(), request.body))


async def call(
    url: str, requests: Sequence[tuple[str, bytes]], *, callers: int, seconds: float | None
) -> dict[str, Any]:
    """Make every request once, or go round for so many seconds; return what was found."""
    place = urlsplit(url)
    assert place.hostname is not None
    work = Work(iter(requests) if seconds is None else itertools.cycle(requests), seconds=seconds)
    made = [Caller(work) for _ in range(callers)]
    for caller in made:
        await asyncio.get_running_loop().create_connection(partial(use, caller), place.hostname, place.port or 80)
    begun = time.perf_counter()
    for caller in made:
        caller.ask()
    await work.done.wait()
    return {
        "seconds": time.perf_counter() - begun,
        "sorts": {sort: tally.describe() for sort, tally in work.tallies.items()},
        "refusals": len(work.refusals),
        "refusal": work.refusals[0] if work.refusals else None,
        "cpu_seconds": time.process_time(),
    }


def use(caller: Caller) -> Caller:
    """Return the caller: a connection asks for its protocol's maker."""
    return caller


def main() -> None:
    """Make the requests of a file; print one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load_client", description=main.__doc__)
    parser.add_argument("url")
    parser.add_argument("requests", type=Path)
    parser.add_argument("--callers", type=int, default=1)
    parser.add_argument("--seconds", type=float, help="go round until this much time is over; default: each once")
    given = parser.parse_args()
    requests = read_requests(given.requests, urlsplit(given.url).netloc)
    json.dump(asyncio.run(call(given.url, requests, callers=given.callers, seconds=given.seconds)), sys.stdout)


if __name__ == "__main__":
    main()
