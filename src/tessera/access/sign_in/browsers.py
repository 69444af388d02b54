"""Known browsers: a mark left with a browser after a sign-in, whose tries are counted separately.

Without it a stranger who fails on purpose could keep the owner of an account locked out permanently.
"""

import secrets

from tessera.platform.secrets import KeyRing, SecretError

PURPOSE = "known-browser"


def make_mark(keys: KeyRing, account: str) -> str:
    """Return the mark of a browser that has just signed in to this account."""
    return keys.seal(f"{account} {secrets.token_urlsafe(16)}", PURPOSE)


def read_mark(keys: KeyRing, mark: str | None, account: str) -> str | None:
    """Return the browser's name if the mark is ours and belongs to this account."""
    if not mark or not mark.isascii():
        return None
    try:
        marked, _, browser = keys.open(mark, PURPOSE).reveal().partition(" ")
    except SecretError:
        return None
    return browser if marked == account else None
