"""Passwords: argon2id, in threads, because a hash takes tens of milliseconds and 64 MiB on purpose."""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tessera.access.passwords.errors import UserInvalidError

LEAST_LENGTH = 12
# A longer text is no safer, and hashing it is work that a stranger could order.
MOST_LENGTH = 256

hasher = PasswordHasher()
# Two at a time: a flood of sign-ins waits in line instead of taking all memory.
threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")


def check_password(password: str) -> None:
    """Refuse a password that is too short or too long."""
    if not LEAST_LENGTH <= len(password) <= MOST_LENGTH:
        raise UserInvalidError(
            f"The password needs {LEAST_LENGTH} to {MOST_LENGTH} characters. A short sentence does well.",
            field="password",
        )


def make_password() -> str:
    """Draw a password that its user is shown once."""
    return secrets.token_urlsafe(15)


async def hash_password(password: str) -> str:
    """Hash a password for storing."""
    return await asyncio.get_running_loop().run_in_executor(threads, hasher.hash, password)


async def verify_password(stored: str | None, password: str) -> bool:
    """Say whether the password is the stored one; without a stored one spend the same time and say no."""
    known = stored if len(password) <= MOST_LENGTH else None
    matches = await asyncio.get_running_loop().run_in_executor(threads, matches_hash, known, password[:MOST_LENGTH])
    return matches and known is not None


def matches_hash(stored: str | None, password: str) -> bool:
    """Compare in this thread."""
    try:
        return hasher.verify(stored or dummy_hash(), password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def dummy_hash() -> str:
    """Return the hash of a random password."""
    return hasher.hash(secrets.token_urlsafe(32))
