"""Clients that send slowly, too much, or nonsense, against a real web process over real connections."""

import asyncio
import resource
from asyncio import StreamReader, StreamWriter
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.builders.servers import web_process

from tessera.platform.secrets import KeyRing

ADDRESS = "/api/connector/v1/configuration/get"
INBOUND = "/integrations/mparticle/inbound/crm"
# What is refused for another reason is refused before its body is read, and still has to reach its sender.
REFUSALS = {
    ADDRESS: 413,
    "/sign-in": 413,
    "/api/v1/users": 401,
    INBOUND: 401,
    "/api/connector/v1/nothing": 404,
    "/nothing": 413,
}
# No stalled body may end before the test is over, and no wait may go on without end.
PATIENT, SHORT = {"TESSERA_BODY_TIMEOUT_SECONDS": "300"}, {"TESSERA_BODY_TIMEOUT_SECONDS": "1"}
STALLED = 1_100
LIMIT = 120


@pytest.fixture
def port(admin_address: str, keys_file: Path, keys: KeyRing, tmp_path: Path) -> Iterator[int]:
    """Run a web process that waits for bodies."""
    with web_process(admin_address, keys_file, tmp_path, **PATIENT) as port:
        yield port


@pytest.fixture
def hasty_port(admin_address: str, keys_file: Path, keys: KeyRing, tmp_path: Path) -> Iterator[int]:
    """Run a web process that gives bodies a second."""
    with web_process(admin_address, keys_file, tmp_path, **SHORT) as port:
        yield port


def head(path: str, length: int | None, **headers: str) -> bytes:
    """Return the head of a POST; without a length its body comes in chunks."""
    size = {"Transfer-Encoding": "chunked"} if length is None else {"Content-Length": str(length)}
    lines = [f"POST {path} HTTP/1.1", "Host: tessera.test"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in {**size, **headers}.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def connect(port: int) -> tuple[StreamReader, StreamWriter]:
    for _ in range(200):
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.05)
    raise AssertionError("the web process does not listen")


async def converse(port: int, sent: bytes, *, half_close: bool = False) -> tuple[int, dict[str, str], bytes]:
    """Send bytes to their end, whatever comes back meanwhile; return status, headers and body of the answer."""
    reader, writer = await connect(port)
    try:
        writer.write(sent)
        await writer.drain()
        if half_close:
            writer.write_eof()
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        return int(first.split()[1]), headers, await reader.readexactly(int(headers["content-length"]))
    finally:
        writer.close()


async def test_stalled_bodies_leave_the_process_answering(port: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    writers = []
    async with asyncio.timeout(LIMIT), httpx.AsyncClient(timeout=LIMIT) as client:
        try:
            for number in range(STALLED):
                _, writer = await connect(port)
                writer.write(head((ADDRESS, "/sign-in")[number % 2], 20) + b"{")
                await writer.drain()
                writers.append(writer)
            for _ in range(3):
                assert (await client.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200
            assert (await client.get(f"http://127.0.0.1:{port}/sign-in")).status_code == 200
        finally:
            for writer in writers:
                writer.transport.abort()


async def test_body_that_does_not_arrive_is_answered_with_408(hasty_port: int) -> None:
    async with asyncio.timeout(LIMIT):
        for path in (ADDRESS, "/sign-in", INBOUND):
            status, headers, _ = await converse(hasty_port, head(path, 20) + b"{")
            assert (path, status, headers["cache-control"]) == (path, 408, "no-store")


async def test_broken_body_is_the_clients_fault(port: int) -> None:
    async with asyncio.timeout(LIMIT):
        for path in (ADDRESS, "/sign-in", INBOUND):
            for body, half_close in ((b"5\r\nhello\r\nZZ\r\nx", False), (b"5\r\nhello\r\n", True)):
                status, headers, _ = await converse(port, head(path, None) + body, half_close=half_close)
                assert (path, status) == (path, 400)
                assert ("request-id" in headers) == (path == ADDRESS)


async def test_refusal_reaches_a_client_that_sends_on(port: int) -> None:
    body = b"x" * 20_000_000
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    async with asyncio.timeout(LIMIT):
        for path, expected in REFUSALS.items():
            for sent in (head(path, len(body)) + body, head(path, None) + chunked):
                status, headers, _ = await converse(port, sent)
                assert (path, status, headers["cache-control"]) == (path, expected, "no-store")


async def test_forms_of_nine_megabytes_are_refused_while_others_are_answered(port: int) -> None:
    form = b"a=1&" * 2_300_000
    sent = head("/sign-in", len(form), Content_Type="application/x-www-form-urlencoded") + form
    async with asyncio.timeout(LIMIT), httpx.AsyncClient(timeout=LIMIT) as client:
        (await connect(port))[1].close()
        refusals = asyncio.gather(*(converse(port, sent) for _ in range(4)))
        health = [(await client.get(f"http://127.0.0.1:{port}/healthz")).status_code for _ in range(5)]
        statuses = Counter(status for status, _, _ in await refusals)

    assert statuses == {413: 4}
    assert health == [200] * 5
