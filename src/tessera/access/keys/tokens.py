"""Connector API credentials: client tokens, access tokens, and what a pair of them may touch."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from msgspec.structs import replace

from tessera.access.chains import EnterpriseNotFoundError, list_enterprises
from tessera.access.keys.errors import (
    RequestLimitError,
    TokenExceedsError,
    TokenLabelError,
    TokenNotFoundError,
    TokenPermissionError,
    TokenReachError,
    TokenRevokedError,
    TokenScopeError,
)
from tessera.access.keys.store import tokens as store
from tessera.access.keys.store import windows as window_store
from tessera.access.keys.values import TOKEN_PERMISSIONS, MadeToken, NewAccessToken, Scope, Token
from tessera.platform.actors import Actor
from tessera.platform.assets import clean_label
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Reader, Session
from tessera.platform.ids import new_ids
from tessera.platform.paging import Page

CLIENT = "client-token"
ACCESS = "access-token"
REQUEST_WINDOW = timedelta(seconds=30)


class Digests(Protocol):
    """What is needed of the key ring: a keyed hash to look texts up by."""

    def digest(self, text: str, purpose: str) -> bytes:
        """Return the hash of the text for this purpose."""
        ...


def make_text() -> str:
    """Return a new credential in the contract's shape: 32 and 31 upper-case hex characters."""
    digits = secrets.token_hex(32).upper()
    return f"{digits[:32]}-{digits[32:63]}"


async def create_client_tokens(
    session: Session,
    actor: Actor,
    keys: Digests,
    labels: Sequence[str],
    *,
    now: datetime,
    texts: Sequence[str] | None = None,
) -> list[MadeToken]:
    """Create applications' credentials; their plain texts are returned this once. Only the demo brings texts along."""
    labels = [clean_label(label, refusal=TokenLabelError) for label in labels]
    texts = texts or [make_text() for _ in labels]
    made = [MadeToken(*parts) for parts in zip(new_ids(len(labels)), labels, texts, strict=True)]
    digests = [keys.digest(token.text, CLIENT) for token in made]
    await store.insert_client_tokens(session, [token.id for token in made], digests, labels, now)
    await record_entries(session, actor, [Entry("created", "client_token", item.id, item.label) for item in made])
    return made


async def create_access_tokens(
    session: Session,
    actor: Actor,
    keys: Digests,
    items: Sequence[NewAccessToken],
    *,
    now: datetime,
    texts: Sequence[str] | None = None,
) -> list[MadeToken]:
    """Create connections' credentials; every enterprise must be one that the actor sees."""
    items = [replace(item, label=clean_label(item.label, refusal=TokenLabelError)) for item in items]
    check_permissions(actor, items)
    await check_clients(session, items)
    await check_enterprises(session, actor, items)
    texts = texts or [make_text() for _ in items]
    made = [
        MadeToken(made_id, item.label, text)
        for made_id, item, text in zip(new_ids(len(items)), items, texts, strict=True)
    ]
    digests = [keys.digest(token.text, ACCESS) for token in made]
    await store.insert_access_tokens(session, [token.id for token in made], digests, items, now)
    await record_entries(session, actor, [Entry("created", "access_token", item.id, item.label) for item in made])
    return made


def check_permissions(actor: Actor, items: Sequence[NewAccessToken]) -> None:
    """Raise for a permission that no operation of the Connector API asks for, or that the actor lacks."""
    for item in items:
        for permission in item.permissions:
            if permission not in TOKEN_PERMISSIONS:
                raise TokenPermissionError(
                    f"The access token {item.label} cannot have the permission {permission[:100]}."
                    f" Choose among {', '.join(TOKEN_PERMISSIONS)}.",
                    field="permissions",
                )
            actor.require(permission)


async def check_clients(session: Session, items: Sequence[NewAccessToken]) -> None:
    """Raise unless every client token exists and is not revoked."""
    wanted = {item.client_token_id for item in items}
    for missing in sorted(wanted - await store.find_live_clients(session, sorted(wanted))):
        raise TokenNotFoundError(
            f"There is no client token {missing}, or it is revoked. Choose another, or make one.",
            field="client_token_id",
        )


async def check_enterprises(session: Session, actor: Actor, items: Sequence[NewAccessToken]) -> None:
    """Raise unless each token reaches enterprises that exist within the actor's chains, an ordinary one exactly one."""
    wanted = {enterprise_id for item in items for enterprise_id in item.enterprise_ids}
    found = {enterprise.id for enterprise in await list_enterprises(session, actor, ids=sorted(wanted))}
    for enterprise_id in sorted(wanted - found):
        raise EnterpriseNotFoundError(
            f"There is no enterprise {enterprise_id} within reach of {actor.name}.", field="enterprise_ids"
        )
    for item in items:
        if not item.enterprise_ids or (not item.portfolio and len(item.enterprise_ids) != 1):
            raise TokenScopeError(
                f"The access token {item.label} needs one enterprise; with several it is a portfolio.",
                field="enterprise_ids",
            )


