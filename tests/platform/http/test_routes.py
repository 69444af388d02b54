"""Pinned connections: reused, vetted anew, moved to another address, and never led astray by a proxy."""

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from tests.builders.certificates import issue
from tests.builders.wires import OK, Script, Wire, answer_ok, closed_port, hang, run_wires

from tessera.platform.http import (
    CallLimits,
    CertificateFileError,
    NotSentError,
    OutboundClient,
    OutcomeUnknownError,
    RefusedAddressError,
)
from tessera.platform.http.addresses import Address
from tessera.platform.http.client import FRESH_SECONDS
from tessera.platform.http.routes import Origin

LOOPBACK = [ip_network("127.0.0.0/8")]


class Town:
    """A resolver and a timer that a test can change."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.time = 0.0
        self.asked = 0
        self.client = OutboundClient(
            allowed_networks=LOOPBACK, allow_insecure_http=True, resolver=self.resolve, timer=lambda: self.time
        )

    async def resolve(self, host: str, port: int) -> Sequence[Address]:
        self.asked += 1
        await asyncio.sleep(0.01 if host and port else 0)
        return [ip_address(address) for address in self.addresses]

    async def call(self, port: int) -> bytes:
        limits = CallLimits(connect_seconds=1, read_seconds=5, total_seconds=10)
        return (await self.client.send("POST", f"http://receiver.example:{port}/", body=b"x", limits=limits)).excerpt


def say(text: bytes) -> Script:
    """Answer every request with a text."""

    async def script(wire: Wire) -> None:
        while True:
            await wire.read_request()
            await wire.say(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(text), text))

    return script


async def test_connection_and_vetting_are_shared() -> None:
    town = Town("127.0.0.1")
    async with run_wires(answer_ok) as server:
        for _ in range(20):
            assert await town.call(server.port) == b"ok"
    assert (server.connections, town.asked) == (1, 1)


async def test_calls_at_once_share_one_client() -> None:
    town = Town("127.0.0.1")
    async with run_wires(answer_ok) as server:
        await asyncio.gather(*(town.call(server.port) for _ in range(16)))
        clients = {id(route.client) for route in town.client._routes.values()}
        assert len(clients) == 1
        assert server.connections <= 16


async def test_name_that_moves_to_a_bad_address_is_refused_in_time() -> None:
    town = Town("127.0.0.1")
    async with run_wires(answer_ok) as server:
        await town.call(server.port)
        town.addresses = ("127.0.0.1", "169.254.169.254")
        assert await town.call(server.port) == b"ok"
        town.time += FRESH_SECONDS + 1
        with pytest.raises(RefusedAddressError, match="cloud metadata"):
            await town.call(server.port)


async def test_vetting_anew_keeps_the_connection() -> None:
    town = Town("127.0.0.1")
    async with run_wires(answer_ok) as server:
        await town.call(server.port)
        town.time += FRESH_SECONDS + 1
        town.addresses = ("127.0.0.2", "127.0.0.1")
        await town.call(server.port)
    assert (server.connections, town.asked) == (1, 2)


async def test_name_that_moves_is_followed() -> None:
    town = Town("127.0.0.1")
    async with run_wires(say(b"one")) as one, run_wires(say(b"two"), host="127.0.0.2", port=one.port):
        assert await town.call(one.port) == b"one"
        town.addresses = ("127.0.0.2",)
        town.time += FRESH_SECONDS + 1
        assert await town.call(one.port) == b"two"


async def test_second_address_is_called_when_the_first_does_not_answer() -> None:
    town = Town("127.0.0.3", "127.0.0.2")
    async with run_wires(answer_ok, host="127.0.0.2") as server:
        results = await asyncio.gather(*(town.call(server.port) for _ in range(16)))
        assert set(results) == {b"ok"}
        asked = town.asked
        await town.call(server.port)
        assert town.asked == asked


async def test_request_that_was_sent_is_not_sent_elsewhere() -> None:
    town = Town("127.0.0.1", "127.0.0.2")

    async def script(wire: Wire) -> None:
        await wire.read_request()
        await wire.reset()

    async with run_wires(script) as first, run_wires(answer_ok, host="127.0.0.2", port=first.port) as second:
        with pytest.raises(OutcomeUnknownError):
            await town.call(first.port)
    assert (first.connections, second.connections) == (1, 0)


async def test_tries_end_when_no_address_answers() -> None:
    town = Town(*(f"127.0.0.{number}" for number in range(1, 9)))
    with closed_port() as port, pytest.raises(NotSentError):
        await asyncio.wait_for(town.call(port), 5)
    assert town.asked == 1


async def test_name_is_resolved_anew_after_a_failure() -> None:
    town = Town("127.0.0.3")
    async with run_wires(answer_ok) as server:
        with pytest.raises(NotSentError):
            await town.call(server.port)
        town.addresses = ("127.0.0.1",)
        assert await town.call(server.port) == b"ok"


async def test_proxy_settings_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    async with run_wires(say(b"proxy")) as proxy, run_wires(answer_ok) as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{proxy.port}")
        assert await Town("127.0.0.1").call(server.port) == b"ok"
    assert proxy.connections == 0


@pytest.mark.parametrize("host", ["receiver.example", "RECEIVER.example.", "bücher.example", "127.1", "0x7f000001"])
async def test_every_spelling_of_a_host_goes_to_the_vetted_address(host: str) -> None:
    town = Town("127.0.0.1")
    async with run_wires(answer_ok) as server:
        assert (await town.client.send("GET", f"http://{host}:{server.port}/")).status == 200


async def test_forgotten_route_ends_its_calls_undisturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tessera.platform.http.client.MOST_ROUTES", 3)
    town = Town("127.0.0.1")
    released = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.read_request()
        await released.wait()
        await wire.say(OK)

    async with run_wires(script) as server:
        call = asyncio.create_task(town.call(server.port))
        await server.visited.wait()
        for number in range(3):
            await town.client._open(Origin("http", f"h{number}.example", 80, CallLimits()))
        assert len(town.client._routes) == 3
        released.set()
        assert await call == b"ok"


async def test_close_breaks_off_what_is_under_way() -> None:
    town = Town("127.0.0.1")

    async def script(wire: Wire) -> None:
        await wire.read_request()
        await asyncio.sleep(60)

    async with run_wires(script) as server:
        call = asyncio.create_task(town.call(server.port))
        await server.visited.wait()
        await town.client.close()
        with pytest.raises(OutcomeUnknownError):
            await asyncio.wait_for(call, 5)


async def test_cancelled_call_ends_at_once(client: OutboundClient) -> None:
    async with run_wires(hang) as server:
        call = asyncio.create_task(client.send("GET", f"http://127.0.0.1:{server.port}/"))
        await server.visited.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(call, 1)


@pytest.mark.parametrize("content", [None, b"", b"no certificate", issue("a.example").pem()[:200]])
def test_bad_certificate_file_stops_the_start(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "authorities.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CertificateFileError, match=f"^Certificate file {path} cannot be used: "):
        OutboundClient(ca_file=path)
