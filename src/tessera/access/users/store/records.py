"""Statements on users: made, found, and their passwords."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Row, Session, change_rows, fetch_row, fetch_rows

INSERT_USER = text(
    "INSERT INTO users (id, email, name, password_hash, chain_ids, permissions) "
    "VALUES (:id, :email, :name, :password_hash, cast(:chain_ids AS uuid[]), cast(:permissions AS text[]))"
)


FIND_EMAILS = text("SELECT lower(email) AS email FROM users WHERE lower(email) = ANY(:emails)")


# Read with every user, at every request: a change of a role is there with the next one.
ROLES_OF_USER = (
    "coalesce((SELECT jsonb_agg(jsonb_build_object('id', r.id, 'label', r.label, 'permissions', r.permissions)"
    " ORDER BY lower(r.label)) FROM user_roles h JOIN roles r ON r.id = h.role_id WHERE h.user_id = u.id), '[]')"
    " AS roles"
)


USER_COLUMNS = (
    "u.id, u.email, u.name, u.password_hash, u.chain_ids, u.permissions, u.enabled, u.created_at,"
    f" u.last_seen_at, u.version, {ROLES_OF_USER}"
)


SELECT_USERS = f"SELECT {USER_COLUMNS} FROM users u"  # noqa: S608 - constants


FIND_USERS = text(f"{SELECT_USERS} WHERE u.id = ANY(:ids) ORDER BY u.id")


LIST_USERS = text(
    f"{SELECT_USERS} WHERE (cast(:chains AS uuid[]) IS NULL OR u.chain_ids <@ cast(:chains AS uuid[]))"
    " ORDER BY lower(u.email)"
)


FIND_SECRET = text(f"{SELECT_USERS} WHERE lower(u.email) = lower(:email) AND u.enabled")


FIND_BY_EMAIL = text(f"{SELECT_USERS} WHERE lower(u.email) = lower(:email)")


SET_PASSWORD = text("UPDATE users SET password_hash = :password_hash, updated_at = :now WHERE id = :id")


CLEAR_PASSWORD = text("UPDATE users SET password_hash = NULL WHERE id = :id")


async def insert_users(session: Session, users: Sequence[Mapping[str, Any]]) -> None:
    """Store users."""
    await session.execute(INSERT_USER, users)


async def find_emails(session: Session, emails: Sequence[str]) -> list[str]:
    """Return which of the lower-case addresses are taken."""
    return [row["email"] for row in await fetch_rows(session, FIND_EMAILS, {"emails": list(emails)})]


async def find_users(session: Session, ids: Sequence[UUID]) -> list[Row]:
    """Return the users with these ids, in order of id."""
    return await fetch_rows(session, FIND_USERS, {"ids": list(ids)})


async def list_users(session: Session, chains: Sequence[UUID] | None) -> list[Row]:
    """Return the users who see no further than these chains, by address."""
    return await fetch_rows(session, LIST_USERS, {"chains": chains})


async def find_by_email(session: Session, email: str) -> Row | None:
    """Return the user with this address, enabled or not."""
    if "\x00" in email:  # a text that the database cannot even be asked for
        return None
    return await fetch_row(session, FIND_BY_EMAIL, {"email": email})


async def find_secret(session: Session, email: str) -> Row | None:
    """Return the enabled user with this address, and the password's hash."""
    if "\x00" in email:  # a text that the database cannot even be asked for
        return None
    return await fetch_row(session, FIND_SECRET, {"email": email})


async def set_password(session: Session, user_id: UUID, password_hash: str, now: datetime) -> bool:
    """Replace a user's password; False when there is no such user."""
    values = {"id": user_id, "password_hash": password_hash, "now": now}
    return await change_rows(session, SET_PASSWORD, values) == 1


async def clear_password(session: Session, user_id: UUID) -> None:
    """Leave a user without a password."""
    await session.execute(CLEAR_PASSWORD, {"id": user_id})
