"""Users: the people who sign in to the pages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from tessera.platform.actors import LEVELS, Actor, ActorKind, is_permission
from tessera.platform.audit import Entry, record_entries
from tessera.platform.auth import store
from tessera.platform.auth.errors import EmailTakenError, UserInvalidError, UserNotFoundError
from tessera.platform.auth.passwords import check_password, hash_password
from tessera.platform.db import Row, Session
from tessera.platform.ids import new_ids


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in. `chains` None sees every chain; `permissions` None may do everything."""

    id: UUID
    email: str
    name: str
    chains: frozenset[UUID] | None
    permissions: frozenset[str] | None
    enabled: bool
    created_at: datetime
    last_seen_at: datetime | None

    def act(self, *, origin: str | None = None, request_id: str | None = None) -> Actor:
        """Return the actor that this user is."""
        return Actor(ActorKind.USER, self.id, self.name, self.chains, self.permissions, origin, request_id)


@dataclass(frozen=True, slots=True)
class NewUser:
    """What a caller gives to make a user."""

    email: str
    name: str
    password: str = field(repr=False)
    chains: frozenset[UUID] | None = None
    permissions: frozenset[str] | None = None


async def create_users(session: Session, actor: Actor, new: Sequence[NewUser]) -> list[User]:
    """Store users, all or none, and return them in order."""
    actor.require("users:admin")
    emails = [check_email(user.email).lower() for user in new]
    for user in new:
        check_user(user)
    taken = {email for email in emails if emails.count(email) > 1} | set(await store.find_emails(session, emails))
    if taken:
        raise EmailTakenError(
            f"{', '.join(sorted(taken))} belongs to a user already. Choose another address, or change that user.",
            field="email",
        )
    ids = new_ids(len(new))
    rows = [
        {
            "id": user_id,
            "email": user.email.strip(),
            "name": user.name.strip(),
            "password_hash": await hash_password(user.password),
            "chain_ids": None if user.chains is None else sorted(user.chains),
            "permissions": None if user.permissions is None else sorted(user.permissions),
        }
        for user_id, user in zip(ids, new, strict=True)
    ]
    await store.insert_users(session, rows)
    users = [make_user(row) for row in await store.find_users(session, ids)]
    await record_entries(session, actor, [entry_of(user) for user in users])
    return users


async def list_users(session: Session, actor: Actor) -> list[User]:
    """Return every user by address."""
    actor.require("users:read")
    return [make_user(row) for row in await store.list_users(session)]


async def find_user_by_email(session: Session, actor: Actor, email: str) -> User | None:
    """Return the enabled user who signs in with this address, in whatever case."""
    actor.require("users:read")
    row = await store.find_secret(session, email.strip())
    return None if row is None else make_user(row)


async def change_password(session: Session, actor: Actor, *, user_id: UUID, password: str, now: datetime) -> None:
    """Replace a user's password and end every session of theirs."""
    if actor.id != user_id:
        actor.require("users:admin")
    check_password(password)
    if not await store.set_password(session, user_id, await hash_password(password), now):
        raise UserNotFoundError(f"There is no user {user_id}. List the users to find the one you mean.")
    await store.delete_sessions_of(session, user_id)
    (row,) = await store.find_users(session, [user_id])
    await record_entries(session, actor, [Entry("password_changed", "user", user_id, row["email"])])


def entry_of(user: User) -> Entry:
    """Return what the audit trail keeps of a new user."""
    permissions = None if user.permissions is None else sorted(user.permissions)
    return Entry("created", "user", user.id, user.email, after={"name": user.name, "permissions": permissions})


def make_user(row: Row) -> User:
    """Turn a stored row into the value that others see."""
    chains, permissions = row["chain_ids"], row["permissions"]
    return User(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        chains=None if chains is None else frozenset(chains),
        permissions=None if permissions is None else frozenset(permissions),
        enabled=row["enabled"],
        created_at=row["created_at"],
        last_seen_at=row["last_seen_at"],
    )


def check_user(user: NewUser) -> None:
    """Refuse a name, password or permission that cannot be used."""
    if not 1 <= len(user.name.strip()) <= 255:
        raise UserInvalidError("The name needs 1 to 255 characters.", field="name")
    check_password(user.password)
    for permission in user.permissions or ():
        if not is_permission(permission):
            raise UserInvalidError(
                f"{permission!r} is no permission. Write a resource and one of {', '.join(LEVELS)}: exports:read.",
                field="permissions",
            )


def check_email(email: str) -> str:
    """Return the address without blanks around it; refuse what cannot be one."""
    address = email.strip()
    name, at, host = address.rpartition("@")
    if not (name and at and host) or len(address) > 254 or any(letter.isspace() for letter in address):
        raise UserInvalidError(f"{email!r} is no e-mail address. Write it as name@example.com.", field="email")
    return address
