"""What is done to users after they are made: changed, deleted, signed out everywhere, given a new password.

A user who holds more than the actor cannot be changed: a new password would open the rest to the actor.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET, UnsetType

from tessera.access.passwords import check_password, hash_password
from tessera.access.roles import (
    LastAdministratorError,
    find_excess,
    find_foreign_chain,
    guard_administrators,
    has_other_administrator,
    hold_roles,
    unite,
)
from tessera.access.users.errors import UserExceedsError, UserNotFoundError
from tessera.access.users.store import lists as user_store
from tessera.access.users.store import records, sessions
from tessera.access.users.users import (
    User,
    check_chains,
    check_email,
    check_emails,
    check_name,
    check_own,
    check_permissions,
    get_user,
    recorded_values,
    write_emails,
)
from tessera.platform.actors import Actor
from tessera.platform.assets import changed_meanwhile, check_version, differences
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session


@dataclass(frozen=True, slots=True)
class UserChange:
    """What to change of a user; what is unset stays. `permissions` are held beside the roles."""

    email: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    roles: frozenset[UUID] | UnsetType = UNSET
    permissions: frozenset[str] | UnsetType = UNSET
    chains: frozenset[UUID] | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


async def update_user(
    session: Session, actor: Actor, user_id: UUID, change: UserChange, *, version: int | None, now: datetime
) -> User:
    """Change a user; with a version only while it still is that one. A disabled user is signed out everywhere."""
    before = await get_changeable(session, actor, user_id, version)
    wanted = await apply_change(session, actor, before, change)
    if before.is_administrator and not wanted.is_administrator:
        await keep_administrator(session, before)
    values = {
        "id": user_id,
        "version": before.version,
        "email": wanted.email,
        "name": wanted.name,
        "chain_ids": None if wanted.chains is None else sorted(wanted.chains),
        "permissions": sorted(wanted.own),
        "enabled": wanted.enabled,
        "now": now,
    }
    if not await write_emails(session, user_store.update_user(session, values), [wanted.email.lower()]):
        raise changed_meanwhile(f"The user {before.email}")
    if change.roles is not UNSET:
        await user_store.set_roles(session, user_id, [role.id for role in wanted.roles])
    if before.enabled and not wanted.enabled:
        await sessions.delete_sessions_of(session, user_id)
    old, new = differences(recorded_values(before), recorded_values(wanted))
    if new:
        action = "updated" if set(new) != {"enabled"} else "enabled" if wanted.enabled else "disabled"
        await record_entries(session, actor, [Entry(action, "user", user_id, wanted.email, before=old, after=new)])
    return replace(wanted, version=before.version + 1)


async def apply_change(session: Session, actor: Actor, before: User, change: UserChange) -> User:
    """Return the user as wanted, every property of which can be used and given by the actor."""
    asked: dict[str, Any] = {
        name: getattr(before, "own" if name == "permissions" else name)
        if getattr(change, name) is UNSET
        else getattr(change, name)
        for name in ("email", "name", "permissions", "chains", "enabled")
    }
    email = check_email(asked["email"])
    check_name(asked["name"])
    check_permissions(asked["permissions"])
    check_own(actor, asked["permissions"])
    check_chains(actor, asked["chains"])
    if email.lower() != before.email.lower():
        await check_emails(session, [email.lower()])
    roles = before.roles if change.roles is UNSET else await hold_roles(session, actor, sorted(change.roles))
    return replace(
        before,
        email=email,
        name=asked["name"].strip(),
        own=asked["permissions"],
        roles=roles,
        permissions=unite(asked["permissions"], roles),
        chains=asked["chains"],
        enabled=asked["enabled"],
    )


async def delete_user(session: Session, actor: Actor, user_id: UUID, *, version: int | None = None) -> None:
    """Delete a user with all sessions; what the user did stays in the audit log."""
    user = await get_changeable(session, actor, user_id, version)
    if user.is_administrator:
        await keep_administrator(session, user)
    if not await user_store.delete_user(session, user_id, user.version):
        raise changed_meanwhile(f"The user {user.email}")
    await record_entries(session, actor, [Entry("deleted", "user", user_id, user.email, before=recorded_values(user))])


async def end_sessions(session: Session, actor: Actor, user_id: UUID) -> None:
    """Sign a user out of every browser."""
    user = await get_changeable(session, actor, user_id, None)
    await sessions.delete_sessions_of(session, user_id)
    await record_entries(session, actor, [Entry("session_ended", "user", user_id, user.email)])


async def change_password(session: Session, actor: Actor, *, user_id: UUID, password: str, now: datetime) -> None:
    """Replace a user's password and end every session of theirs."""
    if actor.id != user_id:
        await get_changeable(session, actor, user_id, None)
    check_password(password)
    if not await records.set_password(session, user_id, await hash_password(password), now):
        raise UserNotFoundError(f"There is no user {user_id}. List the users to find the one you mean.")
    await sessions.delete_sessions_of(session, user_id)
    (row,) = await records.find_users(session, [user_id])
    await record_entries(session, actor, [Entry("password_changed", "user", user_id, row["email"])])


async def get_changeable(session: Session, actor: Actor, user_id: UUID, version: int | None) -> User:
    """Return a user who holds no more than the actor, in the version that the caller saw."""
    actor.require("users:admin")
    user = await get_user(session, actor, user_id)
    check_version(f"The user {user.email}", user.version, version)
    excess = find_foreign_chain(actor, user.chains) or find_excess(actor, user.permissions)
    if excess:
        raise UserExceedsError(
            f"{user.name} holds {excess}, which {actor.name} does not. Ask a user who holds as much."
        )
    return user


async def keep_administrator(session: Session, user: User) -> None:
    """Raise where the user is the last who may do everything."""
    await guard_administrators(session)
    if not await has_other_administrator(session, user_id=user.id):
        raise LastAdministratorError(
            f"{user.name} is the last enabled user who may do everything in every chain."
            " Give another user the role Admin first."
        )
