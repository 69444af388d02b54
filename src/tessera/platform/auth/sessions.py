"""Signing in and out. A session's token is known to one browser; the database keeps a keyed digest of it."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tessera.platform.auth import store
from tessera.platform.auth.delays import FORGOTTEN_AFTER, FREE_ACCOUNT_FAILURES, FREE_ORIGIN_FAILURES, delay_after
from tessera.platform.auth.errors import SignInDelayedError
from tessera.platform.auth.passwords import verify_password
from tessera.platform.auth.users import User, make_user
from tessera.platform.db import Row, Session
from tessera.platform.ids import new_id
from tessera.platform.secrets import KeyRing

SESSION_DIGEST = "user_sessions.token_digest"
FAILURE_DIGEST = "sign_in_failures.key"
LONGEST_LIFE = timedelta(days=30)
# Writing at every request would cost more than knowing the last second is worth.
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who knocks: where from, with which browser, and for how long a sign-in lasts without use."""

    origin: str | None
    user_agent: str | None
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class UserSession:
    """A signed-in user, and the token that every form of this session carries."""

    id: UUID
    user: User
    csrf_token: str
    expires_at: datetime


async def sign_in(
    session: Session, keys: KeyRing, visitor: Visitor, *, email: str, password: str, now: datetime
) -> str | None:
    """Return the token of a new session, or None for a wrong address or password: nobody learns which.

    The caller commits in both cases, or failures are not counted. Raises `SignInDelayedError` while it is too early.
    """
    counted = await count_tries(session, keys, visitor, email, now)
    user = await store.find_secret(session, email.strip())
    if await verify_password(user["password_hash"] if user else None, password) and user:
        return await open_session(session, keys, visitor, user, now=now, account=counted[0][0], others=counted[1:])
    for key, failures, free in counted:
        delay = delay_after(failures, free=free)
        if delay:
            await store.lock(session, key, now + delay)
    return None


async def find_session(
    session: Session, keys: KeyRing, token: str, *, now: datetime, lifetime: timedelta
) -> UserSession | None:
    """Return the live session of this token and let it live on."""
    row = await store.find_session(session, keys.digest(token, SESSION_DIGEST), now)
    if row is None:
        return None
    expires_at = min(now + lifetime, row["opened_at"] + LONGEST_LIFE)
    if now - row["seen_at"] >= TOUCH_EVERY:
        await store.touch_session(session, row, now=now, expires_at=expires_at)
    return UserSession(row["session_id"], make_user(row), row["csrf_token"], expires_at)


async def sign_out(session: Session, found: UserSession) -> None:
    """End the session."""
    await store.delete_session(session, found.id)


Counted = tuple[str, int, int]


async def count_tries(session: Session, keys: KeyRing, visitor: Visitor, email: str, now: datetime) -> list[Counted]:
    """Count this try for account and origin, always in that order; raise while one of them is locked."""
    limits = [(failure_key(keys, f"account {email.strip().lower()}"), FREE_ACCOUNT_FAILURES)]
    if visitor.origin:
        limits.append((failure_key(keys, f"origin {visitor.origin}"), FREE_ORIGIN_FAILURES))
    counted: list[Counted] = []
    for key, free in limits:
        failures = await store.count_try(session, key, now=now, forgotten=now - FORGOTTEN_AFTER)
        if failures is None:
            for counted_key, _, _ in counted:
                await store.uncount_try(session, counted_key)
            until = await store.find_lock(session, key, now) or now
            raise too_early((until - now).total_seconds())
        counted.append((key, failures, free))
    return counted


async def open_session(
    session: Session,
    keys: KeyRing,
    visitor: Visitor,
    user: Row,
    *,
    now: datetime,
    account: str,
    others: list[Counted],
) -> str:
    """Store a new session, forget what failed before it, and return its token."""
    await store.delete_failures(session, account, forgotten=now - FORGOTTEN_AFTER)
    for key, _, _ in others:
        # Only this try: a thief with an account of their own must not clear their record by signing in to it.
        await store.uncount_try(session, key)
    await store.delete_expired(session, now)
    token = secrets.token_urlsafe(32)
    values = {
        "id": new_id(),
        "user_id": user["id"],
        "token_digest": keys.digest(token, SESSION_DIGEST),
        "csrf_token": secrets.token_urlsafe(32),
        "now": now,
        "expires_at": now + visitor.lifetime,
        "origin": visitor.origin,
        "user_agent": (visitor.user_agent or "")[:255] or None,
    }
    await store.insert_session(session, values)
    return token


def failure_key(keys: KeyRing, text: str) -> str:
    """Return what a failure is counted under; people type passwords into the address field, so no plain text."""
    return keys.digest(text, FAILURE_DIGEST).hex()


def too_early(seconds: float) -> SignInDelayedError:
    """Say how long to wait, in words that fit every account."""
    wait = max(1, round(seconds))
    return SignInDelayedError(
        f"Too many failed sign-ins. Wait {wait} second{'s' * (wait != 1)} and try again.", retry_after=wait
    )
