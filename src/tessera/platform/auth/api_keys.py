"""API keys: what opens the management API. A key's text is known to its holder; the database keeps a keyed digest.

Nothing is cached: a key that is revoked, or switched off, opens nothing from the next request on, in every process.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tessera.platform.actors import LEVELS, Actor, ActorKind, is_permission
from tessera.platform.audit import Entry, record_entries
from tessera.platform.auth import key_store as store
from tessera.platform.auth.errors import (
    ApiKeyChainError,
    ApiKeyInvalidError,
    ApiKeyNotFoundError,
    ApiKeyRevokedError,
    ApiKeyScopeError,
)
from tessera.platform.db import Row, Session
from tessera.platform.ids import new_ids
from tessera.platform.secrets import KeyRing

PREFIX = "tsr_"
DIGEST = "api-key"
HINT_LENGTH = 8
# Writing at every request would cost more than knowing the last second is worth.
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key to make. `chains` and `permissions` None are all that its maker has."""

    label: str
    chains: frozenset[UUID] | None = None
    permissions: frozenset[str] | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is listed. `chains` None sees every chain; `permissions` None may do everything."""

    id: UUID
    label: str
    hint: str
    chains: frozenset[UUID] | None
    permissions: frozenset[str] | None
    enabled: bool
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class MadeApiKey:
    """A key just made: the only time its text is seen."""

    key: ApiKey
    text: str


async def create_api_keys(
    session: Session, actor: Actor, keys: KeyRing, new: Sequence[NewApiKey], *, now: datetime
) -> list[MadeApiKey]:
    """Create keys, all or none; a key never has more than its maker."""
    actor.require("api-keys:admin")
    for item in new:
        check_key(actor, item, now)
    made = [
        MadeApiKey(make_key(actor, item, key_id, text, now=now), text)
        for key_id, text, item in zip(new_ids(len(new)), [make_text() for _ in new], new, strict=True)
    ]
    await store.insert_keys(session, [row_of(item, keys) for item in made])
    await record_entries(session, actor, [entry_of("created", item.key) for item in made])
    return made


async def list_api_keys(
    session: Session, actor: Actor, *, after: UUID | None = None, count: int | None = None
) -> list[ApiKey]:
    """Return the keys that reach no further than the actor, newest first, from below the key `after`."""
    actor.require("api-keys:read")
    return [read_key(row) for row in await store.list_keys(session, chains=reach_of(actor), after=after, count=count)]


async def enable_api_key(session: Session, actor: Actor, key_id: UUID, *, enabled: bool) -> ApiKey:
    """Switch a key on or off; a revoked one stays as it is."""
    found = await get_key(session, actor, key_id)
    if found.revoked_at is not None:
        raise ApiKeyRevokedError(f"The API key {found.label} is revoked for ever. Make a new one.")
    if enabled:
        check_reach(actor, found.label, found.chains, found.permissions)
    await store.enable_keys(session, [key_id], enabled=enabled)
    await record_entries(session, actor, [entry_of("enabled" if enabled else "disabled", found)])
    return await get_key(session, actor, key_id)


async def revoke_api_key(session: Session, actor: Actor, key_id: UUID, *, now: datetime) -> ApiKey:
    """End a key for ever; once more changes nothing."""
    found = await get_key(session, actor, key_id)
    if found.revoked_at is None:
        await store.revoke_keys(session, [key_id], now=now)
        await record_entries(session, actor, [entry_of("revoked", found)])
    return await get_key(session, actor, key_id)


async def find_api_key_actor(
    session: Session,
    keys: KeyRing,
    text: str,
    *,
    now: datetime,
    origin: str | None = None,
    request_id: str | None = None,
) -> Actor | None:
    """Return the actor that a live key makes of its holder; None where it is unknown, off, expired or revoked."""
    row = await store.find_live_key(session, keys.digest(text, DIGEST), now)
    if row is None:
        return None
    if row["used_at"] is None or now - row["used_at"] >= TOUCH_EVERY:
        await store.set_used(session, row["id"], now)
    key = read_key(row)
    return Actor(ActorKind.API_KEY, key.id, key.label, key.chains, key.permissions, origin, request_id)


async def get_key(session: Session, actor: Actor, key_id: UUID) -> ApiKey:
    """Return a key that reaches no further than the actor, who may change it."""
    actor.require("api-keys:admin")
    rows = await store.list_keys(session, chains=reach_of(actor), ids=[key_id])
    if not rows:
        raise ApiKeyNotFoundError(f"There is no API key {key_id}. List the keys to find the one you mean.")
    return read_key(rows[0])


def check_key(actor: Actor, new: NewApiKey, now: datetime) -> None:
    """Refuse a label, permission or end that cannot be used, and more than the maker has."""
    if not 1 <= len(new.label.strip()) <= 255:
        raise ApiKeyInvalidError("The label needs 1 to 255 characters.", field="label")
    for permission in sorted(new.permissions or ()):
        if not is_permission(permission):
            raise ApiKeyInvalidError(
                f"{permission!r} is no permission. Write a resource and one of {', '.join(LEVELS)}: members:read.",
                field="permissions",
            )
    if new.expires_at is not None and new.expires_at <= now:
        raise ApiKeyInvalidError("The key would be expired already. Choose a later moment.", field="expires_at")
    chains = actor.chains if new.chains is None else new.chains
    permissions = actor.permissions if new.permissions is None else new.permissions
    check_reach(actor, new.label, chains, permissions)


def check_reach(actor: Actor, label: str, chains: frozenset[UUID] | None, permissions: frozenset[str] | None) -> None:
    """Raise where the key would see or do what the actor cannot."""
    if actor.chains is not None:
        for chain_id in sorted((chains or frozenset()) - actor.chains):
            raise ApiKeyChainError(f"There is no chain {chain_id} within reach of {actor.name}.", field="chain_ids")
    if permissions is None and actor.permissions is not None:
        raise ApiKeyScopeError(f"The API key {label} may do everything, which {actor.name} may not.")
    for permission in sorted(permissions or ()):
        if not actor.may(permission):
            raise ApiKeyScopeError(
                f"{actor.name} lacks the permission {permission}, so the API key {label} cannot have it. Leave it out."
            )


def make_key(actor: Actor, new: NewApiKey, key_id: UUID, text: str, *, now: datetime) -> ApiKey:
    """Return the key as it will be stored, with what its maker has where nothing narrower is asked for."""
    return ApiKey(
        id=key_id,
        label=new.label.strip(),
        hint=text[:HINT_LENGTH],
        chains=actor.chains if new.chains is None else new.chains,
        permissions=actor.permissions if new.permissions is None else new.permissions,
        enabled=True,
        created_at=now,
        created_by=actor.name,
        expires_at=new.expires_at,
        revoked_at=None,
        used_at=None,
    )


def make_text() -> str:
    """Draw the text of a key: 43 characters after the prefix, of 256 random bits."""
    return f"{PREFIX}{secrets.token_urlsafe(32)}"


def row_of(made: MadeApiKey, keys: KeyRing) -> dict[str, object]:
    """Return what is stored of a key just made."""
    key = made.key
    return {
        "id": key.id,
        "digest": keys.digest(made.text, DIGEST),
        "label": key.label,
        "hint": key.hint,
        "chain_ids": None if key.chains is None else sorted(key.chains),
        "permissions": None if key.permissions is None else sorted(key.permissions),
        "created_at": key.created_at,
        "created_by": key.created_by,
        "expires_at": key.expires_at,
    }


def read_key(row: Row) -> ApiKey:
    """Turn a stored row into the value that others see."""
    values = {name: value for name, value in row.items() if name not in {"chain_ids", "permissions"}}
    chains, permissions = row["chain_ids"], row["permissions"]
    return ApiKey(
        chains=None if chains is None else frozenset(chains),
        permissions=None if permissions is None else frozenset(permissions),
        **values,
    )


def entry_of(action: str, key: ApiKey) -> Entry:
    """Return what the audit trail keeps; of a new key also how far it reaches."""
    after = None
    if action == "created":
        after = {
            "chain_ids": None if key.chains is None else sorted(map(str, key.chains)),
            "permissions": None if key.permissions is None else sorted(key.permissions),
        }
    return Entry(action, "api_key", key.id, key.label, after=after)


def reach_of(actor: Actor) -> list[UUID] | None:
    """Return the actor's chains, None for every chain."""
    return None if actor.chains is None else sorted(actor.chains)
