"""Statements on the sessions of users."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.access.users.store.records import USER_COLUMNS
from tessera.platform.db import Row, Session, change_rows, fetch_row, fetch_rows

SET_SEEN = text("UPDATE users SET last_seen_at = :now WHERE id = :id")


INSERT_SESSION = text(
    "INSERT INTO user_sessions"
    " (id, user_id, token_digest, csrf_token, created_at, seen_at, expires_at, origin, user_agent, way,"
    " authenticated_at) "
    "VALUES (:id, :user_id, :token_digest, :csrf_token, :now, :now, :expires_at, :origin, :user_agent, :way,"
    " :authenticated_at)"
)


FIND_SESSION = text(
    "SELECT s.id AS session_id, s.csrf_token, s.created_at AS opened_at, s.seen_at, s.expires_at, s.way,"  # noqa: S608
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


# Expired rows are deleted in passing, some at a time: no sign-in waits for the rest.
DELETE_EXPIRED = text(
    "DELETE FROM user_sessions WHERE id IN "
    "(SELECT id FROM user_sessions WHERE expires_at <= :now LIMIT 500 FOR UPDATE SKIP LOCKED)"
)


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
    """Delete a session of this user; False when there is none."""
    return await change_rows(session, DELETE_SESSION, {"id": session_id, "user_id": user_id}) == 1


async def delete_sessions_of(session: Session, user_id: UUID, *, kept: UUID | None = None) -> int:
    """Delete every session of a user, but for one where it is named, and sign-ins under way; return how many."""
    await session.execute(DELETE_STEPS_OF, {"user_id": user_id})
    return await change_rows(session, DELETE_SESSIONS_OF, {"user_id": user_id, "kept": kept})


async def delete_expired(session: Session, now: datetime) -> None:
    """Delete expired sessions."""
    await session.execute(DELETE_EXPIRED, {"now": now})
