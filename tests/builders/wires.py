"""Raw servers on loopback, for what no HTTP server would do: reset, stop half-way, say nothing, say nonsense."""

import asyncio
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@dataclass(frozen=True)
class Wire:
    """One accepted connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def read_request(self) -> bytes:
        """Return the next request, head and body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        return head + await self.reader.readexactly(int(length[1]) if length else 0)

    async def say(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)
        await self.writer.drain()

    async def reset(self) -> None:
        """Drop the connection with a reset instead of an orderly end."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Script = Callable[[Wire], Awaitable[None]]


@dataclass
class WireServer:
    """Where it listens, how many connections it took, and whether any at all."""

    port: int = 0
    connections: int = 0
    visited: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


@asynccontextmanager
async def run_wires(
    script: Script, *, context: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[WireServer]:
    """Run the script once for every connection."""
    state = WireServer()

    async def run(wire: Wire) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                await script(wire)
                wire.writer.close()
                await wire.writer.wait_closed()
        finally:
            wire.writer.transport.abort()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.connections += 1
        state.visited.set()
        task = asyncio.create_task(run(Wire(reader, writer)))
        state.tasks.add(task)
        task.add_done_callback(state.tasks.discard)

    server = await asyncio.start_server(accept, host, port, ssl=context)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
        for task in tuple(state.tasks):
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)
        await asyncio.sleep(0.01)  # the loop closes aborted sockets in its next rounds


async def answer_ok(wire: Wire) -> None:
    """Answer every request of the connection."""
    while True:
        await wire.read_request()
        await wire.say(OK)


async def hang(wire: Wire) -> None:
    """Take everything and never answer."""
    while await wire.reader.read(65536):
        pass
    await asyncio.sleep(3600)


@contextmanager
def closed_port() -> Iterator[int]:
    """Give a port that nobody listens on, and keep it so."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@contextmanager
def full_backlog() -> Iterator[int]:
    """Give a port whose server accepts nobody any more."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        yield full.getsockname()[1]
        for one in waiting:
            one.close()
