"""Users change their own password: with the current one, and every other browser of theirs is signed out."""

from datetime import datetime

from tessera.access.passwords import hash_password
from tessera.access.sign_in.admission import try_password
from tessera.access.sign_in.errors import PasswordWrongError
from tessera.access.users import (
    UserSession,
    Visitor,
    authenticate_session,
    delete_sessions_of,
    notify_user,
    set_password,
)
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session
from tessera.platform.resources import Resources


async def is_own_password(
    session: Session, resources: Resources, visitor: Visitor, signed_in: UserSession, *, password: str, now: datetime
) -> bool:
    """Say whether this is the current password; the caller commits in both cases, or failures are not counted."""
    return signed_in.has_password and await try_password(
        session, resources, visitor, signed_in, password=password, now=now
    )


async def change_own_password(
    session: Session, resources: Resources, visitor: Visitor, signed_in: UserSession, *, password: str, now: datetime
) -> None:
    """Replace the password of a user who has just proved that they know it, and keep only this session."""
    user = signed_in.user
    if not signed_in.has_password:
        raise PasswordWrongError("You sign in without a password. There is none to change.", field="current")
    await set_password(session, user.id, await hash_password(password), now)
    await delete_sessions_of(session, user.id, kept=signed_in.id)
    await authenticate_session(session, signed_in.id, now)
    await record_entries(
        session, user.act(origin=visitor.origin), [Entry("password_changed", "user", user.id, user.email)]
    )
    await notify_user(
        session,
        resources,
        user.email,
        subject="Your Tessera password was changed",
        lines=("You set a new password for your account. Every other browser was signed out.",),
        origin=visitor.origin,
    )
