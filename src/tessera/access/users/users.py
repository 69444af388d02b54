"""Users: the people who sign in to the pages. `changes` holds what is done to them later."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from tessera.access.passwords import UserInvalidError, check_password, hash_password
from tessera.access.roles import (
    GrantExceedsError,
    HeldRole,
    find_excess,
    find_foreign_chain,
    find_unshaped,
    hold_roles,
    read_roles,
    unite,
)
from tessera.access.users.errors import EmailTakenError, UserNotFoundError
from tessera.access.users.store import lists as user_store
from tessera.access.users.store import records
from tessera.platform.actors import LEVELS, Actor, ActorKind
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Row, Session
from tessera.platform.ids import new_random_ids
from tessera.platform.paging import Page

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in. `chains` None sees every chain.

    `permissions` are those of the roles together with the user's `own`; None may do everything.
    """

    id: UUID
    email: str
    name: str
    chains: frozenset[UUID] | None
    permissions: frozenset[str] | None
    roles: tuple[HeldRole, ...]
    own: frozenset[str]
    enabled: bool
    created_at: datetime
    last_seen_at: datetime | None
    version: int

    def act(self, *, origin: str | None = None, request_id: str | None = None) -> Actor:
        """Return the actor that this user is."""
        return Actor(ActorKind.USER, self.id, self.name, self.chains, self.permissions, origin, request_id)

    @property
    def is_administrator(self) -> bool:
        """Whether this user may sign in and do everything in every chain."""
        return self.enabled and self.permissions is None and self.chains is None


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to make. `permissions` are held beside the roles; one of the two has to be given."""

    email: str
    name: str
    password: str = field(repr=False)
    chains: frozenset[UUID] | None = None
    permissions: frozenset[str] | None = None
    roles: frozenset[UUID] = frozenset()


async def create_users(session: Session, actor: Actor, new: Sequence[NewUser]) -> list[User]:
    """Store users, all or none, and return them in order; none has more than the actor."""
    actor.require("users:admin")
    emails = [check_email(user.email).lower() for user in new]
    for user in new:
        check_user(user)
        check_chains(actor, user.chains)
        check_own(actor, user.permissions or frozenset())
    await hold_roles(session, actor, [role_id for user in new for role_id in user.roles])
    await check_emails(session, emails)
    ids = new_random_ids(len(new))
    rows = [
        {
            "id": user_id,
            "email": user.email.strip(),
            "name": user.name.strip(),
            "password_hash": await hash_password(user.password),
            "chain_ids": None if user.chains is None else sorted(user.chains),
            "permissions": sorted(user.permissions or ()),
        }
        for user_id, user in zip(ids, new, strict=True)
    ]
    await write_emails(session, records.insert_users(session, rows), emails)
    await user_store.add_roles(
        session, [(user_id, role) for user_id, user in zip(ids, new, strict=True) for role in user.roles]
    )
    users = [make_user(row) for row in await records.find_users(session, ids)]
    await record_entries(
        session, actor, [Entry("created", "user", user.id, user.email, after=recorded_values(user)) for user in users]
    )
    return users


async def list_users(session: Session, actor: Actor) -> list[User]:
    """Return the users who see no further than the actor, by address."""
    actor.require("users:read")
    return [make_user(row) for row in await records.list_users(session, actor.reach())]


async def list_user_page(
    session: Session,
    actor: Actor,
    *,
    search: str = "",
    role_id: UUID | None = None,
    sort: str = "name",
    number: int = 1,
    size: int = 50,
) -> Page[User]:
    """Return a page of the users within reach whose name or address holds the text, and who hold the role."""
    actor.require("users:read")
    sort = sort if sort in user_store.ORDERS else "name"
    rows, total = await user_store.list_page(
        session,
        chains=actor.reach(),
        search=search,
        role_id=role_id,
        sort=sort,
        offset=(number - 1) * size,
        limit=size,
    )
    return Page([make_user(row) for row in rows], total, number, size)


async def get_user(session: Session, actor: Actor, user_id: UUID) -> User:
    """Return a user who sees no further than the actor."""
    actor.require("users:read")
    row = await user_store.find_user(session, user_id, actor.reach())
    if row is None:
        raise UserNotFoundError(f"There is no user {user_id}. List the users to find the one you mean.")
    return make_user(row)


async def find_user_by_email(session: Session, actor: Actor, email: str, *, enabled: bool = True) -> User | None:
    """Return the user who signs in with this address, in whatever case; with `enabled=False` also a disabled one."""
    actor.require("users:read")
    find = records.find_secret if enabled else records.find_by_email
    row = await find(session, email.strip())
    return None if row is None else make_user(row)


async def check_emails(session: Session, emails: Sequence[str]) -> None:
    """Refuse addresses, in lower case, of which one is taken or comes twice."""
    taken = {email for email in emails if emails.count(email) > 1} | set(await records.find_emails(session, emails))
    if taken:
        raise EmailTakenError(
            f"{', '.join(sorted(taken))} belongs to a user already. Choose another address, or change that user.",
            field="email",
        )


async def write_emails(session: Session, write: Awaitable[T], emails: Sequence[str]) -> T:
    """Return what the statement gives that writes these addresses; refuse one that was taken after the check."""
    try:
        async with session.begin_nested():
            return await write
    except IntegrityError:
        await check_emails(session, emails)
        raise


def make_user(row: Row) -> User:
    """Turn a stored row into the value that others see."""
    chains, own, roles = row["chain_ids"], frozenset(row["permissions"]), read_roles(row["roles"])
    return User(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        chains=None if chains is None else frozenset(chains),
        permissions=unite(own, roles),
        roles=roles,
        own=own,
        enabled=row["enabled"],
        created_at=row["created_at"],
        last_seen_at=row["last_seen_at"],
        version=row["version"],
    )


def recorded_values(user: User) -> dict[str, Any]:
    """Return what the audit log keeps of a user; `every chain` stands for a list that has no end."""
    return {
        "email": user.email,
        "name": user.name,
        "roles": [role.label for role in user.roles],
        "permissions": sorted(user.own),
        "chains": "every chain" if user.chains is None else sorted(map(str, user.chains)),
        "enabled": user.enabled,
    }


def check_user(user: NewUser) -> None:
    """Refuse a name, password or permission that cannot be used."""
    check_name(user.name)
    check_password(user.password)
    if user.permissions is None and not user.roles:
        raise UserInvalidError(
            "Give the user a role or a permission: tessera role list shows the roles.", field="role_ids"
        )
    check_permissions(user.permissions or frozenset())


def check_name(name: str) -> None:
    """Refuse a name that cannot be shown or is too long."""
    if not 1 <= len(name.strip()) <= 255 or not name.strip().isprintable():
        raise UserInvalidError("The name needs 1 to 255 printable characters.", field="name")


def check_permissions(permissions: frozenset[str]) -> None:
    """Refuse what does not have the shape of a permission."""
    unshaped = find_unshaped(permissions)
    if unshaped is not None:
        raise UserInvalidError(
            f"{unshaped[:100]!r} is not a permission. Write a resource and one of {', '.join(LEVELS)}: exports:read.",
            field="permissions",
        )


def check_own(actor: Actor, permissions: frozenset[str]) -> None:
    """Raise where a user would be given a permission that the actor lacks."""
    excess = find_excess(actor, permissions)
    if excess:
        raise GrantExceedsError(
            f"{actor.name} lacks {excess}, so they cannot grant it. Leave it out.", field="permissions"
        )


def check_chains(actor: Actor, chains: frozenset[UUID] | None) -> None:
    """Raise where a user would be let see a chain that the actor does not see."""
    foreign = find_foreign_chain(actor, chains)
    if foreign:
        raise GrantExceedsError(
            f"{actor.name} does not see {foreign}, so they cannot grant access to it. Choose among your own chains.",
            field="chain_ids",
        )


def check_email(email: str) -> str:
    """Return the address without blanks around it; refuse what cannot be one."""
    address = email.strip()
    name, at, host = address.rpartition("@")
    unfit = len(address) > 254 or " " in address or not address.isprintable()
    if not (name and at and host) or unfit:
        raise UserInvalidError(
            f"{email[:100]!r} is not an e-mail address. Write it as name@example.com.", field="email"
        )
    return address
