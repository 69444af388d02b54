"""Admission: from a password or an identity, over the second step, to a session. Nothing reveals who has an account."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tessera.access.factors import delete_step, find_step, has_factor, insert_step, use_code
from tessera.access.passwords import verify_password
from tessera.access.sign_in.browsers import make_mark
from tessera.access.sign_in.errors import PasswordSignInOffError, StepExpiredError
from tessera.access.sign_in.tries import account_of, count_tries, limits_of, settle_failure, settle_success
from tessera.access.users import (
    UserSession,
    Visitor,
    authenticate_session,
    find_secret,
    find_users,
    notify_user,
    open_session,
)
from tessera.platform.actors import system_actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Row, Session
from tessera.platform.jobs import Job
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing

STEP_DIGEST = "sign_in_steps.token_digest"
STEP_LIFE = timedelta(minutes=10)
PASSWORD, PROVIDER = "password", "provider"
NOTIFY_LOCKOUT = Job("sign_in.notify_lockout")


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a browser gets: the token of a session, or where a code is still owed, of the second step; and its mark."""

    token: str = field(repr=False)
    complete: bool = True
    mark: str | None = field(default=None, repr=False)


async def sign_in(
    session: Session, resources: Resources, visitor: Visitor, *, email: str, password: str, now: datetime
) -> SignIn | None:
    """Return what the right password opens, or None for a wrong address or password, without revealing which.

    The caller commits in both cases, or failures are not counted. Raises `SignInDelayedError` while it is too early.
    """
    if not resources.settings.password_sign_in:
        raise PasswordSignInOffError("Sign-in by password is off here. Use the identity provider.")
    limits = await limits_of(session, resources.keys, visitor, email=email, now=now)
    counted = await count_tries(session, limits, now)
    user = await find_secret(session, email.strip())
    if await verify_password(user["password_hash"] if user else None, password) and user:
        await settle_success(session, counted, now)
        return await admit(session, resources, visitor, user, method=PASSWORD, now=now)
    until = await settle_failure(session, resources.settings, counted, now)
    if until:
        await note_lockout(session, resources, visitor, email=email, until=until)
    return None


async def admit(
    session: Session,
    resources: Resources,
    visitor: Visitor,
    user: Row,
    *,
    method: str,
    now: datetime,
    authenticated_at: datetime | None = None,
) -> SignIn:
    """Open a session for a user who has proved one thing, or ask for the code of their second factor."""
    if await has_factor(session, user["id"]):
        token = secrets.token_urlsafe(32)
        digest = resources.keys.digest(token, STEP_DIGEST)
        await insert_step(session, digest, user_id=user["id"], method=method, now=now, expires_at=now + STEP_LIFE)
        return SignIn(token, complete=False)
    token = await open_session(
        session, resources, visitor, user, method=method, now=now, authenticated_at=authenticated_at
    )
    return SignIn(token, mark=make_mark(resources.keys, account_of(resources.keys, user["email"])))


async def has_step(session: Session, keys: KeyRing, token: str, *, now: datetime) -> bool:
    """Say whether this browser has to enter a code."""
    return await find_step(session, keys.digest(token, STEP_DIGEST), now) is not None


async def pass_second_step(
    session: Session, resources: Resources, visitor: Visitor, *, token: str, code: str, now: datetime
) -> SignIn | None:
    """Return the session that the right code opens, None for a wrong one. The caller commits in both cases."""
    digest = resources.keys.digest(token, STEP_DIGEST)
    user = await find_step(session, digest, now)
    if user is None:
        raise StepExpiredError("This sign-in took too long. Start again with your password.")
    if not await try_code(session, resources, visitor, user, code=code, now=now):
        return None
    await delete_step(session, digest)
    opened = await open_session(session, resources, visitor, user, method=user["way"], now=now)
    return SignIn(opened, mark=make_mark(resources.keys, account_of(resources.keys, user["email"])))


