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

    Closing a connection with unread bytes resets it, and the client may lose the answer that says why. One timer serves
    all bodies: one for each would be a twentieth of the work of a short request.
    """

    def __init__(self, app: Any, seconds: float) -> None:
        self.app = app
        self.seconds = seconds
        # In the order of their deadlines, since all have the same time.
        self._bodies: dict[GuardedBody, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Any, receive: Receive, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = GuardedBody(receive, self)
        try:
            await self.app(scope, body.receive, send)
            if any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"]):
                await body.drain()
        finally:
            self._bodies.pop(body, None)

    def watch(self, body: "GuardedBody") -> None:
        """Start the clock of a body."""
        loop = asyncio.get_running_loop()
        self._bodies[body] = deadline = loop.time() + self.seconds
        if self._timer is None:
            self._timer = loop.call_at(deadline, self._end_overdue, loop)

    def _end_overdue(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        while self._bodies:
            body, deadline = next(iter(self._bodies.items()))
            if deadline > now:
                self._timer = loop.call_at(deadline, self._end_overdue, loop)
                return
            del self._bodies[body]
            body.end_waiting()


class GuardedBody:
    """One request's body; the time limit runs from the first wait for it, and ends with the body."""

    def __init__(self, receive: Receive, guard: BodyGuard) -> None:
        self._receive = receive
        self._guard = guard
        self._begun = False
        self._ended = False
        self._overdue = False
        self._waiting: asyncio.Task[Any] | None = None

    async def receive(self) -> Any:
        """Return the next message of the request."""
        if self._ended:
            return await self._receive()
        if self._overdue:
            raise self._time_out()
        if not self._begun:
            self._begun = True
            self._guard.watch(self)
        self._waiting = task = asyncio.current_task()
        cancellations = task.cancelling() if task else 0
        try:
            message = await self._receive()
        except asyncio.CancelledError:
            # Ours, unless another task cancelled this one as well.
            if task and self._overdue and task.uncancel() <= cancellations:
                raise self._time_out() from None
            raise
        finally:
            self._waiting = None
        self._ended = message["type"] != "http.request" or not message.get("more_body")
        return message

    def end_waiting(self) -> None:
        """Make the current wait for the body fail, or the next one: its time is up."""
        if not self._ended:
            self._overdue = True
            if self._waiting:
                self._waiting.cancel()

    def _time_out(self) -> BodyTimeoutError:
        self._ended = True
        return BodyTimeoutError(
            f"The body of the request did not arrive within {self._guard.seconds:g} seconds. Send it again."
        )

    async def drain(self) -> None:
        """Take the rest of the body and drop it, within bounds."""
        taken = 0
        try:
            while not self._ended and taken < MOST_DRAINED:
                async with asyncio.timeout(DRAIN_PAUSE_SECONDS):
                    taken += len((await self.receive()).get("body", b""))
        except (TimeoutError, BodyTimeoutError):
            return
