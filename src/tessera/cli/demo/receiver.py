"""The demo's receiver: a small HTTP server in a process of its own that takes members and remembers their ids.

It checks the bearer token, keeps sixteen bytes an id, and reports what it got when asked:
`POST /members` takes a batch, `GET /counts` answers JSON, `GET /ids` answers the ids one after another, sorted.
"""

import asyncio
import hmac
import os
import signal
import sys
from http import HTTPStatus
from uuid import UUID

import msgspec

HOST = "127.0.0.1"
TOKEN_VARIABLE = "TESSERA_DEMO_RECEIVER_TOKEN"  # noqa: S105 - the name of a variable
LONGEST_HEAD = 32 * 1024
LONGEST_BODY = 16 * 1024 * 1024


class Member(msgspec.Struct):
    """The part of a member that the receiver looks at."""

    id: UUID


class Batch(msgspec.Struct):
    """The body of one export request."""

    members: list[Member]


class Counts(msgspec.Struct):
    """What arrived so far: `rows` with repetitions, `distinct` without."""

    requests: int = 0
    rows: int = 0
    distinct: int = 0
    refused: int = 0


class Receiver:
    """Everything received."""

    def __init__(self, token: str) -> None:
        self.expected = f"Bearer {token}".encode()
        self.ids: set[bytes] = set()
        self.counts = Counts()
        self.decoder = msgspec.json.Decoder(Batch)

    def answer(self, method: str, path: str, headers: dict[bytes, bytes], body: bytes) -> tuple[int, bytes]:
        """Return status and body for one request."""
        if not hmac.compare_digest(headers.get(b"authorization", b""), self.expected):
            self.counts.refused += 1
            return 401, b'{"error":"unauthorized"}'
        match method, path:
            case "POST", "/members":
                return self.take(body)
            case "GET", "/counts":
                return 200, msgspec.json.encode(self.counts)
            case "GET", "/ids":
                return 200, b"".join(sorted(self.ids))
        return 404, b'{"error":"not found"}'

    def take(self, body: bytes) -> tuple[int, bytes]:
        """Remember the batch's ids."""
        try:
            batch = self.decoder.decode(body)
        except msgspec.MsgspecError as error:
            self.counts.refused += 1
            return 422, msgspec.json.encode({"error": str(error)})
        self.ids.update(member.id.bytes for member in batch.members)
        self.counts.requests += 1
        self.counts.rows += len(batch.members)
        self.counts.distinct = len(self.ids)
        return 200, msgspec.json.encode({"received": len(batch.members)})

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until the caller goes."""
        try:
            while await self.serve_one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
            pass  # A caller that leaves or talks nonsense has no claim to an answer.
        except asyncio.CancelledError:
            pass  # The process ends: this task is not awaited any more.
        finally:
            writer.close()

    async def serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False ends the connection."""
        head = await reader.readuntil(b"\r\n\r\n")
        request, *lines = head[:-4].split(b"\r\n")
        method, path, _ = request.decode("ascii").split(" ")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        length = int(headers.get(b"content-length", b"0"))
        if length > LONGEST_BODY:
            return False
        body = await reader.readexactly(length)
        status, answer = self.answer(method, path, headers, body)
        writer.write(
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(answer)}\r\n\r\n".encode()
            + answer
        )
        await writer.drain()
        return headers.get(b"connection", b"").lower() != b"close"


async def listen(port: int, token: str) -> None:
    """Listen until stopped by a signal or by the end of standard input; say the port first."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await asyncio.start_server(Receiver(token).serve, HOST, port, limit=LONGEST_HEAD, backlog=512)
    loop.add_reader(sys.stdin.fileno(), stop.set)  # nothing is written there: it can only have ended
    sys.stdout.write(f"listening {server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await stop.wait()
    server.close()


def main() -> None:
    """Run the receiver: `python -m tessera.cli.demo.receiver [PORT]`, the token in the environment."""
    asyncio.run(listen(int(sys.argv[1]) if len(sys.argv) > 1 else 0, os.environ[TOKEN_VARIABLE]))


if __name__ == "__main__":
    main()
