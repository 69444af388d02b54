"""A real HTTP receiver on loopback that answers, or misbehaves, as a test tells it to."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def rows(self) -> list[Any]:
        """The body's items; an object counts as one."""
        value = json.loads(self.body) if self.body else []
        return value if isinstance(value, list) else [value]

    @property
    def key(self) -> str | None:
        """The idempotency key."""
        return self.headers.get("idempotency-key")


@dataclass(frozen=True)
class Reply:
    """What to do with a request. `reset` drops the connection after reading; `hang` never answers."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    delay: float = 0.0
    reset: bool = False
    hang: bool = False


Script = Callable[[Received], Reply]


class Receiver:
    """Keeps what it received; `script` decides on each answer and may be changed at any time."""

    def __init__(self, script: Script | None = None) -> None:
        self.script: Script = script or (lambda _: Reply())
        self.received: list[Received] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.port = 0

    @property
    def url(self) -> str:
        """Base address for a connection profile."""
        return f"http://127.0.0.1:{self.port}"

    def ids(self, name: str = "id") -> list[Any]:
        """Return the named value of every row received, repeats included."""
        return [row[name] for request in self.received for row in request.rows]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests until it closes."""
        try:
            while (request := await read_request(reader)) is not None:
                if not await self.answer(request, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def answer(self, request: Received, writer: asyncio.StreamWriter) -> bool:
        """Do what the script says; return whether the connection stays open."""
        self.received.append(request)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            reply = self.script(request)
            await asyncio.sleep(3600 if reply.hang else reply.delay)
            if reply.reset:
                writer.transport.abort()
                return False
            writer.write(render_reply(reply))
            await writer.drain()
            return True
        finally:
            self.in_flight -= 1


async def read_request(reader: asyncio.StreamReader) -> Received | None:
    """Read one request with a content length; None at the end of the connection."""
    head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
    if not head:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, path, headers, body)


def render_reply(reply: Reply) -> bytes:
    """Return the answer's bytes."""
    headers = {"content-type": "application/json", "content-length": str(len(reply.body)), **reply.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {reply.status} Status\r\n{lines}\r\n".encode() + reply.body


@asynccontextmanager
async def run_receiver(script: Script | None = None) -> AsyncIterator[Receiver]:
    """Run a receiver on a free port for the length of the block."""
    receiver = Receiver(script)
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(receiver.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        # What was accepted just now is a task of ours a few turns of the loop later; ended earlier, it stays open.
        for _ in range(5):
            await asyncio.sleep(0)
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def answer_with(status: int) -> Script:
    """Give every request this status."""
    return lambda _: Reply(status)


def in_turn(replies: Sequence[Reply]) -> Script:
    """Give the replies one after another, the last one for ever."""
    remaining = list(replies)
    return lambda _: remaining.pop(0) if len(remaining) > 1 else remaining[0]
