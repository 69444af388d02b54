"""For how long requests waited, and for what. Pure."""

from dataclasses import dataclass
from enum import StrEnum

# Waits closer than this are one; one shorter than the other is not worth a line.
QUIET_SECONDS, SHORTEST_SECONDS = 2.0, 1.0


class WaitReason(StrEnum):
    """What requests waited for: the rate, places in flight, or the receiver."""

    RATE = "rate"
    CONCURRENCY = "concurrency"
    RETRY_AFTER = "retry_after"
    RATE_LIMIT_HEADER = "rate_limit_header"
    BREAKER = "breaker"


@dataclass(frozen=True, slots=True)
class WaitPeriod:
    """A period in which requests kept waiting for one reason. Times are those of a monotonic clock, in seconds."""

    reason: WaitReason
    started: float
    ended: float


class WaitLog:
    """Joins the many short waits of a throttled run to one period each."""

    def __init__(self) -> None:
        self._open: dict[WaitReason, tuple[float, float]] = {}

    def note(self, reason: WaitReason, started: float, ended: float) -> list[WaitPeriod]:
        """Add a wait; return the periods that are over."""
        over = self.end(before=ended - QUIET_SECONDS, spared=reason)
        known = self._open.get(reason)
        if known is not None and started - known[1] > QUIET_SECONDS:
            over += self._close(reason)
            known = None
        self._open[reason] = (known[0] if known else started, ended)
        return over

    def end(self, *, before: float = float("inf"), spared: WaitReason | None = None) -> list[WaitPeriod]:
        """End the periods that nothing was added to since then; return those worth a line."""
        quiet = [reason for reason, (_, last) in self._open.items() if last < before and reason is not spared]
        return [period for reason in quiet for period in self._close(reason)]

    def _close(self, reason: WaitReason) -> list[WaitPeriod]:
        period = WaitPeriod(reason, *self._open.pop(reason))
        return [period] if period.ended - period.started >= SHORTEST_SECONDS else []
