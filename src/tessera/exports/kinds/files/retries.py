"""How often and when the transfer of a file is tried again. Pure decisions; the wait itself happens in `delivery`."""

# With the waits below: a store may be away for eight minutes.
MOST_ATTEMPTS = 10
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0


def choose_wait(attempt: int) -> float:
    """Return the seconds between attempt `attempt`, from 1, and the next."""
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (attempt - 1))


def is_last(attempt: int) -> bool:
    """Say whether no attempt of this worker is left; a take-over begins to count from one again."""
    return attempt >= MOST_ATTEMPTS
