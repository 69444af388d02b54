"""Roles: named sets of permissions, the same for every chain. Users hold them, and API keys are bound to them.

A change acts on every holder's next request: roles are read with the session or key that a request brings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET, UnsetType
from sqlalchemy.exc import IntegrityError

from tessera.access.roles.errors import (
    GrantExceedsError,
    LastAdministratorError,
    RoleBuiltInError,
    RoleExceedsError,
    RoleInUseError,
    RoleInvalidError,
    RoleNotFoundError,
    RoleReachError,
    RoleTakenError,
)
from tessera.access.roles.grants import HeldRole, as_set, find_excess, find_unknown, read_roles
from tessera.access.roles.store import roles as store
from tessera.access.roles.store.administrators import guard_administrators, has_other_administrator
from tessera.platform.actors import Actor
from tessera.platform.assets import changed_meanwhile, check_description, check_version, clean_label, differences
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Row, Session
from tessera.platform.ids import new_random_id, parse_id
from tessera.platform.names import derive_internal_name, is_internal_name, next_free_name
from tessera.platform.paging import Page

LONGEST_LABEL, LONGEST_DESCRIPTION = 100, 1000
MOST_HOLDERS = 20


@dataclass(frozen=True, slots=True)
class Role:
    """A role. `permissions` None is everything; `users` and `api_keys` are how many hold it."""

    id: UUID
    label: str
    internal_name: str
    description: str
    permissions: frozenset[str] | None
    built_in: bool
    version: int
    created_at: datetime
    created_by: str
    created_by_kind: str | None
    created_by_id: UUID | None
    updated_at: datetime
    updated_by: str
    updated_by_kind: str | None
    updated_by_id: UUID | None
    users: int
    api_keys: int


@dataclass(frozen=True, slots=True)
class NewRole:
    """A role to make; without an internal name it gets one made from its label."""

    label: str
    permissions: frozenset[str] | None
    description: str = ""
    internal_name: str | None = None


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What to change of a role; what is unset stays."""

    label: str | UnsetType = UNSET
    internal_name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    permissions: frozenset[str] | UnsetType | None = UNSET


async def create_role(session: Session, actor: Actor, new: NewRole, *, now: datetime) -> Role:
    """Store a role."""
    require_changer(actor)
    taken = {row["name"] for row in await store.list_names(session)}
    label, role_id = new.label.strip(), new_random_id()
    values = {
        "id": role_id,
        "label": label,
        "internal_name": new.internal_name or next_free_name(derive_internal_name(label, "role"), taken),
        "description": new.description.strip(),
        "permissions": new.permissions,
    }
    check_role(values)
    check_grant(actor, label, new.permissions)
    await check_free(session, values, besides=None)
    if not await store.insert_role(session, stored_values(values, actor, now)):
        # Another role got the label or the name after the check.
        await check_free(session, values, besides=None)
        raise label_taken(label)
    role = await get_role(session, actor, role_id)
    await record_entries(session, actor, [Entry("created", "role", role.id, role.label, after=recorded_values(role))])
    return role


async def list_roles(session: Session, actor: Actor) -> list[Role]:
    """Return every role by label."""
    actor.require("roles:read")
    return [read_role(row) for row in await store.list_roles(session, actor.reach())]


async def list_role_page(
    session: Session, actor: Actor, *, search: str = "", sort: str = "label", number: int = 1, size: int = 50
) -> Page[Role]:
    """Return a page of the roles whose label, internal name or description holds the text."""
    actor.require("roles:read")
    sort = sort if sort in store.ORDERS else "label"
    rows, total = await store.list_page(
        session, chains=actor.reach(), search=search, sort=sort, offset=(number - 1) * size, limit=size
    )
    return Page([read_role(row) for row in rows], total, number, size)


async def get_role(session: Session, actor: Actor, role_id: UUID) -> Role:
    """Return one role."""
    actor.require("roles:read")
    rows = await store.find_roles(session, [role_id], actor.reach())
    if not rows:
        raise RoleNotFoundError(f"There is no role {role_id}. List the roles to find the one you mean.")
    return read_role(rows[0])


async def find_role(session: Session, actor: Actor, text: str) -> Role:
    """Return the role with this id or internal name, or raise."""
    actor.require("roles:read")
    role_id = parse_id(text)
    if role_id is not None:
        return await get_role(session, actor, role_id)
    row = await store.find_role_by_name(session, text, actor.reach())
    if row is None:
        raise RoleNotFoundError(f"There is no role {text[:100]!r}. `tessera role list` shows all.")
    return read_role(row)


async def update_role(
    session: Session, actor: Actor, role_id: UUID, change: RoleChange, *, version: int | None, now: datetime
) -> Role:
    """Change a role; with a version only while it still is that one."""
    before = await get_changeable(session, actor, role_id, version)
    values = {
        name: getattr(before, name) if getattr(change, name) is UNSET else getattr(change, name)
        for name in ("label", "internal_name", "description", "permissions")
    }
    values = {"id": role_id, **values, "label": values["label"].strip(), "description": values["description"].strip()}
    check_role(values)
    check_grant(actor, values["label"], values["permissions"])
    await check_free(session, values, besides=role_id)
    if before.permissions is None and values["permissions"] is not None:
        await keep_administrator(session, before)
    try:
        async with session.begin_nested():
            won = await store.update_role(session, {**stored_values(values, actor, now), "version": before.version})
    except IntegrityError:
        # Another role got the label or the name after the check.
        await check_free(session, values, besides=role_id)
        raise
    if not won:
        raise changed_meanwhile(f"The role {before.label}")
    after = await get_role(session, actor, role_id)
    old, new = differences(recorded_values(before), recorded_values(after))
    if new:
        await record_entries(session, actor, [Entry("updated", "role", role_id, after.label, before=old, after=new)])
    return after


