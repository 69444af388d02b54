"""The gate: what lies behind it is vetted, whoever asks must know its password, and bytes pass as they are."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

import pytest

from tessera.platform.http import EgressProxy, InvalidUrlError, NotSentError, RefusedAddressError
from tessera.platform.http.addresses import Address
from tessera.platform.http.client import OutboundClient


async def vet_local(_host: str, _port: int) -> Sequence[Address]:
    return [ip_address("127.0.0.1")]


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """Run a server that sends back what it gets; return its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


async def ask(gate: EgressProxy, line: str, *more: str, password: str | None = None, then: bytes = b"") -> bytes:
    """Send a request head, and more once the gate has answered; return what comes back until the end."""
    url = urlsplit(gate.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    proof = b64encode(f"gate:{url.password if password is None else password}".encode()).decode()
    head = [line, f"Proxy-Authorization: Basic {proof}", *more]
    writer.write("\r\n".join([*head, "", ""]).encode())
    try:
        answer = await reader.readuntil(b"\r\n\r\n")
        writer.write(then)
        writer.write_eof()
        return answer + await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_tunnel_carries_bytes_both_ways(echo: int) -> None:
    async with EgressProxy(vet_local, allow_insecure_http=False) as gate:
        answer = await ask(gate, f"CONNECT files.example.com:{echo} HTTP/1.1", then=b"\x16\x03" * 500_000)

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.partition(b"\r\n\r\n")[2] == b"\x16\x03" * 500_000


async def test_nobody_passes_without_the_password(echo: int) -> None:
    async with EgressProxy(vet_local, allow_insecure_http=True) as gate:
        answer = await ask(gate, f"CONNECT files.example.com:{echo} HTTP/1.1", password="guess")

    assert answer.startswith(b"HTTP/1.1 407")


async def test_plain_request_passes_without_the_password_in_it(echo: int) -> None:
    async with EgressProxy(vet_local, allow_insecure_http=True) as gate:
        line = f"GET http://files.example.com:{echo}/a?b=c HTTP/1.1"
        answer = await ask(gate, line, "Host: files.example.com", "Proxy-Connection: keep-alive")

    assert answer == f"{line}\r\nHost: files.example.com\r\n\r\n".encode()


async def test_plain_request_is_refused_where_http_is(echo: int) -> None:
    async with EgressProxy(vet_local, allow_insecure_http=False) as gate:
        answer = await ask(gate, f"GET http://files.example.com:{echo}/ HTTP/1.1")

    assert answer.startswith(b"HTTP/1.1 502")
    assert isinstance(gate.fault, InvalidUrlError)


async def test_refused_address_is_not_connected_to(echo: int) -> None:
    client = OutboundClient()
    async with client.gate() as gate:
        for host in ("127.0.0.1", "[::1]", "2130706433", "169.254.169.254"):
            gate.fault = None
            answer = await ask(gate, f"CONNECT {host}:{echo} HTTP/1.1")
            assert answer.startswith(b"HTTP/1.1 502")
            assert isinstance(gate.fault, RefusedAddressError), host
    await client.close()


async def test_receiver_that_is_down_is_told() -> None:
    async with EgressProxy(vet_local, allow_insecure_http=False) as gate:
        await ask(gate, "CONNECT files.example.com:1 HTTP/1.1")

    assert isinstance(gate.fault, NotSentError)
    assert "connection refused" in gate.fault.message


@pytest.mark.parametrize(
    "line",
    ["CONNECT a:99999 HTTP/1.1", "CONNECT [::1:443 HTTP/1.1", "GET / HTTP/1.1", "nonsense", "CONNECT :1 HTTP/1.1"],
)
async def test_nonsense_leads_nowhere(line: str) -> None:
    client = OutboundClient(allow_insecure_http=True)
    async with client.gate() as gate:
        assert not (await ask(gate, line)).startswith(b"HTTP/1.1 200")
    await client.close()
