"""TLS: verified always, by the system's authorities and the deployment's own."""

import asyncio
import ssl
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from tests.builders.certificates import Issued, issue
from tests.builders.wires import Wire, answer_ok, run_wires

from tessera.platform.errors import InvalidError
from tessera.platform.http import CallError, CallErrorKind, CallLimits, OutboundClient
from tessera.platform.http.addresses import Address

AUTHORITY = issue("Our Authority", authority=True)
LOOPBACK = [ip_network("127.0.0.0/8")]


async def resolve(host: str, port: int) -> Sequence[Address]:
    return [ip_address("127.0.0.1")] if host and port else []


@pytest.fixture
def client(tmp_path: Path) -> OutboundClient:
    """Give a client that trusts our authority, named in a bundle after another one."""
    bundle = tmp_path / "authorities.pem"
    bundle.write_bytes(issue("Other Authority", authority=True).pem() + AUTHORITY.pem())
    return OutboundClient(allowed_networks=LOOPBACK, ca_file=bundle, resolver=resolve)


async def fail(client: OutboundClient, port: int, host: str = "receiver.example") -> CallError:
    limits = CallLimits(connect_seconds=0.5, read_seconds=5, total_seconds=5)
    with pytest.raises(CallError) as caught:
        await client.send("POST", f"https://{host}:{port}/?token=hunter2", body=b"x", limits=limits)
    assert host in caught.value.message
    assert "hunter2" not in caught.value.message
    return caught.value


@pytest.mark.parametrize("host", ["receiver.example", "127.0.0.1"])
async def test_certificate_of_a_listed_authority_is_trusted(client: OutboundClient, tmp_path: Path, host: str) -> None:
    context = issue("receiver.example", by=AUTHORITY).server_context(tmp_path)
    async with run_wires(answer_ok, context=context) as server:
        assert (await client.send("GET", f"https://{host}:{server.port}/")).status == 200


@pytest.mark.parametrize(
    ("certificate", "reason"),
    [
        (issue("receiver.example"), "it comes from an authority that is not trusted, or signs itself."),
        (issue("receiver.example", authority=True), "it is the certificate of an authority, which a server cannot"),
        (issue("receiver.example", by=AUTHORITY, days=-5), "it has expired."),
        (issue("receiver.example", by=AUTHORITY, days=90), "it is not valid yet."),
        (issue("other.example", by=AUTHORITY), "it is for another name, only for other.example and 127.0.0.1."),
        (issue("receiver.example", by=issue("Nobody", authority=True)), "it comes from an authority that is not"),
    ],
    ids=["self-signed", "an authority's", "expired", "future", "other name", "unknown authority"],
)
async def test_bad_certificate_is_told_apart(
    client: OutboundClient, tmp_path: Path, certificate: Issued, reason: str
) -> None:
    async with run_wires(answer_ok, context=certificate.server_context(tmp_path)) as server:
        error = await fail(client, server.port)
    assert error.kind is CallErrorKind.CERTIFICATE
    assert isinstance(error, InvalidError)
    assert reason in error.message
    assert "TESSERA_OUTBOUND_CA_FILE" in error.message


async def test_our_authority_is_not_trusted_unlisted(tmp_path: Path) -> None:
    client = OutboundClient(allowed_networks=LOOPBACK, resolver=resolve)
    context = issue("receiver.example", by=AUTHORITY).server_context(tmp_path)
    async with run_wires(answer_ok, context=context) as server:
        assert (await fail(client, server.port)).kind is CallErrorKind.CERTIFICATE


async def test_plain_server_is_not_sent(client: OutboundClient) -> None:
    async def script(wire: Wire) -> None:
        await wire.reader.read(10)
        await wire.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with run_wires(script) as server:
        error = await fail(client, server.port)
    assert error.kind is CallErrorKind.NOT_SENT
    assert "does not speak TLS on this port" in error.message


async def test_handshake_that_breaks_off_is_not_sent(client: OutboundClient) -> None:
    async def leave(wire: Wire) -> None:
        await wire.reader.read(10)

    async def reset(wire: Wire) -> None:
        await wire.reader.read(10)
        await wire.reset()

    async def hang(wire: Wire) -> None:
        await asyncio.sleep(60)

    for script in (leave, reset, hang):
        async with run_wires(script) as server:
            assert (await fail(client, server.port)).kind is CallErrorKind.NOT_SENT


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_old_tls_is_not_spoken(client: OutboundClient, tmp_path: Path) -> None:
    context = issue("receiver.example", by=AUTHORITY).server_context(tmp_path)
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    async with run_wires(answer_ok, context=context) as server:
        assert (await fail(client, server.port)).kind is CallErrorKind.NOT_SENT


async def test_machine_without_authorities_trusts_the_common_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    client = OutboundClient(allowed_networks=LOOPBACK, allow_insecure_http=True, resolver=resolve)
    async with run_wires(answer_ok) as server:
        assert (await client.send("GET", f"http://receiver.example:{server.port}/")).status == 200
    async with run_wires(answer_ok, context=issue("receiver.example").server_context(tmp_path)) as server:
        assert (await fail(client, server.port)).kind is CallErrorKind.CERTIFICATE
