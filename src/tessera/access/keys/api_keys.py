"""API keys: what opens the management API. A key's text is known to its holder; the database keeps a keyed digest.

Nothing is cached: a key that is revoked, or disabled, opens nothing from the next request on, in every process.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tessera.access.keys.errors import (
    ApiKeyChainError,
    ApiKeyExceedsError,
    ApiKeyInvalidError,
    ApiKeyNotFoundError,
    ApiKeyRevokedError,
    ApiKeyScopeError,
)
from tessera.access.keys.store import api_keys as store
from tessera.access.roles import ADMIN_ROLE_ID, HeldRole, find_excess, find_unshaped, hold_roles, read_roles, unite
from tessera.platform.actors import LEVELS, Actor, ActorKind
from tessera.platform.assets import clean_label
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Row, Session
from tessera.platform.ids import new_random_ids
from tessera.platform.paging import Page
from tessera.platform.secrets import KeyRing

PREFIX = "tsr_"
DIGEST = "api-key"
HINT_LENGTH = 8
# Writing at every request would cost more than knowing the last second is worth.
TOUCH_EVERY = timedelta(minutes=1)
GRANT_MISSING = "Give the API key a role or a permission. A key without either may do nothing."


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key to make. `chains` None are all that its maker sees; `permissions` are held beside the roles.

    `whole` gives all that its maker may do. Without it, one of roles and permissions has to be given.
    """

    label: str
    chains: frozenset[UUID] | None = None
    permissions: frozenset[str] | None = None
    expires_at: datetime | None = None
    roles: frozenset[UUID] = frozenset()
    whole: bool = False

    def role_ids(self, maker: Actor) -> frozenset[UUID]:
        """Return the roles to bind the key to: what a maker of everything passes on whole is the role Admin."""
        return self.roles | {ADMIN_ROLE_ID} if self.whole and maker.permissions is None else self.roles

    def own(self, maker: Actor) -> frozenset[str]:
        """Return the permissions of its own."""
        asked = self.permissions or frozenset()
        return asked | (maker.permissions or frozenset()) if self.whole else asked


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is listed. `chains` None sees every chain.

    `permissions` are those of the roles, as they are now, together with the key's `own`; None may do everything.
    """

    id: UUID
    label: str
    hint: str
    chains: frozenset[UUID] | None
    permissions: frozenset[str] | None
    roles: tuple[HeldRole, ...]
    own: frozenset[str]
    enabled: bool
    created_at: datetime
    created_by: str
    created_by_kind: str | None
    created_by_id: UUID | None
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
    roles = {
        role.id: role for role in await hold_roles(session, actor, [r for one in new for r in one.role_ids(actor)])
    }
    made = [
        MadeApiKey(make_key(actor, item, key_id, text, now=now, roles=roles), text)
        for key_id, text, item in zip(new_random_ids(len(new)), [make_text() for _ in new], new, strict=True)
    ]
    await store.insert_keys(session, [row_of(item, keys) for item in made])
    await store.bind_roles(session, [(item.key.id, role.id) for item in made for role in item.key.roles])
    await record_entries(session, actor, [entry_of("created", item.key) for item in made])
    return made


async def list_api_keys(session: Session, actor: Actor) -> list[ApiKey]:
    """Return the keys that reach no further than the actor, newest first."""
    actor.require("api-keys:read")
    return [read_key(row) for row in await store.list_keys(session, chains=actor.reach())]


async def list_api_key_page(
    session: Session, actor: Actor, *, search: str = "", sort: str = "-created", number: int = 1, size: int = 50
) -> Page[ApiKey]:
    """Return a page of the keys within reach whose label or beginning holds the text."""
    actor.require("api-keys:read")
    sort = sort if sort in store.ORDERS else "-created"
    rows, total = await store.list_page(
        session, chains=actor.reach(), search=search, sort=sort, offset=(number - 1) * size, limit=size
    )
    return Page([read_key(row) for row in rows], total, number, size)


async def enable_api_key(session: Session, actor: Actor, key_id: UUID, *, enabled: bool) -> ApiKey:
    """Switch a key on or off; a revoked one stays as it is."""
    found = await get_changeable(session, actor, key_id)
    if found.revoked_at is not None:
        raise ApiKeyRevokedError(f"The API key {found.label} is revoked permanently. Make a new one.")
    await store.enable_keys(session, [key_id], enabled=enabled)
    await record_entries(session, actor, [entry_of("enabled" if enabled else "disabled", found)])
    return await get_api_key(session, actor, key_id)


async def revoke_api_key(session: Session, actor: Actor, key_id: UUID, *, now: datetime) -> ApiKey:
    """Revoke a key permanently; doing so again changes nothing."""
    found = await get_changeable(session, actor, key_id)
    if found.revoked_at is None:
        await store.revoke_keys(session, [key_id], now=now)
        await record_entries(session, actor, [entry_of("revoked", found)])
    return await get_api_key(session, actor, key_id)


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


async def find_key_holder(session: Session, key_id: UUID, *, now: datetime) -> Actor | None:
    """Return the actor that works in the name of a key without showing it; None where the key is not live."""
    rows = await store.list_keys(session, chains=None, ids=[key_id])
    key = read_key(rows[0]) if rows else None
    if key is None or not key.enabled or key.revoked_at is not None:
        return None
    if key.expires_at is not None and key.expires_at <= now:
        return None
    return Actor(ActorKind.API_KEY, key.id, key.label, key.chains, key.permissions)


async def get_api_key(session: Session, actor: Actor, key_id: UUID) -> ApiKey:
    """Return a key that reaches no further than the actor."""
    actor.require("api-keys:read")
    rows = await store.list_keys(session, chains=actor.reach(), ids=[key_id])
    if not rows:
        raise ApiKeyNotFoundError(f"There is no API key {key_id}. List the keys to find the one you mean.")
    return read_key(rows[0])


async def get_changeable(session: Session, actor: Actor, key_id: UUID) -> ApiKey:
    """Return a key that holds no more than the actor."""
    actor.require("api-keys:admin")
    key = await get_api_key(session, actor, key_id)
    excess = find_excess(actor, key.permissions)
    if excess:
        raise ApiKeyExceedsError(
            f"The API key {key.label} holds {excess}, which {actor.name} does not. Ask someone who holds as much."
        )
    return key


def check_key(actor: Actor, new: NewApiKey, now: datetime) -> None:
    """Refuse a label, permission or end that cannot be used, and more than the maker has."""
    clean_label(new.label, refusal=ApiKeyInvalidError)
    if new.permissions is None and not new.roles and not new.whole:
        raise ApiKeyInvalidError(GRANT_MISSING, field="role_ids")
    unshaped = find_unshaped(new.permissions or ())
    if unshaped is not None:
        raise ApiKeyInvalidError(
            f"{unshaped[:100]!r} is not a permission. Write a resource and one of {', '.join(LEVELS)}: members:read.",
            field="permissions",
        )
    if new.expires_at is not None and new.expires_at <= now:
        raise ApiKeyInvalidError("The key would be expired already. Choose a later moment.", field="expires_at")
    chains = actor.chains if new.chains is None else new.chains
    # What the roles give is looked at where they are read: an actor cannot grant a role that has more than they do.
    check_reach(actor, new.label, chains, new.own(actor))


def check_reach(actor: Actor, label: str, chains: frozenset[UUID] | None, permissions: frozenset[str] | None) -> None:
    """Raise where the key would see or do what the actor cannot."""
    if actor.chains is not None:
        for chain_id in sorted((chains or frozenset()) - actor.chains):
            raise ApiKeyChainError(f"There is no chain {chain_id} within reach of {actor.name}.", field="chain_ids")
    excess = find_excess(actor, permissions)
    if excess:
        raise ApiKeyScopeError(f"{actor.name} lacks {excess}, so the API key {label} cannot have it. Leave it out.")


def make_key(
    actor: Actor,
    new: NewApiKey,
    key_id: UUID,
    text: str,
    *,
    now: datetime,
    roles: Mapping[UUID, HeldRole],
) -> ApiKey:
    """Return the key as it will be stored; where no chains are asked for, it sees those of its maker."""
    held = tuple(roles[role_id] for role_id in sorted(new.role_ids(actor)))
    own = new.own(actor)
    return ApiKey(
        id=key_id,
        label=new.label.strip(),
        hint=text[:HINT_LENGTH],
        chains=actor.chains if new.chains is None else new.chains,
        permissions=unite(own, held),
        roles=held,
        own=own,
        enabled=True,
        created_at=now,
        created_by=actor.name,
        created_by_kind=actor.kind.value,
        created_by_id=actor.id,
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
        "permissions": sorted(key.own),
        "created_at": key.created_at,
        "created_by": key.created_by,
        "created_by_kind": key.created_by_kind,
        "created_by_id": key.created_by_id,
        "expires_at": key.expires_at,
    }


def read_key(row: Row) -> ApiKey:
    """Turn a stored row into the value that others see."""
    values = {name: value for name, value in row.items() if name not in {"chain_ids", "permissions", "roles"}}
    chains, own, roles = row["chain_ids"], frozenset(row["permissions"]), read_roles(row["roles"])
    return ApiKey(
        chains=None if chains is None else frozenset(chains),
        permissions=unite(own, roles),
        roles=roles,
        own=own,
        **values,
    )


def entry_of(action: str, key: ApiKey) -> Entry:
    """Return what the audit log keeps; of a new key also how far it reaches."""
    after = None
    if action == "created":
        after = {
            "chain_ids": None if key.chains is None else sorted(map(str, key.chains)),
            "permissions": sorted(key.own),
            "roles": [role.label for role in key.roles],
        }
    return Entry(action, "api_key", key.id, key.label, after=after)