async def find_scope(
    session: Session | Reader, *, client_digest: bytes, access_digest: bytes, now: datetime
) -> Scope | None:
    """Return what the pair of credentials may touch; None where either is unknown, off, expired or not of the other."""
    return await store.find_scope(session, client_digest=client_digest, access_digest=access_digest, now=now)


async def admit_request(session: Session | Reader, access_token_id: UUID, *, limit: int, now: datetime) -> None:
    """Count one request of an access token; raise beyond `limit` in the window.

    Inside a transaction other requests of the same token wait for its end: ask a reader, or commit before going on.
    """
    wait = await window_store.admit_request(session, access_token_id, limit=limit, window=REQUEST_WINDOW, now=now)
    if wait is not None:
        raise RequestLimitError(
            f"More than {limit} requests in {REQUEST_WINDOW.seconds} seconds. Wait and try again.",
            retry_after=wait.total_seconds(),
        )


async def list_tokens(session: Session, actor: Actor) -> list[Token]:
    """Return the credentials within the actor's chains, without their texts, oldest first."""
    return await store.select_tokens(session, actor.reach())


async def list_token_page(
    session: Session,
    actor: Actor,
    *,
    client: bool,
    search: str = "",
    sort: str = "-created",
    number: int = 1,
    size: int = 50,
) -> Page[Token]:
    """Return a page of the client tokens, or of the access tokens, whose label holds the text."""
    items, total = await store.select_token_page(
        session,
        actor.reach(),
        client=client,
        search=search,
        sort=sort if sort in store.ORDERS else "-created",
        offset=(number - 1) * size,
        limit=size,
    )
    return Page(items, total, number, size)


async def get_token(session: Session, actor: Actor, token_id: UUID) -> Token:
    """Return one credential within the actor's chains."""
    return find_token(await list_tokens(session, actor), token_id)


def find_token(tokens: Sequence[Token], token_id: UUID) -> Token:
    """Return the credential with this id, or raise."""
    for token in tokens:
        if token.id == token_id:
            return token
    raise TokenNotFoundError(f"There is no client token or access token {token_id}.", token_id=token_id)


async def enable_token(session: Session, actor: Actor, token_id: UUID, *, enabled: bool) -> None:
    """Switch a credential on or off, but not a revoked one; with a client token go all its access tokens."""
    token = await get_changeable(session, actor, token_id)
    if token.revoked_at is not None:
        raise TokenRevokedError(f"The token {token.label} is revoked permanently. Make a new one.")
    await store.enable_token(session, token, enabled=enabled)
    await record_change(session, actor, token, "enabled" if enabled else "disabled")


async def revoke_token(session: Session, actor: Actor, token_id: UUID, *, now: datetime) -> None:
    """Revoke a credential permanently, a client token with all its access tokens; doing so again changes nothing."""
    token = await get_changeable(session, actor, token_id)
    if token.revoked_at is None:
        await store.revoke_token(session, token, now=now)
        await record_change(session, actor, token, "revoked")


async def is_token_changeable(session: Session, actor: Actor, token_id: UUID) -> bool:
    """Say whether the actor may switch and revoke a credential, as far as what it holds and reaches."""
    try:
        await get_changeable(session, actor, token_id)
    except (TokenExceedsError, TokenReachError):
        return False
    return True


async def get_changeable(session: Session, actor: Actor, token_id: UUID) -> Token:
    """Return a credential whose switching touches no chain beyond the actor's, and no token that holds more."""
    every = await list_tokens(session, actor)
    token, chains = find_token(every, token_id), actor.reach()
    if token.client_token_id is None and chains is not None and await store.reaches_beyond(session, token_id, chains):
        raise TokenReachError(
            f"The client token {token.label} has access tokens of other chains. Switch the access tokens of your"
            " own chains instead, or ask an administrator who sees every chain."
        )
    touched = [each for each in every if token_id in (each.id, each.client_token_id) and each.revoked_at is None]
    for each in touched:
        lacking = next((permission for permission in each.permissions if not actor.may(permission)), None)
        if lacking is not None:
            raise TokenExceedsError(
                f"The access token {each.label} holds the permission {lacking}, which {actor.name} does not."
                " Ask someone who holds as much."
            )
    return token


async def record_change(session: Session, actor: Actor, token: Token, action: str) -> None:
    """Write the audit entry."""
    kind = "client_token" if token.client_token_id is None else "access_token"
    await record_entries(session, actor, [Entry(action, kind, token.id, token.label)])