async def try_code(
    session: Session, resources: Resources, visitor: Visitor, user: Row, *, code: str, now: datetime
) -> bool:
    """Say whether the code is good; counted and delayed apart from passwords, which clear only their own record."""
    limits = await limits_of(session, resources.keys, visitor, email=user["email"], now=now, what="code")
    counted = await count_tries(session, limits, now)
    if await use_code(session, resources, user, code=code, now=now, origin=visitor.origin):
        await settle_success(session, counted, now)
        return True
    until = await settle_failure(session, resources.settings, counted, now)
    if until:
        await note_lockout(session, resources, visitor, email=user["email"], until=until)
    return False


async def confirm(
    session: Session,
    resources: Resources,
    visitor: Visitor,
    signed_in: UserSession,
    *,
    password: str | None,
    code: str | None,
    now: datetime,
) -> bool:
    """Say whether the user of this session has proved again who they are, by all that was asked; None was not asked.

    Counted like a sign-in: the caller commits in both cases.
    """
    if password is None and code is None:
        return False
    if password is not None and not await try_password(
        session, resources, visitor, signed_in, password=password, now=now
    ):
        return False
    if code is not None:
        (user,) = await find_users(session, [signed_in.user.id])
        if not await try_code(session, resources, visitor, user, code=code, now=now):
            return False
    await record_confirmation(session, signed_in, origin=visitor.origin, now=now)
    return True


async def try_password(
    session: Session, resources: Resources, visitor: Visitor, signed_in: UserSession, *, password: str, now: datetime
) -> bool:
    """Say whether this is the password of the session's user; counted and delayed like a sign-in."""
    email = signed_in.user.email
    counted = await count_tries(session, await limits_of(session, resources.keys, visitor, email=email, now=now), now)
    (user,) = await find_users(session, [signed_in.user.id])
    if await verify_password(user["password_hash"], password):
        await settle_success(session, counted, now)
        return True
    until = await settle_failure(session, resources.settings, counted, now)
    if until:
        await note_lockout(session, resources, visitor, email=email, until=until)
    return False


async def record_confirmation(session: Session, signed_in: UserSession, *, origin: str | None, now: datetime) -> None:
    """Remember that this browser has just proved who uses it."""
    await authenticate_session(session, signed_in.id, now)
    entry = Entry("sign_in_confirmed", "user", signed_in.user.id, signed_in.user.email)
    await record_entries(session, signed_in.user.act(origin=origin), [entry])


async def note_lockout(
    session: Session, resources: Resources, visitor: Visitor, *, email: str, until: datetime
) -> None:
    """Have the worker notify the user. It also finds out whether there is one, so that the answer takes no longer."""
    sealed = resources.keys.seal(email, NOTIFY_LOCKOUT.name)
    await resources.jobs.defer(session, NOTIFY_LOCKOUT, sealed=sealed, until=until.isoformat(), origin=visitor.origin)


async def notify_lockout(resources: Resources, sealed: str, until: str, origin: str | None) -> None:
    """Notify a user by mail, and write into the audit log, that their account is locked for a while."""
    email = resources.keys.open(sealed, NOTIFY_LOCKOUT.name).reveal()
    async with resources.database.session() as session:
        user = await find_secret(session, email.strip())
        if user is None:
            return
        entry = Entry("locked_out", "user", user["id"], user["email"], after={"until": until, "origin": origin})
        await record_entries(session, system_actor("sign-in"), [entry])
        moment = datetime.fromisoformat(until).strftime("%H:%M UTC")
        await notify_user(
            session,
            resources,
            user["email"],
            subject="Your Tessera account is locked for a while",
            lines=(
                (
                    "There were too many failed attempts to sign in to your account."
                    f" This way of signing in is blocked until {moment}."
                ),
                (
                    "You can still sign in from a browser that you used before. Otherwise wait, set a new password by"
                    " mail, or ask an administrator to unlock the account."
                ),
            ),
            origin=origin,
        )
