"""When a request is tried again. Pure decisions; the wait itself happens in `execution`."""

from random import Random

MAX_ATTEMPTS = 5
LONGEST_WAIT = 60.0
# A request that takes one worker after another down with it is not sent endlessly.
MOST_LOST = 10
# A receiver that asks for more than this has closed for the day: the run ends and says so.
LONGEST_RETRY_AFTER = 15 * 60.0
# So many requests in a row without success after all their tries mean that the receiver is down.
BROKEN_AFTER = 10


def choose_wait(attempt: int, retry_after: float | None, random: Random) -> float:
    """Return the seconds between try `attempt` (from 1) and the next.

    Full jitter keeps many workers from calling at the same moment; a receiver's own wish is a lower bound,
    with up to a tenth more for the same reason. A wish of 0, or a moment that has passed, shortens nothing.
    """
    backoff = random.uniform(0, min(LONGEST_WAIT, 2.0 ** (attempt - 1)))
    return max(backoff, (retry_after or 0.0) * (1 + random.uniform(0, 0.1)))


def is_last(attempts: int, lost: int) -> bool:
    """Say whether no try is left; tries that died with their worker got no answer and do not count."""
    return attempts - lost >= MAX_ATTEMPTS
