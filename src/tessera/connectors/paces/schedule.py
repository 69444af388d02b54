"""The stretches of time in which one worker may start requests, as the slices that it took give them. Pure."""

from collections import deque

# Sums of floats that should be equal.
ROUNDING = 1e-5


class Schedule:
    """Slices of the one schedule that all workers of a profile share. What is not used in its time is lost."""

    def __init__(self) -> None:
        self._slices: deque[tuple[float, float]] = deque()
        self._free_at = 0.0

    def add(self, start: float, end: float) -> None:
        """Take in a slice, which is later than all before it; one that follows the last is one with it."""
        if end - start <= ROUNDING:
            return
        if self._slices and abs(self._slices[-1][1] - start) <= ROUNDING:
            start = self._slices.pop()[0]
        self._slices.append((start, end))

    def next_start(self, cost: float, now: float, lateness: float) -> float | None:
        """Return when a request of this cost may start, which may be now or before; None where no slice has room."""
        while self._slices:
            start, end = self._slices[0]
            moment = max(start, self._free_at, now - lateness)
            if moment + cost <= end + ROUNDING:
                return moment
            if len(self._slices) == 1 and now < end:
                # The next slice may follow at once, and then what is left of this one counts too.
                return None
            self._slices.popleft()
        return None

    def take(self, moment: float, cost: float) -> None:
        """Use what `next_start` gave."""
        self._free_at = moment + cost

    def left(self, now: float) -> float:
        """Return the seconds that are still to come."""
        return sum(max(0.0, end - max(start, self._free_at, now)) for start, end in self._slices)

    def clear(self, now: float) -> tuple[float, float] | None:
        """Drop everything; return the unused end of the last slice, to be given back."""
        last = self._slices[-1] if self._slices else None
        self._slices.clear()
        if last is None or (unused := max(last[0], self._free_at, now)) >= last[1]:
            return None
        return unused, last[1]
