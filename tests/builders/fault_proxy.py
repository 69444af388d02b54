"""A proxy on loopback that treats connections as bad networks do: late, slow, cut, half-open."""

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

CHUNK = 16 * 1024


@dataclass
class Faults:
    """What the network does from now on; it may be changed at any time.

    Times are in seconds: `latency` before each piece of an answer, up to `jitter` more, and `slow_close` between the
    answer's last byte and the end of the connection. `bytes_per_second` bounds each connection. `reset_share` of the
    connections are reset after the request has passed and before its answer; `half_open_share` say nothing any more
    from there on, and close never.
    """

    latency: float = 0.0
    jitter: float = 0.0
    slow_close: float = 0.0
    bytes_per_second: float | None = None
    reset_share: float = 0.0
    half_open_share: float = 0.0
    seed: int = 1


@dataclass
class FaultProxy:
    """Passes bytes on to a port, with faults."""

    target: int
    faults: Faults
    port: int = 0
    connections: int = 0
    resets: int = 0
    half_opens: int = 0
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.faults.seed)

    @property
    def url(self) -> str:
        """Base address for a connection profile."""
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on until either side ends it."""
        self.connections += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        both = [
            asyncio.create_task(self._pass(reader, far_writer, slow=False)),
            asyncio.create_task(self._answer(far_reader, writer)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(self.faults.slow_close)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            far_writer.transport.abort()
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slow: bool) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                await self._pass_piece(writer, data, slow=slow)

    async def _pass_piece(self, writer: asyncio.StreamWriter, data: bytes, *, slow: bool) -> None:
        if slow:
            await asyncio.sleep(self.faults.latency + self._chance.uniform(0, self.faults.jitter))
        if self.faults.bytes_per_second:
            await asyncio.sleep(len(data) / self.faults.bytes_per_second)
        writer.write(data)
        await writer.drain()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                drawn = self._chance.random()
                if drawn < self.faults.reset_share:
                    self.resets += 1
                    reset(writer)
                    break
                if drawn < self.faults.reset_share + self.faults.half_open_share:
                    self.half_opens += 1
                    await asyncio.sleep(3600)
                await self._pass_piece(writer, data, slow=True)


def reset(writer: asyncio.StreamWriter) -> None:
    """Drop the connection with a reset instead of an orderly end."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@asynccontextmanager
async def run_fault_proxy(target: int, faults: Faults) -> AsyncIterator[FaultProxy]:
    """Run a proxy in front of the port for the length of the block."""
    proxy = FaultProxy(target, faults)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(proxy.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.01)  # the loop closes aborted sockets in its next rounds
