"""How fast a profile may be called at most, and what that means in seconds between two requests. Pure.

A receiver counts in windows that begin whenever it likes, by the moments at which requests arrive. Starts that are
evenly spaced keep every such window, and a margin absorbs what the network delays one request more than another.
"""

from dataclasses import dataclass

SECOND, MINUTE = 1.0, 60.0
# Shares of a window. Of a second, 20 ms; of a minute, 300 ms: a rate of 98 % and 99.5 % of what is allowed.
SECOND_MARGIN, MINUTE_MARGIN = 0.02, 0.005


@dataclass(frozen=True, slots=True)
class PaceLimits:
    """What a profile allows over all runs, workers and hosts together; None is unlimited."""

    concurrency: int
    per_second: int | None = None
    per_minute: int | None = None

    @property
    def windows(self) -> tuple[tuple[int, float, float], ...]:
        """Every window: what may start in it, its length, and its length with the margin."""
        given = ((self.per_second, SECOND, SECOND_MARGIN), (self.per_minute, MINUTE, MINUTE_MARGIN))
        return tuple((most, length, length * (1 + margin)) for most, length, margin in given if most)

    @property
    def limits_rate(self) -> bool:
        """Whether requests have to be spaced at all."""
        return bool(self.windows)

    def cost(self, weight: int = 1) -> float:
        """Return the seconds that a request of this weight keeps others away.

        It is as if all requests had its weight: as many as fit a window then share it evenly.
        """
        costs = (
            spaced / (most // weight) if weight <= most else spaced * weight / most for most, _, spaced in self.windows
        )
        return max(costs, default=0.0)

    @property
    def lateness(self) -> float:
        """How much later than planned a request may start without moving those after it: half of what is spare."""
        spare = (most * self.cost() - length for most, length, _ in self.windows)
        return min(spare, default=0.0) / 2
