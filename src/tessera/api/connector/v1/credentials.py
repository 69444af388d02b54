"""Credentials in the body: read before anything else of it, and turned into who asks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from tessera.api.connector.v1.calls import Call
from tessera.api.connector.v1.decoding import decode
from tessera.api.connector.v1.refusals import CredentialsError, invalid
from tessera.loyalty import resolve_scope
from tessera.platform.auth import Actor, ActorKind
from tessera.platform.db import Session
from tessera.platform.ground import Ground

CLIENT_TOKEN, ACCESS_TOKEN = "client-token", "access-token"


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


def read_credentials(ground: Ground, body: bytes) -> Digests:
    """Return what is needed to look the tokens up; raise where one is missing."""
    given = decode(body, Credentials)
    for text in (given.client_token, given.access_token):
        if not isinstance(text, str) or not text:
            raise CredentialsError("Invalid ClientToken or AccessToken.")
    return Digests(
        ground.keys.digest(given.client_token, CLIENT_TOKEN),
        ground.keys.digest(given.access_token, ACCESS_TOKEN),
        given.client,
    )


async def identify(
    session: Session, ground: Ground, digests: Digests, *, now: datetime, request_id: UUID, origin: str | None
) -> Call:
    """Return the call of a known pair of tokens; raise for an unknown one, or beyond the request limit."""
    scope = await resolve_scope(
        session,
        client_digest=digests.client,
        access_digest=digests.access,
        limit=ground.settings.connector_request_limit,
        now=now,
    )
    if scope is None:
        raise CredentialsError("Invalid ClientToken or AccessToken.")
    actor = Actor(
        ActorKind.ACCESS_TOKEN,
        scope.access_token_id,
        scope.name,
        chains=frozenset(scope.chain_ids),
        permissions=scope.permissions,
        origin=origin,
        request_id=str(request_id),
    )
    return Call(
        session,
        actor,
        now,
        portfolio=scope.portfolio,
        enterprise_ids=scope.enterprise_ids,
        chain_ids=scope.chain_ids,
        strict=ground.settings.connector_strict,
    )


def check_client(call: Call, name: Any) -> None:
    """Raise where the client gives no name, which only a strict door minds, or one that is no text."""
    if (call.strict and not name) or not isinstance(name, str | None):
        raise invalid("Client")
