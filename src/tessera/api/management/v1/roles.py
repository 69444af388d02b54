"""Roles: named sets of permissions that users hold and API keys are bound to."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from tessera.access import roles as access_roles
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import NumberedListing, SearchQuery, number_page
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Moment, Permission

RoleLabel = Annotated[str, Meta(min_length=1, max_length=100, description="What people call it.")]
Name = Annotated[str, Meta(pattern="^[A-Za-z0-9_]{1,100}$", description="What programs call it.")]
Description = Annotated[str, Meta(max_length=1000, description="What it is for.")]
Permissions = Annotated[list[Permission], Meta(max_length=1000)] | None


Sort = Literal["label", "-label", "users", "-users", "changed", "-changed"]


class RoleQuery(SearchQuery, frozen=True):
    """Which roles to list."""

    q: Annotated[str, Meta(max_length=255, description="Those with this text in label, name or description.")] = ""
    sort: Annotated[Sort, Meta(description="By label, holders, or when it was changed; - turns it round.")] = "label"


class NewRole(Asked, frozen=True):
    """A role to make; it has no more than the key that makes it."""

    label: RoleLabel
    permissions: Annotated[Permissions, Meta(description="Null is everything.")] = field(default_factory=list)
    description: Description = ""
    internal_name: Annotated[Name | None, Meta(description="Null makes one of the label.")] = None


class RoleChange(Asked, frozen=True):
    """What to change of a role; what is left out stays."""

    label: RoleLabel | UnsetType = UNSET
    permissions: Annotated[Permissions | UnsetType, Meta(description="Null is everything.")] = UNSET
    description: Description | UnsetType = UNSET
    internal_name: Name | UnsetType = UNSET


class Role(Struct, frozen=True):
    """A role."""

    id: UUID
    label: str
    internal_name: str
    description: str
    permissions: Annotated[Sequence[str] | None, Meta(description="Null is everything.")]
    built_in: Annotated[bool, Meta(description="Built-in roles are never changed or deleted.")]
    users: Annotated[int, Meta(description="How many users hold it, of those that the key sees.")]
    api_keys: Annotated[int, Meta(description="How many live API keys are bound to it, of those that the key sees.")]
    version: int
    created_at: Moment
    created_by: str
    created_by_kind: str | None
    created_by_id: UUID | None
    updated_at: Moment
    updated_by: str
    updated_by_kind: str | None
    updated_by_id: UUID | None


async def list_roles(call: Call, query: RoleQuery) -> NumberedListing[Role]:
    """List the roles, by label unless asked otherwise."""
    page = await access_roles.list_role_page(
        call.session, call.actor, search=query.q, sort=query.sort, number=query.page, size=query.limit
    )
    return number_page(page, show)


async def create_role(call: Call, body: NewRole) -> Role:
    """Make a role.

    Roles are the same for every chain: a key that sees only some cannot make one.
    """
    new = access_roles.NewRole(
        label=body.label,
        permissions=None if body.permissions is None else frozenset(body.permissions),
        description=body.description,
        internal_name=body.internal_name,
    )
    return show(await access_roles.create_role(call.session, call.actor, new, now=call.now))


async def get_role(call: Call, role_id: UUID) -> Role:
    """Read one role."""
    return show(await access_roles.get_role(call.session, call.actor, role_id))


async def update_role(call: Call, role_id: UUID, body: RoleChange, if_match: int | None) -> Role:
    """Change a role.

    It takes effect on the next request of everyone who holds it. Built-in roles stay as they are.
    """
    given = body.permissions
    change = access_roles.RoleChange(
        label=body.label,
        internal_name=body.internal_name,
        description=body.description,
        permissions=frozenset(given) if isinstance(given, list) else given,
    )
    return show(
        await access_roles.update_role(call.session, call.actor, role_id, change, version=if_match, now=call.now)
    )


async def delete_role(call: Call, role_id: UUID, if_match: int | None) -> None:
    """Delete a role that is not held."""
    await access_roles.delete_role(call.session, call.actor, role_id, version=if_match)


def show(role: access_roles.Role) -> Role:
    """Return the role's shape on the wire."""
    values = {name: getattr(role, name) for name in Role.__struct_fields__ if name != "permissions"}
    return Role(permissions=None if role.permissions is None else sorted(role.permissions), **values)


EXAMPLE = {"label": "Night desk", "permissions": ["members:read", "points:write"], "description": "Works at night."}
CHANGE = {"permissions": ["members:write"]}
ROUTES = (
    Route("GET", "/roles", "roles:read", list_roles),
    Route("POST", "/roles", "roles:admin", create_role, status=201, example=EXAMPLE, made="/id"),
    Route("GET", "/roles/{role_id}", "roles:read", get_role),
    Route("PATCH", "/roles/{role_id}", "roles:admin", update_role, example=CHANGE),
    Route("DELETE", "/roles/{role_id}", "roles:admin", delete_role),
)
