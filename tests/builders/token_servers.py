"""A token server and a resource server on loopback that see for themselves whether their rules are kept."""

import asyncio
import json
import time
from base64 import b64decode
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from tests.builders.receivers import Received, Receiver, Reply, run_receiver

from tessera.connectors.tokens import Token, TokenKeeper

GET = TokenKeeper.get
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


class HandOuts:
    """Notes what a process's keepers hand out: until when each token may be used, and what was over beforehand.

    Only moments that were written down are compared, never how long something took: all processes of a machine share
    the monotonic clock.
    """

    def __init__(self) -> None:
        self.usable_until: dict[str, float] = {}
        self.over = 0

    async def get(self, keeper: TokenKeeper) -> Token:
        """Get a token from the keeper, as `TokenKeeper.get` does."""
        asked_at = time.monotonic()
        token = await GET(keeper)
        self.over += asked_at >= token.usable_until
        self.usable_until[token.text] = max(self.usable_until.get(token.text, 0), token.usable_until)
        return token

    def watch(self) -> Callable[[TokenKeeper], Awaitable[Token]]:
        """Return what stands in for `TokenKeeper.get`."""

        async def get(keeper: TokenKeeper) -> Token:
            return await self.get(keeper)

        return get


@dataclass
class ResourceServer:
    """Takes requests with a valid token, and counts how often each request came."""

    tokens: TokenServer
    delay: float = 0.0
    refused: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)

    def __call__(self, request: Received) -> Reply:
        """Answer a request."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        over = time.monotonic() > self.tokens.ends.get(token, 0)
        if scheme != "Bearer" or over or token in self.tokens.revoked:
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
    resource = ResourceServer(tokens)
    async with run_receiver(tokens) as token_receiver, run_receiver(resource) as resource_receiver:
        yield OAuthPair(tokens, resource, token_receiver, resource_receiver)
