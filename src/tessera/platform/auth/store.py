"""All SQL of access."""

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
# ruff: noqa: S608 - what is put together here are constants

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
SELECT_USERS = f"SELECT {USER_COLUMNS} FROM users u"
FIND_USERS = text(f"{SELECT_USERS} WHERE u.id = ANY(:ids) ORDER BY u.id")
LIST_USERS = text(
    f"{SELECT_USERS} WHERE (cast(:chains AS uuid[]) IS NULL OR u.chain_ids <@ cast(:chains AS uuid[]))"
    " ORDER BY lower(u.email)"
)
FIND_SECRET = text(f"{SELECT_USERS} WHERE lower(u.email) = lower(:email) AND u.enabled")
FIND_BY_EMAIL = text(f"{SELECT_USERS} WHERE lower(u.email) = lower(:email)")
SET_PASSWORD = text("UPDATE users SET password_hash = :password_hash, updated_at = :now WHERE id = :id")
CLEAR_PASSWORD = text("UPDATE users SET password_hash = NULL WHERE id = :id")
SET_SEEN = text("UPDATE users SET last_seen_at = :now WHERE id = :id")

INSERT_SESSION = text(
    "INSERT INTO user_sessions"
    " (id, user_id, token_digest, csrf_token, created_at, seen_at, expires_at, origin, user_agent, way,"
    " authenticated_at) "
    "VALUES (:id, :user_id, :token_digest, :csrf_token, :now, :now, :expires_at, :origin, :user_agent, :way,"
    " :authenticated_at)"
)
FIND_SESSION = text(
    "SELECT s.id AS session_id, s.csrf_token, s.created_at AS opened_at, s.seen_at, s.expires_at, s.way,"
    " s.authenticated_at, u.password_hash IS NOT NULL AS has_password,"
    " EXISTS (SELECT FROM second_factors f WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL) AS has_factor,"
    " EXISTS (SELECT FROM identities i WHERE i.user_id = u.id) AS has_identity,"
    f" {USER_COLUMNS} "
    "FROM user_sessions s JOIN users u ON u.id = s.user_id "
    "WHERE s.token_digest = :token_digest AND s.expires_at > :now AND u.enabled"
)
TOUCH_SESSION = text("UPDATE user_sessions SET seen_at = :now, expires_at = :expires_at WHERE id = :id")
LIST_SESSIONS = text(
    "SELECT id, created_at, seen_at, origin, user_agent, way FROM user_sessions "
    "WHERE user_id = :user_id AND expires_at > :now ORDER BY seen_at DESC, id LIMIT :count"
)
AUTHENTICATE_SESSION = text("UPDATE user_sessions SET authenticated_at = :now WHERE id = :id")
DELETE_SESSION = text("DELETE FROM user_sessions WHERE id = :id AND user_id = :user_id")
DELETE_SESSIONS_OF = text(
    "DELETE FROM user_sessions WHERE user_id = :user_id AND id IS DISTINCT FROM cast(:kept AS uuid)"
)
DELETE_STEPS_OF = text("DELETE FROM sign_in_steps WHERE user_id = :user_id")
# What is over is cleared away in passing, a piece at a time: nobody's sign-in waits for the rest.
DELETE_EXPIRED = text(
    "DELETE FROM user_sessions WHERE id IN "
    "(SELECT id FROM user_sessions WHERE expires_at <= :now LIMIT 500 FOR UPDATE SKIP LOCKED)"
)

# Counted before the password is looked at: of many tries at once each sees the ones before it.
COUNT_TRY = text(
    "INSERT INTO sign_in_failures AS f (key, failures, last_at) VALUES (:key, 1, :now) "
    "ON CONFLICT (key) DO UPDATE SET last_at = :now, locked_until = NULL,"
    " failures = CASE WHEN f.last_at < :forgotten THEN 1 ELSE f.failures + 1 END,"
    " lockouts = CASE WHEN f.last_at < :forgotten THEN 0 ELSE f.lockouts END "
    "WHERE f.locked_until IS NULL OR f.locked_until <= :now "
    "RETURNING failures, lockouts"
)
FIND_LOCK = text("SELECT locked_until FROM sign_in_failures WHERE key = :key AND locked_until > :now")
FIND_LOCKOUT = text("SELECT key FROM sign_in_failures WHERE key = :key AND locked_until > :now AND lockouts > 0")
FIND_LOCKS = text("SELECT key, locked_until FROM sign_in_failures WHERE key = ANY(:keys) AND locked_until > :now")
LOCK = text("UPDATE sign_in_failures SET locked_until = :until, lockouts = lockouts + :more WHERE key = :key")
UNCOUNT_TRY = text("UPDATE sign_in_failures SET failures = failures - 1 WHERE key = :key AND failures > 0")
DELETE_FAILURES = text(
    "DELETE FROM sign_in_failures WHERE key = :key OR key IN "
    "(SELECT key FROM sign_in_failures WHERE last_at < :forgotten LIMIT 500 FOR UPDATE SKIP LOCKED)"
)


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


