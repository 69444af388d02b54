"""How long a user must wait after failing to sign in. Pure."""

from datetime import timedelta

# A person mistypes twice; a whole office shares one address.
FREE_ACCOUNT_FAILURES = 3
FREE_ORIGIN_FAILURES = 20
LONGEST = timedelta(minutes=5)
# An attack that pauses for a night has not locked the owner out for a day.
LONGEST_LOCKOUT = timedelta(hours=4)
FORGOTTEN_AFTER = timedelta(hours=24)


def delay_after(failures: int, *, free: int, longest: timedelta = LONGEST) -> timedelta:
    """Return the wait after so many failures in a row: none at first, then 1 s, doubling up to the longest."""
    beyond = failures - free
    if beyond < 0:
        return timedelta(0)
    return min(longest, timedelta(seconds=2 ** min(beyond, 20)))


def lockout_after(failures: int, lockouts: int, *, threshold: int, first: timedelta) -> timedelta:
    """Return how long the account is locked after so many failures in a row; nothing below the threshold."""
    if threshold == 0 or failures < threshold:
        return timedelta(0)
    longest = max(first, LONGEST_LOCKOUT)
    return min(longest, first * int(2 ** min(lockouts, 20)))


def say_wait(seconds: float) -> str:
    """Return a wait as people say it."""
    whole = max(1, round(seconds))
    if whole < 120:
        return f"{whole} second{'s' * (whole != 1)}"
    return f"{-(-whole // 60)} minutes"
