"""Second factors: codes that a phone makes of a shared secret, each good once, and recovery codes for its loss."""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import pyotp

from tessera.access.factors import store as factor_store
from tessera.access.factors.errors import CodeWrongError, FactorExistsError, FactorMissingError
from tessera.access.users import User, get_changeable, make_user, notify_user
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Row, Session
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing

STEP_SECONDS = 30
# Clocks of phones differ, and typing takes a while.
STEPS_AROUND = (0, -1, 1)
RECOVERY_DIGEST = "recovery_codes.digest"
RECOVERY_CODES = 10
# No letter that looks like a digit, and no vowel that could make a word.
LETTERS = "23456789bcdfghjkmnpqrstvwxz"
RECOVERY_LENGTH = 12
ISSUER = "Tessera"


@dataclass(frozen=True, slots=True)
class Factor:
    """A user's second factor, and how many recovery codes are left."""

    confirmed_at: datetime
    recovery_codes: int


@dataclass(frozen=True, slots=True)
class PendingFactor:
    """A second factor that its user has been shown and has not confirmed: the key, and the address of the picture."""

    key: str = field(repr=False)
    uri: str = field(repr=False)


async def find_factor(session: Session, user_id: UUID) -> Factor | None:
    """Return a user's second factor."""
    row = await factor_store.find_factor(session, user_id)
    if row is None or row["confirmed_at"] is None:
        return None
    return Factor(row["confirmed_at"], row["recovery_codes"])


async def begin_factor(session: Session, resources: Resources, user: User, *, now: datetime) -> None:
    """Draw a secret for a user to put into their phone; an unconfirmed one before it is forgotten."""
    sealed = resources.keys.seal(pyotp.random_base32(), purpose_of(user.id))
    if not await factor_store.begin_factor(session, user.id, sealed, now):
        raise FactorExistsError("You have a second factor already. Remove it before you set up another.")


async def find_pending_factor(session: Session, keys: KeyRing, user: User) -> PendingFactor | None:
    """Return the second factor that waits for its first code."""
    row = await factor_store.find_factor(session, user.id)
    if row is None or row["confirmed_at"] is not None:
        return None
    key = keys.open(row["sealed_secret"], purpose_of(user.id)).reveal()
    return PendingFactor(key, pyotp.TOTP(key).provisioning_uri(name=user.email, issuer_name=ISSUER))


async def confirm_factor(
    session: Session, resources: Resources, actor: Actor, user: User, *, code: str, now: datetime
) -> list[str]:
    """Switch the second factor on with its first code, and return the recovery codes, which are never shown again."""
    row = await factor_store.find_factor(session, user.id)
    if row is None or row["confirmed_at"] is not None:
        raise FactorMissingError("There is no second factor to confirm. Begin with a new key.")
    step = match_step(resources.keys, row, code, now)
    if step is None or not await factor_store.confirm_factor(session, user.id, step, now):
        raise CodeWrongError(
            "This code does not fit. Check that the phone's clock is right, and type the newest code.", field="code"
        )
    await record_entries(session, actor, [Entry("second_factor_added", "user", user.id, user.email)])
    await notify_user(
        session,
        resources,
        user.email,
        subject="A second factor protects your Tessera account",
        lines=("From now on, signing in takes your password and a code from your phone.",),
        origin=actor.origin,
    )
    return await draw_codes(session, resources.keys, user.id, now)


async def renew_recovery_codes(
    session: Session, resources: Resources, actor: Actor, user: User, *, now: datetime
) -> list[str]:
    """Replace a user's recovery codes and return the new ones."""
    if not await factor_store.has_factor(session, user.id):
        raise FactorMissingError("You have no second factor. Set one up first.")
    await record_entries(session, actor, [Entry("recovery_codes_renewed", "user", user.id, user.email)])
    return await draw_codes(session, resources.keys, user.id, now)


async def remove_factor(session: Session, resources: Resources, actor: Actor, user: User) -> None:
    """Take a user's second factor away: their own, or as an administrator of users."""
    if actor.id != user.id:
        await get_changeable(session, actor, user.id, None)
    if not await factor_store.delete_factor(session, user.id):
        raise FactorMissingError(f"{user.email} has no second factor.")
    await record_entries(session, actor, [Entry("second_factor_removed", "user", user.id, user.email)])
    by = "You" if actor.id == user.id else actor.name
    await notify_user(
        session,
        resources,
        user.email,
        subject="Your Tessera account has no second factor any more",
        lines=(f"{by} removed the second factor of your account.",),
        origin=actor.origin,
    )


async def use_code(
    session: Session, resources: Resources, user: Row, *, code: str, now: datetime, origin: str | None
) -> bool:
    """Say whether the code is good, and use it up: from the phone, or one of the recovery codes."""
    row = await factor_store.find_factor(session, user["id"])
    if row is None or row["confirmed_at"] is None:
        return False
    step = match_step(resources.keys, row, code, now)
    if step is not None:
        return await factor_store.use_step(session, user["id"], step)
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    if len(plain) != RECOVERY_LENGTH:
        return False
    if not await factor_store.use_recovery_code(session, digest_of(resources.keys, user["id"], plain)):
        return False
    left = row["recovery_codes"] - 1
    actor = make_user(user).act(origin=origin)
    entry = Entry("recovery_code_used", "user", user["id"], user["email"], after={"left": left})
    await record_entries(session, actor, [entry])
    await notify_user(
        session,
        resources,
        user["email"],
        subject="A recovery code of your Tessera account was used",
        lines=(f"One of your recovery codes was used to sign in. {left} of them are left.",),
        origin=origin,
    )
    return True


def match_step(keys: KeyRing, row: Row, code: str, now: datetime) -> int | None:
    """Return which 30 seconds the code belongs to, where its time is about now and none like it was used."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return None
    codes = pyotp.TOTP(keys.open(row["sealed_secret"], purpose_of(row["user_id"])).reveal())
    current = int(now.timestamp()) // STEP_SECONDS
    found = None
    for around in STEPS_AROUND:
        step = current + around
        if hmac.compare_digest(codes.generate_otp(step), digits) and step > row["last_step"] and found is None:
            found = step
    return found


async def draw_codes(session: Session, keys: KeyRing, user_id: UUID, now: datetime) -> list[str]:
    """Draw recovery codes in place of those before."""
    plain = ["".join(secrets.choice(LETTERS) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    digests = [digest_of(keys, user_id, code) for code in plain]
    await factor_store.replace_recovery_codes(session, user_id, digests, now)
    return [show_code(code) for code in plain]


def show_code(code: str) -> str:
    """Return a recovery code as people read it."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


async def reseal_factors(session: Session, keys: KeyRing) -> int:
    """Seal every secret with the newest key; return how many there were."""
    rows = await factor_store.list_secrets(session)
    resealed: Sequence[dict[str, object]] = [
        {"user_id": row["user_id"], "sealed_secret": keys.reseal(row["sealed_secret"], purpose_of(row["user_id"]))}
        for row in rows
        if not keys.is_current(row["sealed_secret"])
    ]
    await factor_store.replace_secrets(session, resealed)
    return len(resealed)


def digest_of(keys: KeyRing, user_id: UUID, code: str) -> bytes:
    """Return what is stored of a recovery code."""
    return keys.digest(f"{user_id} {code}", RECOVERY_DIGEST)


def purpose_of(user_id: UUID) -> str:
    """Return what a secret is sealed for: it opens for its own user only."""
    return f"second_factors.{user_id}"
