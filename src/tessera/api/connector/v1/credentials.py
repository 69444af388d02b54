"""Credentials in the body: read before anything else of it, and turned into who asks."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from tessera.access.keys import Scope, find_scope
from tessera.api.connector.v1.refusals import CredentialsError, invalid
from tessera.api.connector.v1.request_bodies import decode
from tessera.platform.actors import Actor, ActorKind
from tessera.platform.resources import Resources

CLIENT_TOKEN, ACCESS_TOKEN = "client-token", "access-token"
# A revoked token is refused everywhere within two seconds: one for this memory, one for the way.
REMEMBERED_SECONDS = 1.0
MOST_REMEMBERED = 10_000


class Credentials(Struct, rename="pascal"):
    """The members that open the door; whatever is in them is looked at only after they were found."""

    client_token: Any = None
    access_token: Any = None
    client: Any = None


class Digests(Struct, frozen=True):
    """Keyed hashes of both tokens, by which they are looked up, and the client's name for itself."""

    client: bytes
    access: bytes
    name: Any


class Scopes:
    """What pairs of tokens may touch, remembered for a moment: most callers ask again at once."""

    def __init__(self, seconds: float = REMEMBERED_SECONDS, timer: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._timer = timer
        self._known: dict[tuple[bytes, bytes], tuple[float, Scope]] = {}

    async def get(self, resources: Resources, digests: Digests, now: datetime) -> Scope:
        """Return the scope of a known pair of tokens; raise for an unknown one."""
        key = digests.client, digests.access
        found = self._known.get(key)
        if found is None or self._timer() - found[0] >= self._seconds:
            scope = await self._look_up(resources, digests, now)
        else:
            scope = found[1]
        if scope is None or (scope.expires_at is not None and scope.expires_at <= now):
            raise CredentialsError("Invalid ClientToken or AccessToken.")
        return scope

    async def _look_up(self, resources: Resources, digests: Digests, now: datetime) -> Scope | None:
        """Ask the database; only what is good is remembered."""
        key, asked_at = (digests.client, digests.access), self._timer()
        scope = await find_scope(
            resources.database.reader, client_digest=digests.client, access_digest=digests.access, now=now
        )
        if scope is None:
            self._known.pop(key, None)
            return None
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[key] = asked_at, scope
        return scope


def read_credentials(resources: Resources, body: bytes) -> Digests:
    """Return what is needed to look the tokens up; raise where one is missing."""
    given = decode(body, Credentials)
    for text in (given.client_token, given.access_token):
        if not isinstance(text, str) or not text:
            raise CredentialsError("Invalid ClientToken or AccessToken.")
    return Digests(
        resources.keys.digest(given.client_token, CLIENT_TOKEN),
        resources.keys.digest(given.access_token, ACCESS_TOKEN),
        given.client,
    )


def actor_of(scope: Scope, *, request_id: UUID, origin: str | None) -> Actor:
    """Return the actor of a scope."""
    return Actor(
        ActorKind.ACCESS_TOKEN,
        scope.access_token_id,
        scope.name,
        chains=frozenset(scope.chain_ids),
        permissions=scope.permissions,
        origin=origin,
        request_id=str(request_id),
    )


def check_client(name: Any, *, strict: bool) -> None:
    """Raise where the client gives no name, which only a strict door minds, or one that is not a text."""
    if (strict and not name) or not isinstance(name, str | None):
        raise invalid("Client")