async def delete_role(session: Session, actor: Actor, role_id: UUID, *, version: int | None = None) -> None:
    """Delete a role that is not held."""
    role = await get_changeable(session, actor, role_id, version)
    await store.lock_role(session, role_id)
    holders = await store.list_holders(session, role_id, MOST_HOLDERS)
    if holders:
        names = ", ".join(holder["name"] for holder in holders)
        raise RoleInUseError(
            f"The role {role.label} is held by {names}{' and others' * (len(holders) == MOST_HOLDERS)}."
            " Give them another role first.",
            holders=[{"kind": row["kind"], "id": str(row["id"]), "name": row["name"]} for row in holders],
        )
    if not await store.delete_role(session, role_id, role.version):
        raise changed_meanwhile(f"The role {role.label}")
    await record_entries(session, actor, [Entry("deleted", "role", role_id, role.label, before=recorded_values(role))])


async def hold_roles(session: Session, actor: Actor, role_ids: Sequence[UUID]) -> tuple[HeldRole, ...]:
    """Return roles to grant, none of which has more than the actor; they stay until the transaction ends."""
    wanted = sorted(set(role_ids))
    roles = read_roles(await store.hold_roles(session, wanted))
    missing = set(wanted) - {role.id for role in roles}
    if missing:
        raise RoleNotFoundError(
            f"There is no role {min(missing)}. List the roles to find the one you mean.", field="role_ids"
        )
    for role in roles:
        excess = find_excess(actor, role.permissions)
        if excess:
            raise GrantExceedsError(
                f"{actor.name} lacks {excess}, so the role {role.label} cannot be given. Choose another role.",
                field="role_ids",
            )
    return tuple(sorted(roles, key=lambda role: role.label.lower()))


def require_changer(actor: Actor) -> None:
    """Raise unless the actor may change roles, which are the same for every chain."""
    actor.require("roles:admin")
    if actor.chains is not None:
        raise RoleReachError(
            f"Roles are the same for every chain, and {actor.name} sees only some. Ask a user who sees every chain."
        )


async def get_changeable(session: Session, actor: Actor, role_id: UUID, version: int | None) -> Role:
    """Return a role that may be changed and holds no more than the actor, in the version that the caller saw."""
    actor.require("roles:admin")
    role = await get_role(session, actor, role_id)
    require_changer(actor)
    if role.built_in:
        raise RoleBuiltInError(f"The role {role.label} is built in and stays as it is. Copy it, and change the copy.")
    excess = find_excess(actor, role.permissions)
    if excess:
        raise RoleExceedsError(
            f"The role {role.label} holds {excess}, which {actor.name} does not. Ask someone who holds as much."
        )
    check_version(f"The role {role.label}", role.version, version)
    return role


async def keep_administrator(session: Session, role: Role) -> None:
    """Raise where the role makes its holder the last administrator."""
    await guard_administrators(session)
    if await has_other_administrator(session) and not await has_other_administrator(session, role_id=role.id):
        raise LastAdministratorError(
            f"No user would be left who may do everything: give the role Admin to a user before {role.label} loses it.",
            field="permissions",
        )


async def check_free(session: Session, values: Mapping[str, Any], *, besides: UUID | None) -> None:
    """Refuse a label or internal name that another role has."""
    taken = await store.find_taken(
        session, label=values["label"], internal_name=values["internal_name"], besides=besides
    )
    if taken["label"]:
        raise label_taken(values["label"])
    if taken["name"]:
        raise RoleTakenError(
            f"The internal name {values['internal_name']} is taken. Choose another one.", field="internal_name"
        )


def check_role(values: Mapping[str, Any]) -> None:
    """Refuse a label, name, description or permission that cannot be used."""
    label, name, description = values["label"], values["internal_name"], values["description"]
    clean_label(label, longest=LONGEST_LABEL, refusal=RoleInvalidError)
    if not is_internal_name(name):
        raise RoleInvalidError(
            f"The internal name {name[:100]!r} may hold only letters, digits and underscores, 1 to 100 of them.",
            field="internal_name",
        )
    check_description(description, longest=LONGEST_DESCRIPTION, refusal=RoleInvalidError)
    unknown = find_unknown(values["permissions"] or ())
    if unknown is not None:
        raise RoleInvalidError(
            f"There is no permission {unknown[:100]!r}. docs/reference/names.md lists all.", field="permissions"
        )


def check_grant(actor: Actor, label: str, permissions: frozenset[str] | None) -> None:
    """Raise where the role would give what the actor does not hold."""
    excess = find_excess(actor, permissions)
    if excess:
        raise GrantExceedsError(
            f"{actor.name} lacks {excess}, so the role {label} cannot have it. Leave it out.", field="permissions"
        )


def stored_values(values: Mapping[str, Any], actor: Actor, now: datetime) -> dict[str, Any]:
    """Return a role's row."""
    permissions = values["permissions"]
    listed = None if permissions is None else sorted(permissions)
    return {**values, "permissions": listed, **actor.signature, "now": now}


def read_role(row: Row) -> Role:
    """Turn a stored row into the value that others see."""
    return Role(**{**row, "permissions": as_set(row["permissions"])})


def recorded_values(role: Role) -> dict[str, Any]:
    """Return what the audit log keeps of a role; `everything` stands for a list that has no end."""
    return {
        "label": role.label,
        "internal_name": role.internal_name,
        "description": role.description,
        "permissions": "everything" if role.permissions is None else sorted(role.permissions),
    }


def label_taken(label: str) -> RoleTakenError:
    """Return the refusal of a label that another role has."""
    return RoleTakenError(f"There is a role {label} already. Choose another label.", field="label")
