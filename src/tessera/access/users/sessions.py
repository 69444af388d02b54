"""Sessions: opened by a sign-in, listed, confirmed and ended. A token is known to one browser; we keep its digest."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tessera.access.users.errors import SessionNotFoundError
from tessera.access.users.store import sessions
from tessera.access.users.users import User, make_user
from tessera.access.users.visitors import Visitor
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Row, Session
from tessera.platform.ids import new_id
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing

SESSION_DIGEST = "user_sessions.token_digest"
LONGEST_LIFE = timedelta(days=30)
# Writing at every request would cost more than knowing the last second is worth.
TOUCH_EVERY = timedelta(minutes=1)
# More would be a robot's; they all end with "end all others".
MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class UserSession:
    """A signed-in user, the token that every form of this session carries, and how they can prove who they are."""

    id: UUID
    user: User
    csrf_token: str
    expires_at: datetime
    authenticated_at: datetime
    method: str
    has_password: bool
    has_factor: bool
    has_identity: bool


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A browser in which a user is signed in."""

    id: UUID
    created_at: datetime
    seen_at: datetime
    origin: str | None
    user_agent: str | None
    method: str


async def find_session(
    session: Session, keys: KeyRing, token: str, *, now: datetime, lifetime: timedelta
) -> UserSession | None:
    """Return the live session of this token and let it live on."""
    row = await sessions.find_session(session, keys.digest(token, SESSION_DIGEST), now)
    if row is None:
        return None
    expires_at = min(now + lifetime, row["opened_at"] + LONGEST_LIFE)
    if now - row["seen_at"] >= TOUCH_EVERY:
        await sessions.touch_session(session, row, now=now, expires_at=expires_at)
    return UserSession(
        id=row["session_id"],
        user=make_user(row),
        csrf_token=row["csrf_token"],
        expires_at=expires_at,
        authenticated_at=row["authenticated_at"],
        method=row["way"],
        has_password=row["has_password"],
        has_factor=row["has_factor"],
        has_identity=row["has_identity"],
    )


async def open_session(
    session: Session,
    resources: Resources,
    visitor: Visitor,
    user: Row,
    *,
    method: str,
    now: datetime,
    authenticated_at: datetime | None = None,
) -> str:
    """Store a new session, write it into the audit log, and return the token."""
    await sessions.delete_expired(session, now)
    token = secrets.token_urlsafe(32)
    values = {
        "id": new_id(),
        "user_id": user["id"],
        "token_digest": resources.keys.digest(token, SESSION_DIGEST),
        "csrf_token": secrets.token_urlsafe(32),
        "now": now,
        "expires_at": now + visitor.lifetime,
        "origin": visitor.origin,
        "user_agent": (visitor.user_agent or "")[:255] or None,
        "way": method,
        "authenticated_at": authenticated_at or now,
    }
    await sessions.insert_session(session, values)
    actor = make_user(user).act(origin=visitor.origin)
    await record_entries(session, actor, [Entry("signed_in", "user", user["id"], user["email"], after={"way": method})])
    return token


async def sign_out(session: Session, found: UserSession, *, origin: str | None = None) -> None:
    """End the session."""
    await sessions.delete_session(session, found.user.id, found.id)
    await record_entries(
        session, found.user.act(origin=origin), [Entry("signed_out", "user", found.user.id, found.user.email)]
    )


async def list_sessions(session: Session, user_id: UUID, now: datetime) -> list[ListedSession]:
    """Return a user's own live sessions, the last used first."""
    return [ListedSession(**row) for row in await sessions.list_sessions(session, user_id, now, count=MOST_LISTED)]


async def end_session(session: Session, actor: Actor, user: User, session_id: UUID) -> None:
    """End one of a user's sessions."""
    if not await sessions.delete_session(session, user.id, session_id):
        raise SessionNotFoundError("This session has ended already.")
    await record_entries(session, actor, [Entry("session_ended", "user", user.id, user.email, after={"sessions": 1})])


async def end_other_sessions(session: Session, actor: Actor, user: User, *, kept: UUID) -> int:
    """End all of a user's own sessions but one; return how many ended."""
    ended = await sessions.delete_sessions_of(session, user.id, kept=kept)
    if ended:
        entry = Entry("session_ended", "user", user.id, user.email, after={"sessions": ended})
        await record_entries(session, actor, [entry])
    return ended
