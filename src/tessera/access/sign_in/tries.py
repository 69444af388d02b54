"""Tries: counted before they are looked at, delayed when they fail, and locked out when they fail too often."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tessera.access.sign_in.browsers import read_mark
from tessera.access.sign_in.delays import (
    FORGOTTEN_AFTER,
    FREE_ACCOUNT_FAILURES,
    FREE_ORIGIN_FAILURES,
    LONGEST,
    delay_after,
    lockout_after,
    say_wait,
)
from tessera.access.sign_in.errors import SignInDelayedError
from tessera.access.sign_in.store import tries as store
from tessera.access.users import Visitor
from tessera.platform.db import Session
from tessera.platform.secrets import KeyRing
from tessera.platform.settings import Settings

FAILURE_DIGEST = "sign_in_failures.key"


@dataclass(frozen=True, slots=True)
class Limit:
    """What a try is counted under, and how many may fail before the next one waits. An `own` one is an account's."""

    key: str
    free: int
    own: bool = False
    longest: timedelta = LONGEST


@dataclass(frozen=True, slots=True)
class Counted:
    """A counted try: it is the so-manieth in a row."""

    limit: Limit
    failures: int
    lockouts: int


async def limits_of(
    session: Session, keys: KeyRing, visitor: Visitor, *, email: str, now: datetime, what: str = "account"
) -> list[Limit]:
    """Return what a try of this visitor at this account counts under, always in the same order."""
    account = failure_key(keys, f"{what} {normalise(email)}")
    browser = read_mark(keys, visitor.mark, account_of(keys, email))
    if browser:
        own = failure_key(keys, f"{what} browser {browser}")
        # A known browser that failed too often is like any other: what an administrator unlocks is the account.
        if not await store.is_locked_out(session, own, now):
            account = own
    limits = [Limit(account, FREE_ACCOUNT_FAILURES, own=True)]
    if visitor.origin:
        limits.append(Limit(failure_key(keys, f"origin {visitor.origin}"), FREE_ORIGIN_FAILURES))
    return limits


async def count_tries(session: Session, limits: Sequence[Limit], now: datetime) -> list[Counted]:
    """Count one try under every limit; raise while one of them is locked."""
    counted: list[Counted] = []
    for limit in limits:
        row = await store.count_try(session, limit.key, now=now, forgotten=now - FORGOTTEN_AFTER)
        if row is None:
            for one in counted:
                await store.uncount_try(session, one.limit.key)
            until = await store.find_lock(session, limit.key, now) or now
            raise too_early((until - now).total_seconds())
        counted.append(Counted(limit, row["failures"], row["lockouts"]))
    return counted


async def settle_failure(
    session: Session, settings: Settings, counted: Sequence[Counted], now: datetime
) -> datetime | None:
    """Let the next try wait; return until when the account is locked out, where this failure did that."""
    locked_until = None
    for one in counted:
        lockout = timedelta(0)
        if one.limit.own:
            first = timedelta(minutes=settings.lockout_minutes)
            lockout = lockout_after(one.failures, one.lockouts, threshold=settings.lockout_failures, first=first)
        delay = max(lockout, delay_after(one.failures, free=one.limit.free, longest=one.limit.longest))
        if delay:
            await store.lock(session, one.limit.key, now + delay, lockout=bool(lockout))
        if lockout:
            locked_until = now + delay
    return locked_until


async def settle_success(session: Session, counted: Sequence[Counted], now: datetime) -> None:
    """Delete the failed tries at this account."""
    for one in counted:
        if one.limit.own:
            await store.delete_failures(session, one.limit.key, forgotten=now - FORGOTTEN_AFTER)
        else:
            # Only this try: a thief with an account of their own must not clear their record by signing in to it.
            await store.uncount_try(session, one.limit.key)


async def forget_failures(session: Session, keys: KeyRing, email: str, now: datetime) -> None:
    """Unlock an account for passwords and codes."""
    for text in (f"account {normalise(email)}", f"code {normalise(email)}"):
        await store.delete_failures(session, failure_key(keys, text), forgotten=now - FORGOTTEN_AFTER)


async def find_lockouts(session: Session, keys: KeyRing, emails: Sequence[str], now: datetime) -> dict[str, datetime]:
    """Return which of the accounts are locked, for passwords or codes, and until when."""
    names = {failure_key(keys, f"{what} {normalise(email)}"): email for email in emails for what in ("account", "code")}
    locked: dict[str, datetime] = {}
    for row in await store.find_locks(session, list(names), now):
        email = names[row["key"]]
        locked[email] = max(locked.get(email, now), row["locked_until"])
    return locked


def account_of(keys: KeyRing, email: str) -> str:
    """Return by what a browser's mark names its account."""
    return failure_key(keys, f"account {normalise(email)}")


def normalise(email: str) -> str:
    """Return an address as it is compared."""
    return email.strip().lower()


def failure_key(keys: KeyRing, text: str) -> str:
    """Return what a failure is counted under; people type passwords into the address field, so no plain text."""
    return keys.digest(text, FAILURE_DIGEST).hex()


def too_early(seconds: float) -> SignInDelayedError:
    """Say how long to wait, in words that fit every account."""
    return SignInDelayedError(
        f"Too many failed sign-ins. Wait {say_wait(seconds)} and try again.", retry_after=max(1, round(seconds))
    )
