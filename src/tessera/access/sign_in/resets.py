"""Password resets by mail. Whether an address has a user is found out by the worker: the page answers all alike."""

import secrets
from datetime import datetime, timedelta
from urllib.parse import quote

from tessera.access.passwords import check_password, hash_password
from tessera.access.sign_in.errors import ResetInvalidError
from tessera.access.sign_in.store import resets as reset_store
from tessera.access.sign_in.tries import Limit, count_tries, failure_key, forget_failures, normalise, settle_failure
from tessera.access.users import Visitor, delete_sessions_of, find_secret, make_user, notify_user, set_password
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session
from tessera.platform.jobs import Job
from tessera.platform.mail import Link, MailMessage, is_mail_on, send_mail
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing
from tessera.platform.settings import Settings

# A person waits for this one.
SEND_RESET = Job("sign_in.send_reset", priority=10)
RESET_DIGEST = "password_resets.token_digest"
LIFE = timedelta(hours=1)
# The first requests cost nothing; after that each waits twice as long as the one before.
FREE_REQUESTS, FREE_ORIGIN_REQUESTS = 3, 20
LONGEST_WAIT = timedelta(hours=1)
IGNORE = "If you did not ask for this, do nothing: the link ends in an hour, and your password stays as it is."


def can_reset(settings: Settings) -> bool:
    """Say whether a forgotten password can be replaced by mail: that takes a mail server, and our own address."""
    return settings.password_sign_in and is_mail_on(settings) and bool(settings.public_url)


async def ask_reset(session: Session, resources: Resources, visitor: Visitor, *, email: str, now: datetime) -> None:
    """Have the worker send a link if the address has a user. Raises `SignInDelayedError` for too many requests.

    The work is the same whether it has one or not, and so are answer and time.
    """
    address = Limit(failure_key(resources.keys, f"reset {normalise(email)}"), FREE_REQUESTS, longest=LONGEST_WAIT)
    limits = [address]
    if visitor.origin:
        key = failure_key(resources.keys, f"reset origin {visitor.origin}")
        limits.append(Limit(key, FREE_ORIGIN_REQUESTS, longest=LONGEST_WAIT))
    await settle_failure(session, resources.settings, await count_tries(session, limits, now), now)
    await resources.jobs.defer(
        session, SEND_RESET, sealed=resources.keys.seal(email.strip(), SEND_RESET.name), origin=visitor.origin
    )


async def send_reset(resources: Resources, sealed: str, origin: str | None) -> None:
    """Mail the link to the user with this address, where there is one who has a password."""
    email = resources.keys.open(sealed, SEND_RESET.name).reveal()
    if not can_reset(resources.settings):
        return
    async with resources.database.session() as session:
        user = await find_secret(session, email)
        if user is None:
            return
        if user["password_hash"] is None:
            await send_mail(session, resources, [explain_provider(user["email"], resources.settings)])
            return
        token = secrets.token_urlsafe(32)
        digest = resources.keys.digest(token, RESET_DIGEST)
        await reset_store.replace_reset(session, user["id"], digest, resources.clock() + LIFE)
        actor = make_user(user).act(origin=origin)
        await record_entries(session, actor, [Entry("password_reset_requested", "user", user["id"], user["email"])])
        await send_mail(session, resources, [offer_link(user["email"], resources.settings, token)])


def offer_link(email: str, settings: Settings, token: str) -> MailMessage:
    """Return the letter with the link."""
    url = f"{(settings.public_url or '').rstrip('/')}/reset-password?token={quote(token)}"
    return MailMessage(
        email,
        "Set a new password for Tessera",
        ("Someone, most likely you, asked to set a new password for your Tessera account.",),
        link=Link("Set a new password", url),
        after=("The link works once, for an hour.", IGNORE),
    )


def explain_provider(email: str, settings: Settings) -> MailMessage:
    """Return the message to a user without a password."""
    return MailMessage(
        email,
        "You sign in to Tessera without a password",
        (
            "Someone, most likely you, asked to set a new password for your Tessera account.",
            f"Your account has none: on the sign-in page, choose to sign in with {settings.oidc_label}.",
        ),
    )


async def is_reset_live(session: Session, keys: KeyRing, token: str, *, now: datetime) -> bool:
    """Say whether this link can still set a password."""
    return await reset_store.find_reset(session, keys.digest(token, RESET_DIGEST), now) is not None


async def redeem_reset(
    session: Session, resources: Resources, visitor: Visitor, *, token: str, password: str, now: datetime
) -> None:
    """Set the password that the link's user chose, end all their sessions and lock-outs, and notify them."""
    check_password(password)
    hashed = await hash_password(password)
    user = await reset_store.take_reset(session, resources.keys.digest(token, RESET_DIGEST), now)
    if user is None:
        raise ResetInvalidError("This link was used already, or is too old. Ask for a new one.")
    await set_password(session, user["id"], hashed, now)
    await delete_sessions_of(session, user["id"])
    await forget_failures(session, resources.keys, user["email"], now)
    actor = make_user(user).act(origin=visitor.origin)
    await record_entries(session, actor, [Entry("password_reset", "user", user["id"], user["email"])])
    await notify_user(
        session,
        resources,
        user["email"],
        subject="Your Tessera password was changed",
        lines=("A new password was set for your account, by the link in our last mail. All sessions were ended.",),
        origin=visitor.origin,
    )
