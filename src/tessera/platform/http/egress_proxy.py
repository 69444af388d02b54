"""A way out for libraries that resolve names by themselves: a proxy on loopback that leads to vetted addresses only.

It sees where a connection goes, not what is in it: TLS is spoken between the library and the receiver.
"""

import asyncio
import hmac
import os
import secrets
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from tessera.platform.http.addresses import Address
from tessera.platform.http.errors import CallError, InvalidUrlError, NotSentError

Vet = Callable[[str, int], Awaitable[Sequence[Address]]]

LONGEST_HEAD = 64 * 1024
HEAD_SECONDS = 30
CONNECT_SECONDS = 10
CHUNK = 256 * 1024
HTTP_PORT = 80


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """What a library asks of the gate: a tunnel, or one plain request whose head is passed on."""

    host: str
    port: int
    head: bytes | None


class EgressProxy:
    """Listens as long as it is open, for clients that know its address, which holds a password."""

    def __init__(self, vet: Vet, *, allow_insecure_http: bool) -> None:
        self._vet = vet
        self._allow_insecure_http = allow_insecure_http
        self._password = secrets.token_urlsafe(24)
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.fault: CallError | None = None
        """Why the last connection that was asked for failed; the library itself does not say."""

    @property
    def url(self) -> str:
        """The address of the proxy."""
        assert self._server is not None
        return f"http://gate:{self._password}@127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._enter, "127.0.0.1", 0, limit=LONGEST_HEAD)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection in a task of its own, which ends with the gate."""
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Open what is asked for and carry bytes until either side ends."""
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            request = self._read(head)
            if request is None:
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            there_reader, there_writer = await self._connect(request)
        except CallError as error:
            self.fault = error
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            return
        else:
            try:
                if request.head is None:
                    writer.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
                else:
                    there_writer.write(request.head)
                await asyncio.gather(carry(reader, there_writer), carry(there_reader, writer))
            finally:
                there_writer.close()
        finally:
            writer.close()

    def _read(self, head: bytes) -> ProxyRequest | None:
        """Return what is asked for; None where the password is missing."""
        lines = head.decode("latin-1").split("\r\n")
        fields = [line.partition(":")[::2] for line in lines[1:] if line]
        given = [value.strip() for name, value in fields if name.lower() == "proxy-authorization"]
        wanted = f"Basic {b64encode(f'gate:{self._password}'.encode()).decode()}"
        if not given or not hmac.compare_digest(given[0].encode("latin-1"), wanted.encode()):
            return None
        method, target, *_ = [*lines[0].split(" "), ""]
        try:
            url = urlsplit(f"//{target}" if method == "CONNECT" else target)
            host, port = url.hostname or "", url.port
        except ValueError:
            raise InvalidUrlError("The address of the connection cannot be read. Write host:port.") from None
        if method == "CONNECT":
            return ProxyRequest(host, port or 443, None)
        if not self._allow_insecure_http:
            raise InvalidUrlError(
                f"{host} would be called by http, which sends everything readable. Use https; only a deployment with "
                "TESSERA_ALLOW_INSECURE_HTTP=true calls http addresses."
            )
        kept = [line for line in lines[1:] if not line.lower().startswith("proxy-")]
        return ProxyRequest(host, port or HTTP_PORT, "\r\n".join([lines[0], *kept]).encode("latin-1"))

    async def _connect(self, request: ProxyRequest) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the first vetted address that answers."""
        reason = "no address"
        for address in await self._vet(request.host, request.port):
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    return await asyncio.open_connection(str(address), request.port)
            except TimeoutError:
                reason = f"no answer within {CONNECT_SECONDS} s"
            except OSError as error:
                reason = os.strerror(error.errno).lower() if error.errno else "unreachable"
        raise NotSentError(
            f"No connection to {request.host}: {reason}. Nothing was sent; check that it runs and can be reached."
        )


async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Carry bytes one way, and their end too; a side that breaks off ends both."""
    try:
        while data := await source.read(CHUNK):
            target.write(data)
            await target.drain()
        target.write_eof()
    except OSError:
        target.close()
