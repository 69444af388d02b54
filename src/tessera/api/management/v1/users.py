"""Users: the people who sign in to the pages."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from tessera.access import chains as access_chains
from tessera.access import passwords as access_passwords
from tessera.access import users as access_users
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import NumberedListing, SearchQuery, number_page
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Moment, Permission

Email = Annotated[str, Meta(min_length=3, max_length=254, examples=["ada@example.com"])]
Name = Annotated[str, Meta(min_length=1, max_length=255, examples=["Ada Lovelace"])]
ChainIds = Annotated[list[UUID], Meta(max_length=10_000)] | None
RoleIds = Annotated[list[UUID], Meta(max_length=100, description="Roles held.")]
Own = Annotated[list[Permission], Meta(max_length=1000, description="Permissions held beside those of the roles.")]
SHOWN_ONCE = "The password that was drawn, shown this once; null where one was given."


Sort = Literal["name", "-name", "email", "-email", "seen", "-seen", "created", "-created"]


class UserQuery(SearchQuery, frozen=True):
    """Which users to list."""

    q: Annotated[str, Meta(max_length=255, description="Those with this text in name or address.")] = ""
    role_id: Annotated[UUID | None, Meta(description="Those who hold this role only.")] = None
    sort: Annotated[Sort, Meta(description="By name or address, or when seen or made; - turns it round.")] = "-created"


class NewUser(Asked, frozen=True):
    """A user to make, who has no more than the key that makes it; a role or a permission has to be given."""

    email: Email
    name: Name
    password: Annotated[
        Annotated[str, Meta(min_length=12, max_length=256)] | None,
        Meta(description="Null has one drawn, which the answer contains."),
    ] = None
    chain_ids: Annotated[ChainIds, Meta(description="Null is every chain.")] = None
    role_ids: RoleIds = field(default_factory=list)
    own_permissions: Own = field(default_factory=list)


class UserChange(Asked, frozen=True):
    """What to change of a user; what is left out stays."""

    email: Email | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    chain_ids: Annotated[ChainIds | UnsetType, Meta(description="Null is every chain.")] = UNSET
    role_ids: RoleIds | UnsetType = UNSET
    own_permissions: Own | UnsetType = UNSET
    enabled: Annotated[bool | UnsetType, Meta(description="A disabled user is signed out everywhere.")] = UNSET


class User(Struct, frozen=True):
    """A user, without the password."""

    id: UUID
    email: str
    name: str
    enabled: bool
    chain_ids: Annotated[Sequence[UUID] | None, Meta(description="Null is every chain.")]
    role_ids: Sequence[UUID]
    own_permissions: Sequence[str]
    permissions: Annotated[
        Sequence[str] | None, Meta(description="All that the user may do, roles included; null is everything.")
    ]
    version: int
    created_at: Moment
    last_seen_at: Moment | None


class MadeUser(Struct, frozen=True):
    """A user just made."""

    user: User
    password: Annotated[str | None, Meta(description=SHOWN_ONCE)]


class MadePassword(Struct, frozen=True):
    """A password just drawn."""

    password: Annotated[str, Meta(description="Shown this once.")]


async def list_users(call: Call, query: UserQuery) -> NumberedListing[User]:
    """List the users, newest first unless asked otherwise.

    A user who sees chains beyond those of the key is not listed.
    """
    page = await access_users.list_user_page(
        call.session,
        call.actor,
        search=query.q,
        role_id=query.role_id,
        sort=query.sort,
        number=query.page,
        size=query.limit,
    )
    return number_page(page, show)


async def create_user(call: Call, body: NewUser) -> MadeUser:
    """Make a user.

    Without a password one is drawn. It is in this answer and nowhere else.
    """
    await access_chains.check_chains(call.session, call.actor, body.chain_ids or ())
    drawn = access_passwords.make_password() if body.password is None else None
    new = access_users.NewUser(
        email=body.email,
        name=body.name,
        password=body.password or drawn or "",
        chains=as_set(body.chain_ids),
        permissions=frozenset(body.own_permissions) or None,
        roles=frozenset(body.role_ids),
    )
    (user,) = await access_users.create_users(call.session, call.actor, [new])
    return MadeUser(show(user), drawn)


async def get_user(call: Call, user_id: UUID) -> User:
    """Read one user."""
    return show(await access_users.get_user(call.session, call.actor, user_id))


async def update_user(call: Call, user_id: UUID, body: UserChange, if_match: int | None) -> User:
    """Change a user.

    The last enabled user who may do everything in every chain stays so.
    """
    given = body.chain_ids
    await access_chains.check_chains(call.session, call.actor, given if isinstance(given, list) else ())
    change = access_users.UserChange(
        email=body.email,
        name=body.name,
        roles=frozenset(body.role_ids) if isinstance(body.role_ids, list) else UNSET,
        permissions=frozenset(body.own_permissions) if isinstance(body.own_permissions, list) else UNSET,
        chains=frozenset(given) if isinstance(given, list) else given,
        enabled=body.enabled,
    )
    return show(
        await access_users.update_user(call.session, call.actor, user_id, change, version=if_match, now=call.now)
    )


async def delete_user(call: Call, user_id: UUID, if_match: int | None) -> None:
    """Delete a user, signed out everywhere.

    What the user did stays in the audit log.
    """
    await access_users.delete_user(call.session, call.actor, user_id, version=if_match)


async def draw_user_password(call: Call, user_id: UUID) -> MadePassword:
    """Draw a new password for a user, and end every session of theirs."""
    password = access_passwords.make_password()
    await access_users.change_password(call.session, call.actor, user_id=user_id, password=password, now=call.now)
    return MadePassword(password)


async def end_user_sessions(call: Call, user_id: UUID) -> None:
    """Sign a user out of every browser."""
    await access_users.end_sessions(call.session, call.actor, user_id)


def as_set(ids: Sequence[UUID] | None) -> frozenset[UUID] | None:
    """Return chains as the room has them."""
    return None if ids is None else frozenset(ids)


def show(user: access_users.User) -> User:
    """Return the user's shape on the wire."""
    return User(
        id=user.id,
        email=user.email,
        name=user.name,
        enabled=user.enabled,
        chain_ids=None if user.chains is None else sorted(user.chains),
        role_ids=[role.id for role in user.roles],
        own_permissions=sorted(user.own),
        permissions=None if user.permissions is None else sorted(user.permissions),
        version=user.version,
        created_at=user.created_at,
        last_seen_at=user.last_seen_at,
    )


EXAMPLE = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "role_ids": ["00000000-0000-7000-8000-00000000000b"],
}
READ, ADMIN = "users:read", "users:admin"
ROUTES = (
    Route("GET", "/users", READ, list_users),
    Route("POST", "/users", ADMIN, create_user, status=201, example=EXAMPLE, made="/user/id"),
    Route("GET", "/users/{user_id}", READ, get_user),
    Route("PATCH", "/users/{user_id}", ADMIN, update_user, example={"enabled": False}),
    Route("DELETE", "/users/{user_id}", ADMIN, delete_user),
    Route("POST", "/users/{user_id}/password", ADMIN, draw_user_password),
    Route("POST", "/users/{user_id}/end-sessions", ADMIN, end_user_sessions),
)
