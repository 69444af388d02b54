"""How long somebody must wait after failing to sign in. Pure."""

from datetime import timedelta

# A person mistypes twice; a whole office shares one address.
FREE_ACCOUNT_FAILURES = 3
FREE_ORIGIN_FAILURES = 20
LONGEST = timedelta(minutes=5)
FORGOTTEN_AFTER = timedelta(hours=24)


def delay_after(failures: int, *, free: int) -> timedelta:
    """Return the wait after so many failures in a row: none at first, then 1 s, doubling up to five minutes."""
    beyond = failures - free
    if beyond < 0:
        return timedelta(0)
    return min(LONGEST, timedelta(seconds=2 ** min(beyond, 20)))
