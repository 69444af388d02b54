"""One call over a client that leads to a vetted address."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyreqwest.client import Client
from pyreqwest.exceptions import BuilderError, PyreqwestError
from pyreqwest.http import Url
from pyreqwest.request import StreamRequest
from pyreqwest.response import Response

from tessera.platform.http.errors import InvalidRequestError
from tessera.platform.http.rate_limits import RateLimit, parse_rate_limit
from tessera.platform.http.reply_headers import ReplyHeaders
from tessera.platform.http.retry_after import parse_retry_after
from tessera.platform.http.translation import describe, translate

EXCERPT_BYTES = 64 * 1024

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class CallLimits:
    """How long a call may take, and how much of an answer is read before the rest is left unread.

    `kept_bytes` is how much of what is read the reply holds. `addresses` is how many of a name's addresses the
    call may try.
    """

    connect_seconds: float = 5
    read_seconds: float = 30
    total_seconds: float = 60
    answer_bytes: int = 1024 * 1024
    kept_bytes: int = EXCERPT_BYTES
    addresses: int = 3

    @property
    def usable_connect_seconds(self) -> float:
        """The connect limit, always the first to strike: when another does, the request counts as sent."""
        return min(self.connect_seconds, 0.8 * self.read_seconds, 0.8 * self.total_seconds)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of any status. `excerpt` is the whole body where it is as long as `bytes` says."""

    status: int
    headers: ReplyHeaders
    excerpt: bytes
    bytes: int
    duration_seconds: float

    def retry_after(self, now: datetime) -> float | None:
        """Return the seconds that the receiver asks to wait, None if it asks for nothing that can be read."""
        return parse_retry_after(self.headers.get("retry-after"), now)

    def rate_limit(self, now: datetime) -> RateLimit | None:
        """Return the tightest limit that the receiver names, None if it names none that can be read."""
        return parse_rate_limit(self.headers, now)


@dataclass(frozen=True, slots=True)
class Call:
    """What goes out."""

    method: str
    url: Url
    headers: Headers
    body: bytes
    limits: CallLimits


async def send_call(client: Client, call: Call) -> Reply:
    """Send, and read the answer as far as the limits go."""
    started = time.perf_counter()
    request = build_request(client, call)
    try:
        async with request as response:
            excerpt, size = await read_answer(response, call.limits)
            return Reply(response.status, ReplyHeaders(response.headers), excerpt, size, time.perf_counter() - started)
    except PyreqwestError as error:
        # Not chained: the original's text holds the whole URL, and tracebacks end in logs.
        raise translate(error, call.url.host_str or "") from None


def build_request(client: Client, call: Call) -> StreamRequest:
    """Write the request down; its values do not show in the error, because one may be a credential."""
    try:
        builder = client.request(call.method, call.url).headers(call.headers)
        if call.body:
            builder = builder.body_bytes(call.body)
        return builder.timeout(timedelta(seconds=call.limits.total_seconds)).build_streamed()
    except (BuilderError, ValueError):
        raise InvalidRequestError(describe(InvalidRequestError, call.url.host_str or "", "")) from None


async def read_answer(response: Response, limits: CallLimits) -> tuple[bytes, int]:
    """Return the first part of the body and how much of it was read."""
    reader = response.body_reader
    chunk = await reader.read(EXCERPT_BYTES)
    if chunk is None:
        return b"", 0
    excerpt, size = bytes(chunk), len(chunk)
    if size < EXCERPT_BYTES:
        return excerpt, size
    kept = bytearray(excerpt)
    while chunk is not None and size < limits.answer_bytes:
        chunk = await reader.read(EXCERPT_BYTES)
        kept += (chunk or b"")[: max(0, limits.kept_bytes - size)]
        size += len(chunk or b"")
    return bytes(kept), size
