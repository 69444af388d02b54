"""Object stores beyond the suite of all stores: what S3 says of wrong credentials, and roles."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.builders.certificates import issue
from tests.builders.file_servers import Counterpart, moto
from tests.builders.house import make_settings
from tests.builders.wires import answer_ok, run_wires
from tests.conformance.stores import content, open_at, pieces

from tessera.connectors.contract.types import Network
from tessera.connectors.files import (
    FileError,
    FileStoreForbiddenError,
    FileStoreMissingError,
    FileStoreRefusedError,
    FileTransferBrokenError,
    StoreCredentialsError,
)
from tessera.connectors.kinds.s3.connector import probe
from tessera.platform.http import OutboundClient

ROLE = "arn:aws:iam::123456789012:role/exports"
SECRET = "canary-secret-551"


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[Network]:
    settings = make_settings(tmp_path)
    client = OutboundClient(allowed_networks=settings.allowed_networks, allow_insecure_http=True)
    yield Network(client, settings)
    await client.close()


@asynccontextmanager
async def answering(status: str, body: str) -> AsyncIterator[Counterpart]:
    """Run a server that answers every request alike."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(f"{head}{body}".encode())
        await writer.drain()
        writer.close()

    async with serving(serve) as counterpart:
        yield counterpart


@asynccontextmanager
async def serving(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[Counterpart]:
    """Run a server that treats every connection so."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    settings = {"bucket": "shelf", "region": "us-east-1", "access_key_id": "AKIA", "endpoint_url": address}
    yield Counterpart("s3", settings, {"secret_access_key": SECRET})
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        ("403 Forbidden", "SignatureDoesNotMatch", StoreCredentialsError),
        ("403 Forbidden", "InvalidAccessKeyId", StoreCredentialsError),
        ("403 Forbidden", "AccessDenied", FileStoreForbiddenError),
        ("404 Not Found", "NoSuchBucket", FileStoreMissingError),
        ("503 Slow Down", "SlowDown", FileTransferBrokenError),
    ],
)
async def test_answer_of_s3_is_told_apart(network: Network, status: str, code: str, kind: type[FileError]) -> None:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{SECRET}</Message></Error>"
    async with answering(status, body) as server:
        async with open_at(server, network) as store:
            with pytest.raises(kind) as caught:
                await store.list_page()
        result = await probe(server.profile(), network, frozenset({"write"}))

    assert type(caught.value) is kind
    assert SECRET not in caught.value.message
    assert [step.passed for step in result.steps] == [True, False, None]
    assert SECRET not in repr(result.steps)


@pytest.fixture(scope="module")
def s3() -> Iterator[Counterpart]:
    with moto() as running:
        yield running


async def test_untrusted_certificate_is_told_in_a_sentence(tmp_path: Path, network: Network) -> None:
    context = issue("store.example").server_context(tmp_path)
    async with run_wires(answer_ok, context=context) as server:
        settings = {"bucket": "shelf", "region": "us-east-1", "access_key_id": "AKIA"}
        address = f"https://127.0.0.1:{server.port}"
        store = Counterpart("s3", settings | {"endpoint_url": address}, {"secret_access_key": SECRET})
        async with open_at(store, network) as opened:
            with pytest.raises(
                FileStoreRefusedError, match="not trusted: it comes from an authority that is not trusted"
            ):
                await opened.list_page()


async def test_role_is_taken_on(s3: Counterpart, network: Network) -> None:
    given = {"credentials": "role", "role_arn": ROLE, "external_id": "harbour"}

    async with open_at(s3, network, **given) as store:
        await store.put("a.csv", pieces(b"x"))
        assert await content(store, "a.csv") == b"x"


async def test_role_that_is_not_given_is_told(network: Network) -> None:
    body = f"<ErrorResponse><Error><Code>AccessDenied</Code><Message>{SECRET}</Message></Error></ErrorResponse>"
    async with answering("403 Forbidden", body) as server:
        with pytest.raises(StoreCredentialsError, match="AccessDenied") as caught:
            async with open_at(server, network, credentials="role", role_arn=ROLE):
                pass
    assert SECRET not in caught.value.message


async def test_token_service_that_breaks_off_may_be_asked_again(network: Network) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with serving(hang_up) as server:
        with pytest.raises(FileTransferBrokenError) as caught:
            async with open_at(server, network, credentials="role", role_arn=ROLE):
                pass
    assert not caught.value.permanent


async def test_environment_changes_nothing(s3: Counterpart, network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_SESSION_TOKEN": "of somebody else",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)

    async with open_at(s3, network) as store:
        await store.put("b.csv", pieces(b"x"))
        assert await content(store, "b.csv") == b"x"
    # All of it went through the gate, which a variable could have let it pass by.
    async with open_at(s3, Network(OutboundClient(allow_insecure_http=True), network.settings)) as store:
        with pytest.raises(FileStoreRefusedError, match="loopback"):
            await store.list_page()
