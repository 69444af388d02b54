"""What a user or key holds: permissions of its own, and those of its roles. Pure.

No actor grants more than they hold: every change that grants something asks `find_excess` first.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tessera.platform.actors import Actor, is_permission
from tessera.platform.permissions import list_permissions

# The built-in roles' ids are the same in every deployment; the migration writes them.
ADMIN_ROLE_ID = UUID("00000000-0000-7000-8000-00000000000a")
CSR_ROLE_ID = UUID("00000000-0000-7000-8000-00000000000b")
AUTHOR_ROLE_ID = UUID("00000000-0000-7000-8000-00000000000c")


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role as its holder carries it; `permissions` None is everything."""

    id: UUID
    label: str
    permissions: frozenset[str] | None


def read_roles(stored: Iterable[Mapping[str, Any]]) -> tuple[HeldRole, ...]:
    """Turn the roles beside a stored user or key into values."""
    return tuple(HeldRole(UUID(str(role["id"])), role["label"], as_set(role["permissions"])) for role in stored)


def as_set(permissions: Iterable[str] | None) -> frozenset[str] | None:
    """Return stored permissions as a set; None is everything."""
    return None if permissions is None else frozenset(permissions)


def unite(own: Collection[str], roles: Iterable[HeldRole]) -> frozenset[str] | None:
    """Return what is allowed with these permissions and roles; None is everything."""
    held = set(own)
    for role in roles:
        if role.permissions is None:
            return None
        held |= role.permissions
    return frozenset(held)


def find_excess(actor: Actor, permissions: Collection[str] | None) -> str | None:
    """Return, in words, what of these permissions the actor does not hold; None where the actor holds them all."""
    if permissions is None:
        return None if actor.permissions is None else "the permission for everything"
    lacking = next((permission for permission in sorted(permissions) if not actor.may(permission)), None)
    return None if lacking is None else f"the permission {lacking}"


def find_foreign_chain(actor: Actor, chains: Collection[UUID] | None) -> str | None:
    """Return, in words, which of these chains the actor does not see; None where the actor sees them all."""
    if actor.chains is None:
        return None
    if chains is None:
        return "every chain"
    foreign = next((chain for chain in sorted(chains) if chain not in actor.chains), None)
    return None if foreign is None else f"the chain {foreign}"


def find_unshaped(permissions: Iterable[str]) -> str | None:
    """Return the first text that does not have the shape of a permission."""
    return next((text for text in sorted(permissions) if not is_permission(text)), None)


def find_unknown(permissions: Iterable[str]) -> str | None:
    """Return the first text that is not a permission of the catalogue."""
    known = set(list_permissions())
    return next((text for text in sorted(permissions) if text not in known), None)
