"""Identities: which of our users the identity provider signed in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tessera.access.passwords import make_password
from tessera.access.roles import find_role
from tessera.access.sign_in.admission import PROVIDER, SignIn, admit
from tessera.access.sign_in.errors import IdentityNotLinkedError, IdentityTakenError
from tessera.access.sign_in.store import identities as identity_store
from tessera.access.users import (
    EmailTakenError,
    NewUser,
    User,
    Visitor,
    clear_password,
    create_users,
    find_secret,
    find_users,
    get_changeable,
)
from tessera.platform.actors import Actor, system_actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Row, Session
from tessera.platform.resources import Resources
from tessera.platform.settings import Settings


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as the identity provider knows them. `authenticated_at` is when it last asked who they are."""

    issuer: str
    subject: str
    email: str | None = None
    email_verified: bool = False
    name: str | None = None
    authenticated_at: datetime | None = None


async def admit_identity(
    session: Session, resources: Resources, visitor: Visitor, identity: Identity, *, now: datetime
) -> SignIn:
    """Open a session for the user who is this person: known, linked by address or made, as the settings allow."""
    user = await identity_store.find_user(session, identity.issuer, identity.subject)
    if user is None:
        user = await link_by_email(session, resources.settings, visitor, identity, now=now)
    if user is None:
        user = await make_user_of(session, resources.settings, visitor, identity, now=now)
    if not user["enabled"]:
        raise unknown(identity)
    await identity_store.set_used(session, identity.issuer, identity.subject, now)
    proved = min(now, identity.authenticated_at or now)
    return await admit(session, resources, visitor, user, method=PROVIDER, now=now, authenticated_at=proved)


async def link_identity(session: Session, actor: Actor, user: User, identity: Identity, *, now: datetime) -> None:
    """Let a person sign in as this user from now on."""
    if actor.id != user.id:
        await get_changeable(session, actor, user.id, None)
    if not await identity_store.insert_identity(session, identity.issuer, identity.subject, user.id, now):
        found = await identity_store.find_user(session, identity.issuer, identity.subject)
        if found is None or found["id"] != user.id:
            raise IdentityTakenError("This identity belongs to another user already. Unlink it there first.")
        return
    await record_entries(session, actor, [linked(user.id, user.email, identity)])


async def unlink_identities(session: Session, actor: Actor, user: User) -> int:
    """Remove the user's links to the identity provider; return how many there were."""
    if actor.id != user.id:
        await get_changeable(session, actor, user.id, None)
    gone = await identity_store.delete_identities(session, user.id)
    if gone:
        await record_entries(session, actor, [Entry("identity_unlinked", "user", user.id, user.email)])
    return gone


async def is_identity_of(session: Session, identity: Identity, user_id: UUID) -> bool:
    """Say whether this person is that user."""
    found = await identity_store.find_user(session, identity.issuer, identity.subject)
    return found is not None and bool(found["enabled"]) and found["id"] == user_id


async def link_by_email(
    session: Session, settings: Settings, visitor: Visitor, identity: Identity, *, now: datetime
) -> Row | None:
    """Link a person to the user with the same address, where the operator allows it and the provider verified it."""
    if not (settings.oidc_link_by_email and identity.email and identity.email_verified):
        return None
    user = await find_secret(session, identity.email)
    if user is None:
        return None
    await identity_store.insert_identity(session, identity.issuer, identity.subject, user["id"], now)
    entry = linked(user["id"], user["email"], identity)
    await record_entries(session, provider_actor(visitor), [entry])
    return user


async def make_user_of(
    session: Session, settings: Settings, visitor: Visitor, identity: Identity, *, now: datetime
) -> Row:
    """Make a user without a password of a person, where the operator allows it."""
    if not settings.oidc_create_users:
        raise unknown(identity)
    if not identity.email:
        raise IdentityNotLinkedError(
            "The identity provider does not give your e-mail address, which a new user needs. Ask an administrator."
        )
    if settings.oidc_verified_email and not identity.email_verified:
        raise IdentityNotLinkedError(
            f"The identity provider has not verified the address {identity.email}. Verify it there and come again."
        )
    name = (identity.name or identity.email)[:255]
    actor = provider_actor(visitor)
    roles = frozenset([(await find_role(session, actor, role)).id for role in settings.oidc_roles])
    permissions = frozenset(settings.oidc_permissions)
    new = NewUser(identity.email, name, make_password(), permissions=permissions, roles=roles)
    try:
        (user,) = await create_users(session, actor, [new])
    except EmailTakenError:
        raise EmailTakenError(
            f"{identity.email} belongs to a user already. Sign in as that user, and link the provider to your account."
        ) from None
    await clear_password(session, user.id)
    await identity_store.insert_identity(session, identity.issuer, identity.subject, user.id, now)
    await record_entries(session, actor, [linked(user.id, user.email, identity)])
    (row,) = await find_users(session, [user.id])
    return row


async def is_locked_out(session: Session, settings: Settings) -> bool:
    """Return whether no user can sign in: passwords are off, and the provider knows no user and may create none."""
    if settings.password_sign_in or settings.oidc_create_users or settings.oidc_link_by_email:
        return False
    return await identity_store.count_identities(session, settings.oidc_issuer or "") == 0


def linked(user_id: UUID, email: str, identity: Identity) -> Entry:
    """Return what the audit log keeps of a link."""
    after = {"issuer": identity.issuer, "subject": identity.subject}
    return Entry("identity_linked", "user", user_id, email, after=after)


def provider_actor(visitor: Visitor) -> Actor:
    """Return who makes and links users that the provider let in."""
    actor = system_actor("identity provider")
    return Actor(actor.kind, None, actor.name, origin=visitor.origin)


def unknown(identity: Identity) -> IdentityNotLinkedError:
    """Return the error for an identity that belongs to no user."""
    who = f" ({identity.email})" if identity.email else ""
    return IdentityNotLinkedError(
        f"The identity provider knows you{who}, but Tessera has no user for you. Ask an administrator."
    )
