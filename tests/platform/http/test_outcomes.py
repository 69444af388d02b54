"""One test for each way a call can end, against servers that misbehave on purpose."""

import asyncio
import resource
import time

import pytest
from tests.builders.wires import OK, Wire, answer_ok, closed_port, full_backlog, hang, run_wires

from tessera.platform.clock import now
from tessera.platform.errors import InvalidError, UnavailableError
from tessera.platform.http import CallError, CallErrorKind, CallLimits, OutboundClient

BODY = b"x" * 10_000
QUICK = CallLimits(connect_seconds=0.3, read_seconds=0.5, total_seconds=1)


async def fail(client: OutboundClient, port: int, *, scheme: str = "http", limits: CallLimits = QUICK) -> CallError:
    """Return how a call fails, after a look at its message."""
    with pytest.raises(CallError) as caught:
        await client.send(
            "POST",
            f"{scheme}://127.0.0.1:{port}/path?token=hunter2",
            headers=[("authorization", "Bearer hunter2")],
            body=BODY,
            limits=limits,
        )
    error = caught.value
    assert "127.0.0.1" in error.message
    assert "hunter2" not in f"{error.message} {error.details}"
    assert error.__suppress_context__
    return error


async def test_answer_is_returned(client: OutboundClient) -> None:
    async def script(wire: Wire) -> None:
        assert (await wire.read_request()).endswith(BODY)
        await wire.say(b"HTTP/1.1 503 Busy\r\nRetry-After: 3\r\ncontent-length: 4\r\n\r\nbusy")

    async with run_wires(script) as server:
        reply = await client.send("POST", f"http://127.0.0.1:{server.port}/", body=BODY)
    assert (reply.status, reply.excerpt, reply.bytes) == (503, b"busy", 4)
    assert reply.headers["retry-after"] == reply.headers["Retry-After"] == "3"
    assert 0 < reply.duration_seconds < 5


async def test_headers_that_are_no_text_count_as_absent(client: OutboundClient) -> None:
    async def script(wire: Wire) -> None:
        await wire.read_request()
        lines = (
            b"Retry-After: \xff5",
            b"X-Id: a",
            b"X-Id: \xe9",
            b"Set-Cookie: a",
            b"Set-Cookie: b",
            b"Content-Length: 0",
        )
        await wire.say(b"HTTP/1.1 503 Busy\r\n" + b"\r\n".join(lines) + b"\r\n\r\n")

    async with run_wires(script) as server:
        reply = await client.send("POST", f"http://127.0.0.1:{server.port}/", body=BODY)
    assert reply.retry_after(now()) is None
    assert reply.headers.get("retry-after") is reply.headers.get("x-none") is None
    assert len(reply.headers) == len(list(reply.headers)) == 4
    lines = reply.headers.list_lines()
    assert [value for name, value in lines if name == "set-cookie"] == ["a", "b"]
    assert ("retry-after", "(not readable as text)") in lines


async def test_refused_connection_is_not_sent(client: OutboundClient) -> None:
    with closed_port() as port:
        error = await fail(client, port)
    assert error.kind is CallErrorKind.NOT_SENT
    assert isinstance(error, UnavailableError)
    assert "Connection refused" in error.message


async def test_full_backlog_is_not_sent(client: OutboundClient) -> None:
    with full_backlog() as port:
        error = await fail(client, port)
    assert error.kind is CallErrorKind.NOT_SENT
    assert "time limit" in error.message


async def test_total_limit_never_strikes_before_the_connect_limit(client: OutboundClient) -> None:
    with full_backlog() as port:
        limits = CallLimits(connect_seconds=60, read_seconds=60, total_seconds=0.4)
        assert (await fail(client, port, limits=limits)).kind is CallErrorKind.NOT_SENT


async def test_unknown_name_is_not_sent(client: OutboundClient) -> None:
    with pytest.raises(CallError) as caught:
        await client.send("GET", "http://nowhere.invalid/")
    assert caught.value.kind is CallErrorKind.NOT_SENT


@pytest.mark.parametrize("name", ["a" * 64 + ".invalid", "a..invalid", "nowhere.invalid."])
async def test_impossible_name_is_not_sent(client: OutboundClient, name: str) -> None:
    with pytest.raises(CallError) as caught:
        await client.send("GET", f"http://{name}/")
    assert caught.value.kind is CallErrorKind.NOT_SENT


async def test_reset_before_reading_is_unknown(client: OutboundClient) -> None:
    async with run_wires(Wire.reset) as server:
        assert (await fail(client, server.port)).kind is CallErrorKind.UNKNOWN


