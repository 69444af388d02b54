"""Bodies of requests on their way in: bounded in bytes and in time, whichever door reads them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from tessera.platform.errors import InvalidError, TesseraError, UnavailableError

# The next message of a request, as ASGI servers give them.
Receive = Callable[[], Awaitable[Any]]

LARGEST_BODY = 8 * 1024 * 1024
# A client that is still sending when it is refused reads the answer only if the connection outlives its sending.
MOST_DRAINED = 64 * 1024 * 1024
DRAIN_PAUSE_SECONDS = 5.0


class BodyTooLargeError(InvalidError):
    """The body has more bytes than the address takes."""

    code = "body_too_large"


class BodyBrokenError(InvalidError):
    """The body ended too early, or is not what its headers announce."""

    code = "body_broken"


class BodyTimeoutError(UnavailableError):
    """The body did not arrive in time."""

    code = "body_timeout"


# These say what happened to the transfer, so every door answers them with the same status.
BODY_STATUSES: dict[type[TesseraError], int] = {BodyBrokenError: 400, BodyTimeoutError: 408, BodyTooLargeError: 413}


async def read_body(receive: Receive, headers: Iterable[tuple[bytes, bytes]], largest: int = LARGEST_BODY) -> bytes:
    """Return the whole body; raise as soon as it is known to be too large, or cannot be complete any more."""
    announced = next((value for name, value in headers if name.lower() == b"content-length"), b"0")
    if len(announced) > len(str(largest)) or (announced.isdigit() and int(announced) > largest):
        raise too_large(largest)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise BodyBrokenError("The body of the request ended early, or its chunks are malformed. Send it again.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > largest:
            raise too_large(largest)
        if not message.get("more_body"):
            return b"".join(parts)


def too_large(largest: int) -> BodyTooLargeError:
    """Return the error that names the limit."""
    limit = f"{largest // 1024**2} MB" if largest >= 1024**2 else f"{largest // 1024} KB"
    return BodyTooLargeError(f"The request is too large. Send at most {limit}.", largest=largest)


class BodyGuard:
    """An application with a time limit for every body, which also takes what the application left unread.

    Closing a connection with unread bytes resets it, and the client may lose the answer that says why.
    """

    def __init__(self, app: Any, seconds: float) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Any, receive: Receive, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = GuardedBody(receive, self.seconds)
        await self.app(scope, body.receive, send)
        if any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"]):
            await body.drain()


class GuardedBody:
    """One request's body; the time limit runs from the first wait for it, and ends with the body."""

    def __init__(self, receive: Receive, seconds: float) -> None:
        self._receive = receive
        self._seconds = seconds
        self._deadline: float | None = None
        self._ended = False

    async def receive(self) -> Any:
        """Return the next message of the request."""
        if self._ended:
            return await self._receive()
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self._seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            self._ended = True
            raise BodyTimeoutError(
                f"The body of the request did not arrive within {self._seconds:g} seconds. Send it again."
            ) from None
        self._ended = message["type"] != "http.request" or not message.get("more_body")
        return message

    async def drain(self) -> None:
        """Take the rest of the body and drop it, within bounds."""
        taken = 0
        try:
            while not self._ended and taken < MOST_DRAINED:
                async with asyncio.timeout(DRAIN_PAUSE_SECONDS):
                    taken += len((await self.receive()).get("body", b""))
        except (TimeoutError, BodyTimeoutError):
            return
