"""The demo's receiver, seen from the demo: started as a process of its own, asked what it got, ended."""

import asyncio
import http.client
import os
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import msgspec

from tessera.cli.demo.receiver import HOST, TOKEN_VARIABLE, Counts
from tessera.platform.errors import UnavailableError

ID_BYTES = 16


class ReceiverError(UnavailableError):
    """The demo's receiver does not do its part."""

    code = "demo_receiver_failed"


@dataclass(frozen=True, slots=True)
class RunningReceiver:
    """A receiver that listens."""

    port: int
    token: str

    @property
    def url(self) -> str:
        """Where it takes requests."""
        return f"http://{HOST}:{self.port}"

    async def counts(self) -> Counts:
        """Return what arrived so far."""
        return msgspec.json.decode(await asyncio.to_thread(self.ask, "/counts"), type=Counts)

    async def ids(self) -> set[UUID]:
        """Return the ids that arrived."""
        text = await asyncio.to_thread(self.ask, "/ids")
        return {UUID(bytes=text[place : place + ID_BYTES]) for place in range(0, len(text), ID_BYTES)}

    def ask(self, path: str) -> bytes:
        """Fetch one of the receiver's own pages."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            if answer.status != http.client.OK:
                raise ReceiverError(f"The demo's receiver answered {answer.status} to {path}.")
            return answer.read()
        finally:
            connection.close()


@asynccontextmanager
async def run_receiver() -> AsyncIterator[RunningReceiver]:
    """Have a receiver for this while, on a free port and with a new token."""
    token = secrets.token_urlsafe(24)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tessera.cli.demo.receiver",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, TOKEN_VARIABLE: token},
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        word, _, port = line.decode().strip().partition(" ")
        if word != "listening":
            raise ReceiverError("The demo's receiver did not start; the lines above say why.")
        yield RunningReceiver(int(port), token)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
