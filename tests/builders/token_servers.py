"""A token server and a resource server on loopback that see for themselves whether their rules are kept."""

import asyncio
import json
import time
from base64 import b64decode
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from tests.builders.receivers import Received, Receiver, Reply, run_receiver

LOOK_SECONDS, LEAST_STALL = 0.005, 0.005
CLIENT, SECRET = "tessera client", "s3cret/with+odd:signs"


@dataclass
class TokenServer:
    """Gives out tokens that last `lifetime` seconds from the moment their request arrived.

    `answer` replaces the answer where a test wants another one; `delay` is how long the server takes.
    """

    lifetime: float = 3600
    delay: float = 0.0
    answer: Callable[[Received], Reply | None] = lambda _request: None
    ends: dict[str, float] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    asked: list[dict[str, list[str]]] = field(default_factory=list)

    def __call__(self, request: Received) -> Reply:
        """Answer a token request."""
        form = parse_qs(request.body.decode(), keep_blank_values=True, strict_parsing=True)
        self.asked.append(form)
        replaced = self.answer(request)
        if replaced is not None:
            return replaced
        if form.get("grant_type") != ["client_credentials"] or client_of(request, form) != (CLIENT, SECRET):
            return Reply(401, body=b'{"error": "invalid_client"}', delay=self.delay)
        token = f"token-{len(self.asked)}"
        self.ends[token] = time.monotonic() + self.lifetime
        given = {"access_token": token, "token_type": "bearer", "expires_in": self.lifetime}
        return Reply(200, body=json.dumps(given).encode(), delay=self.delay)

    async def wait_until_asked(self) -> None:
        """Return once somebody asked for a token."""
        while not self.asked:  # noqa: ASYNC110 - the server knows nothing of who waits
            await asyncio.sleep(0.01)


class StallWatch:
    """Knows for how long, within the last second, this machine kept a process waiting that had something to do.

    On a machine that is busy with other things a request that left in time is read late; that is nobody's fault.
    """

    def __init__(self) -> None:
        self._stalls: deque[tuple[float, float]] = deque()
        self._began = time.monotonic()

    async def watch(self) -> None:
        """Look again and again whether a short sleep took longer than it should."""
        while True:
            self._began = time.monotonic()
            await asyncio.sleep(LOOK_SECONDS)
            ended = time.monotonic()
            self._stalls.append((ended, ended - self._began - LOOK_SECONDS))
            while ended - self._stalls[0][0] > 1:
                self._stalls.popleft()

    @property
    def seconds(self) -> float:
        """How long it was kept waiting in the last second, and by now, where a look is overdue."""
        overdue = time.monotonic() - self._began - LOOK_SECONDS
        return sum(stall for stall in (*(stall for _, stall in self._stalls), overdue) if stall > LEAST_STALL)


@dataclass
class ResourceServer:
    """Takes requests with a valid token; counts what came with an expired one, and how often each request came.

    `transit` is how long a request may be on its way, on a machine whose senders are kept waiting too.
    """

    tokens: TokenServer
    stalls: StallWatch
    delay: float = 0.0
    transit: float = 0.0
    expired: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)

    def __call__(self, request: Received) -> Reply:
        """Answer a request."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        late = time.monotonic() - self.tokens.ends.get(token, 0)
        if scheme != "Bearer" or token not in self.tokens.ends or token in self.tokens.revoked or late > 0:
            if (
                token in self.tokens.ends
                and token not in self.tokens.revoked
                and late > self.transit + self.stalls.seconds
            ):
                self.expired.append(late)
            self.refused[request.key or ""] += 1
            return Reply(401, {"www-authenticate": 'Bearer error="invalid_token"'}, delay=self.delay)
        self.taken[request.key or ""] += 1
        return Reply(200, delay=self.delay)


@dataclass(frozen=True)
class OAuthPair:
    """Both servers, and the receivers that they stand in."""

    tokens: TokenServer
    resource: ResourceServer
    token_receiver: Receiver
    resource_receiver: Receiver

    def settings(self, **given: Any) -> dict[str, Any]:
        """Return the properties of a profile that gets through."""
        plain = {
            "base_url": self.resource_receiver.url,
            "access_token_url": f"{self.token_receiver.url}/token",
            "client_id": CLIENT,
            "client_secret": SECRET,
        }
        return plain | given


def client_of(request: Received, form: dict[str, list[str]]) -> tuple[str, str] | None:
    """Return id and secret as a strict server reads them: from one place only."""
    in_body = "client_id" in form or "client_secret" in form
    scheme, _, pair = request.headers.get("authorization", "").partition(" ")
    if in_body == bool(scheme):
        return None
    if in_body:
        return form["client_id"][0], form["client_secret"][0]
    name, _, secret = b64decode(pair).decode().partition(":")
    return unquote_plus(name), unquote_plus(secret)


@asynccontextmanager
async def run_oauth_pair(**given: Any) -> AsyncIterator[OAuthPair]:
    """Run both servers on free ports for the length of the block."""
    tokens = TokenServer(**given)
    stalls = StallWatch()
    resource = ResourceServer(tokens, stalls)
    watching = asyncio.create_task(stalls.watch())
    async with run_receiver(tokens) as token_receiver, run_receiver(resource) as resource_receiver:
        yield OAuthPair(tokens, resource, token_receiver, resource_receiver)
    watching.cancel()
