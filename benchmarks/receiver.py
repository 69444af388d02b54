"""The far end of every export benchmark: a small HTTP/1.1 server that answers late and counts what it gets.

It has to cost far less than what it measures: bodies are never parsed, ids are cut out of them by their marker, kept as
text, and compared only when asked. `POST /token` gives its bearer token, for two seconds each time, to whoever asks;
`POST` to any other path takes rows, `GET /counts` says what arrived, `GET /proof` sorts
the ids and tells how many were distinct, with a digest of them. `GET /windows` says how many came in any second and
any minute; after `GET /refuse` one call is answered with 429.
"""

import argparse
import asyncio
import hashlib
import json
import os
import re
import signal
import sys
import time
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import cast

HOST = "127.0.0.1"
TOKEN_VARIABLE = "BENCHMARK_RECEIVER_TOKEN"
DELAY_SECONDS = 0.02
# So short that a sender renews its token several times while it is measured.
TOKEN_SECONDS = 2
ID_LENGTH = 36
# What a refused caller is asked to wait.
WAIT_SECONDS = 3
find_ids = re.compile(rb'"id" ?: ?"([0-9a-f-]{36})"').findall


class Tally:
    """Everything that arrived, as cheaply as it can be kept."""

    def __init__(self) -> None:
        self.requests = 0
        self.rows = 0
        self.body_bytes = 0
        self.refused = 0
        self.in_flight = 0
        self.peak_in_flight = 0
        self.connections = 0
        self.tokens = 0
        self.first_at = 0.0
        self.last_at = 0.0
        # By the machine's clock, to be compared with what others wrote down.
        self.began_at = 0.0
        self._ids: list[bytes] = []
        self._arrivals = array("d")
        self._refuse_next = False
        self._refused_at = 0.0

    def take(self, body: bytes) -> None:
        """Count one body and its rows."""
        ids = find_ids(body)
        self._ids.append(b"".join(ids))
        self.requests += 1
        self.rows += len(ids)
        self.body_bytes += len(body)

    def begin(self) -> None:
        """Note a call that came in."""
        moment = time.monotonic()
        self._arrivals.append(moment)
        self.first_at = self.first_at or moment
        self.began_at = self.began_at or time.time()
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)

    def end(self) -> None:
        """Note a call that was answered."""
        self.in_flight -= 1
        self.last_at = time.monotonic()

    def counts(self) -> dict[str, float]:
        """Return the plain numbers."""
        return {
            "requests": self.requests,
            "rows": self.rows,
            "body_bytes": self.body_bytes,
            "refused": self.refused,
            "connections": self.connections,
            "tokens": self.tokens,
            "peak_in_flight": self.peak_in_flight,
            "seconds": self.last_at - self.first_at,
            "began_at": self.began_at,
            "cpu_seconds": time.process_time(),
        }

    def windows(self) -> dict[str, float]:
        """Return the most arrivals of any second and of any minute, and what came after a refusal before its time."""
        times, refused = self._arrivals, self._refused_at
        early = [moment - refused for moment in times if refused < moment < refused + WAIT_SECONDS] if refused else []
        return {
            "arrived": len(times),
            "seconds": times[-1] - times[0] if times else 0.0,
            "most_a_second": most_within(times, 1.0),
            "most_a_minute": most_within(times, 60.0),
            "refused": bool(refused),
            "early": len(early),
            "latest_early_seconds": max(early, default=0.0),
        }

    def refuse_next(self) -> None:
        """Answer the next call with 429, and ask all to wait."""
        self._refuse_next = True

    def refuses(self) -> bool:
        """Say whether a call is refused, once, and note when."""
        if self._refuse_next:
            self._refuse_next, self._refused_at = False, time.monotonic()
            return True
        return False

    def proof(self) -> dict[str, int | str]:
        """Return how many ids were distinct, and the digest of all of them, sorted."""
        ids: set[bytes] = set()
        for joined in self._ids:
            ids.update(joined[start : start + ID_LENGTH] for start in range(0, len(joined), ID_LENGTH))
        return {"distinct": len(ids), "digest": hashlib.sha256(b"".join(sorted(ids))).hexdigest()}