async def insert_session(session: Session, values: Mapping[str, Any]) -> None:
    """Store a session."""
    await session.execute(INSERT_SESSION, values)
    await session.execute(SET_SEEN, {"id": values["user_id"], "now": values["now"]})


async def find_session(session: Session, token_digest: bytes, now: datetime) -> Row | None:
    """Return the live session with this token, and its user if enabled."""
    return await fetch_row(session, FIND_SESSION, {"token_digest": token_digest, "now": now})


async def touch_session(session: Session, found: Row, *, now: datetime, expires_at: datetime) -> None:
    """Note that a session is in use."""
    await session.execute(TOUCH_SESSION, {"id": found["session_id"], "now": now, "expires_at": expires_at})
    await session.execute(SET_SEEN, {"id": found["id"], "now": now})


async def list_sessions(session: Session, user_id: UUID, now: datetime, *, count: int) -> list[Row]:
    """Return a user's live sessions, the last used first."""
    return await fetch_rows(session, LIST_SESSIONS, {"user_id": user_id, "now": now, "count": count})


async def authenticate_session(session: Session, session_id: UUID, now: datetime) -> None:
    """Note that the browser has just proved who uses it."""
    await session.execute(AUTHENTICATE_SESSION, {"id": session_id, "now": now})


async def delete_session(session: Session, user_id: UUID, session_id: UUID) -> bool:
    """Forget a session of this user; False when there is none."""
    return await change_rows(session, DELETE_SESSION, {"id": session_id, "user_id": user_id}) == 1


async def delete_sessions_of(session: Session, user_id: UUID, *, kept: UUID | None = None) -> int:
    """Forget every session of a user, but for one where it is named, and sign-ins under way; return how many."""
    await session.execute(DELETE_STEPS_OF, {"user_id": user_id})
    return await change_rows(session, DELETE_SESSIONS_OF, {"user_id": user_id, "kept": kept})


async def delete_expired(session: Session, now: datetime) -> None:
    """Forget the sessions whose time is over."""
    await session.execute(DELETE_EXPIRED, {"now": now})


async def count_try(session: Session, key: str, *, now: datetime, forgotten: datetime) -> Row | None:
    """Count a try that has not succeeded yet; return failures in a row and lock-outs, None while the key is locked."""
    return await fetch_row(session, COUNT_TRY, {"key": key, "now": now, "forgotten": forgotten})


async def find_lock(session: Session, key: str, now: datetime) -> datetime | None:
    """Return until when the key is locked."""
    row = await fetch_row(session, FIND_LOCK, {"key": key, "now": now})
    return None if row is None else row["locked_until"]


async def is_locked_out(session: Session, key: str, now: datetime) -> bool:
    """Say whether the key is locked for its many failures, not only delayed."""
    return await fetch_row(session, FIND_LOCKOUT, {"key": key, "now": now}) is not None


async def find_locks(session: Session, keys: Sequence[str], now: datetime) -> list[Row]:
    """Return those of the keys that are locked, and until when."""
    return await fetch_rows(session, FIND_LOCKS, {"keys": list(keys), "now": now})


async def lock(session: Session, key: str, until: datetime, *, lockout: bool = False) -> None:
    """Let nobody try this key before `until`; a lock-out counts, so that the next one lasts longer."""
    await session.execute(LOCK, {"key": key, "until": until, "more": int(lockout)})


async def uncount_try(session: Session, key: str) -> None:
    """Take back one counted try, which succeeded."""
    await session.execute(UNCOUNT_TRY, {"key": key})


async def delete_failures(session: Session, key: str, *, forgotten: datetime) -> None:
    """Forget a key's failures, and everybody's that are too old to matter."""
    await session.execute(DELETE_FAILURES, {"key": key, "forgotten": forgotten})