async def test_reset_after_reading_is_unknown(client: OutboundClient) -> None:
    async def script(wire: Wire) -> None:
        await wire.read_request()
        await wire.reset()

    async with run_wires(script) as server:
        error = await fail(client, server.port)
    assert error.kind is CallErrorKind.UNKNOWN
    assert isinstance(error, UnavailableError)
    assert "may have processed" in error.message


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"NONSENSE\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
    ],
    ids=["none", "half a head", "half a body", "half a chunk", "bad chunk", "nonsense", "bad status", "TLS"],
)
async def test_broken_answer_is_unknown(client: OutboundClient, answer: bytes) -> None:
    async def script(wire: Wire) -> None:
        await wire.read_request()
        await wire.say(answer)

    async with run_wires(script) as server:
        assert (await fail(client, server.port)).kind is CallErrorKind.UNKNOWN


async def test_silence_is_unknown_after_the_read_limit(client: OutboundClient) -> None:
    async with run_wires(hang) as server:
        started = time.monotonic()
        error = await fail(client, server.port, limits=CallLimits(read_seconds=0.3, total_seconds=20))
    assert error.kind is CallErrorKind.UNKNOWN
    assert time.monotonic() - started < 5


async def test_trickling_answer_is_unknown_after_the_total_limit(client: OutboundClient) -> None:
    async def script(wire: Wire) -> None:
        await wire.read_request()
        await wire.say(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(1000):
            await wire.say(b".")
            await asyncio.sleep(0.05)

    async with run_wires(script) as server:
        started = time.monotonic()
        error = await fail(client, server.port)
    assert error.kind is CallErrorKind.UNKNOWN
    assert 0.9 < time.monotonic() - started < 5


async def test_huge_answer_is_left_unread(client: OutboundClient) -> None:
    sent = 0

    async def script(wire: Wire) -> None:
        nonlocal sent
        await wire.read_request()
        await wire.say(b"HTTP/1.1 200 OK\r\n\r\n")
        while sent < 500_000_000:
            await wire.say(bytes(1_000_000))
            sent += 1_000_000

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with run_wires(script) as server:
        reply = await client.send("POST", f"http://127.0.0.1:{server.port}/", body=BODY)
    assert (reply.status, len(reply.excerpt), reply.bytes) == (200, 65536, 1024 * 1024)
    assert sent < 50_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


async def test_answers_stay_packed(client: OutboundClient) -> None:
    async def script(wire: Wire) -> None:
        assert b"accept-encoding" not in (await wire.read_request()).lower()
        await wire.say(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\n\x1f\x8b\x08")

    async with run_wires(script) as server:
        reply = await client.send("GET", f"http://127.0.0.1:{server.port}/")
    assert reply.excerpt == b"\x1f\x8b\x08"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(client: OutboundClient, status: int) -> None:
    async with run_wires(answer_ok) as elsewhere:

        async def script(wire: Wire) -> None:
            await wire.read_request()
            location = f"http://127.0.0.1:{elsewhere.port}/".encode()
            await wire.say(b"HTTP/1.1 %d Moved\r\nlocation: %s\r\ncontent-length: 0\r\n\r\n" % (status, location))

        async with run_wires(script) as server:
            reply = await client.send("GET", f"http://127.0.0.1:{server.port}/")
    assert reply.status == status
    assert elsewhere.connections == 0


async def test_cookies_are_forgotten(client: OutboundClient) -> None:
    requests: list[bytes] = []

    async def script(wire: Wire) -> None:
        while True:
            requests.append(await wire.read_request())
            await wire.say(b"HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n")

    async with run_wires(script) as server:
        for _ in range(2):
            await client.send("GET", f"http://127.0.0.1:{server.port}/")
    assert len(requests) == 2
    assert b"cookie" not in b"".join(requests).lower()


async def test_refusal_that_comes_early_is_an_answer(client: OutboundClient) -> None:
    async def script(wire: Wire) -> None:
        await wire.reader.readuntil(b"\r\n\r\n")
        await wire.say(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

    async with run_wires(script) as server:
        reply = await client.send("POST", f"http://127.0.0.1:{server.port}/", body=BODY)
    assert reply.status == 413


async def test_connection_closed_while_idle_is_replaced(client: OutboundClient) -> None:
    async def script(wire: Wire) -> None:
        await wire.read_request()
        await wire.say(OK)

    async with run_wires(script) as server:
        for _ in range(3):
            assert (await client.send("POST", f"http://127.0.0.1:{server.port}/", body=BODY)).status == 200
            await asyncio.sleep(0.05)
    assert server.connections == 3


@pytest.mark.parametrize(
    ("method", "headers"),
    [("PO ST", []), ("POST\n", []), ("POST", [("a b", "x")]), ("POST", [("authorization", "Bearer hunter2\r\nx: y")])],
)
async def test_request_that_http_forbids_is_invalid(
    client: OutboundClient, method: str, headers: list[tuple[str, str]]
) -> None:
    with pytest.raises(CallError) as caught:
        await client.send(method, "http://127.0.0.1:9/", headers=headers)
    assert caught.value.kind is CallErrorKind.INVALID_REQUEST
    assert isinstance(caught.value, InvalidError)
    assert "hunter2" not in caught.value.message