class Connection(asyncio.Protocol):
    """One connection: whole requests in, late answers out, one at a time."""

    def __init__(self, tally: Tally, token: str | None, delay: float) -> None:
        self._tally = tally
        self._expected = f"Bearer {token}".encode() if token else None
        self._delay = delay
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._head: tuple[bytes, dict[bytes, bytes]] | None = None
        self._body_start = 0
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._tally.connections += 1

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._busy:
            self._serve_next()

    def _serve_next(self) -> None:
        if self._head is None and not self._read_head():
            return
        assert self._head is not None
        request_line, headers = self._head
        body = self._read_body(headers)
        if body is None:
            return
        self._head = None
        self._serve(request_line, headers, body)

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        request_line, *lines = bytes(self._buffer[:end]).split(b"\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        self._head = (request_line, headers)
        self._body_start = end + 4
        if headers.get(b"expect") == b"100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def _read_body(self, headers: dict[bytes, bytes]) -> bytes | None:
        """Cut the body out of the buffer; None while it is not whole."""
        if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
            found = join_chunks(self._buffer, self._body_start)
            if found is None:
                return None
            body, end = found
        else:
            end = self._body_start + int(headers.get(b"content-length", b"0"))
            if len(self._buffer) < end:
                return None
            body = bytes(self._buffer[self._body_start : end])
        del self._buffer[:end]
        return body

    def _serve(self, request_line: bytes, headers: dict[bytes, bytes], body: bytes) -> None:
        if request_line.startswith(b"GET /counts"):
            self._answer(b"200 OK", json.dumps(self._tally.counts()).encode())
        elif request_line.startswith(b"GET /proof"):
            self._answer(b"200 OK", json.dumps(self._tally.proof()).encode())
        elif request_line.startswith(b"GET /windows"):
            self._answer(b"200 OK", json.dumps(self._tally.windows()).encode())
        elif request_line.startswith(b"GET /refuse"):
            self._tally.refuse_next()
            self._answer(b"200 OK", b"{}")
        elif request_line.startswith(b"POST /token"):
            self._give_token()
        elif self._expected and headers.get(b"authorization") != self._expected:
            self._tally.refused += 1
            self._answer(b"401 Unauthorized", b"{}")
        else:
            self._busy = True
            self._tally.begin()
            self._tally.take(body)
            self._loop.call_later(self._delay, self._finish)

    def _give_token(self) -> None:
        self._tally.tokens += 1
        token = (self._expected or b"Bearer x").decode().partition(" ")[2]
        given = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
        self._answer(b"200 OK", json.dumps(given).encode())

    def _finish(self) -> None:
        self._tally.end()
        self._busy = False
        if self._tally.refuses():
            self._answer(b"429 Too Many Requests\r\nRetry-After: %d" % WAIT_SECONDS, b"{}")
        else:
            self._answer(b"200 OK", b'{"ok":true}')
        if self._buffer:
            self._serve_next()

    def _answer(self, status: bytes, body: bytes) -> None:
        # A caller that left while it waited gets nothing.
        if not self._transport.is_closing():
            self._transport.write(
                b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (status, len(body), body)
            )


def most_within(times: Sequence[float], seconds: float) -> int:
    """Return the most moments, in their order, that any half-open window of this length holds."""
    return max((bisect_left(times, start + seconds) - at for at, start in enumerate(times)), default=0)


def join_chunks(buffer: bytearray, start: int) -> tuple[bytes, int] | None:
    """Return a chunked body and where it ends in the buffer; None while it is not whole."""
    parts: list[bytes] = []
    while True:
        line_end = buffer.find(b"\r\n", start)
        if line_end < 0:
            return None
        size = int(buffer[start:line_end].partition(b";")[0], 16)
        end = line_end + 2 + size + 2
        if len(buffer) < end:
            return None
        if size == 0:
            return b"".join(parts), end
        parts.append(bytes(buffer[line_end + 2 : line_end + 2 + size]))
        start = end


async def listen(token: str | None, delay: float) -> None:
    """Listen on a free port, say it, and go on until told to stop, by a signal or by the end of standard input."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_reader(sys.stdin.fileno(), stop.set)
    tally = Tally()
    server = await loop.create_server(lambda: Connection(tally, token, delay), HOST, 0, backlog=512)
    print(f"listening {server.sockets[0].getsockname()[1]}", flush=True)
    await stop.wait()
    server.close()


def main() -> None:
    """Run the receiver; the bearer token that it expects, if any, is in the environment."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.receiver", description=main.__doc__)
    parser.add_argument("--delay", type=float, default=DELAY_SECONDS, help="seconds before each answer")
    asyncio.run(listen(os.environ.get(TOKEN_VARIABLE), parser.parse_args().delay))


if __name__ == "__main__":
    main()
