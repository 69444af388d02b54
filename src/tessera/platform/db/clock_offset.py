"""How far the database's clock is from this process's. Pure."""

from collections import deque

# Long enough to meet a quick answer, short enough that the two clocks do not drift apart meanwhile.
KEPT_SECONDS, KEPT_READINGS = 60.0, 50


class ClockOffset:
    """Goes by the reading of the last minute that took the shortest way: it is off by half of that way at most."""

    def __init__(self) -> None:
        self._readings: deque[tuple[float, float, float]] = deque(maxlen=KEPT_READINGS)
        self._offset = 0.0

    def note(self, sent: float, database: float, received: float) -> None:
        """Take in what the database's clock said between two moments of ours."""
        self._readings.append((received, received - sent, database - (sent + received) / 2))
        while self._readings[0][0] < received - KEPT_SECONDS:
            self._readings.popleft()
        self._offset = min(self._readings, key=lambda reading: reading[1])[2]

    def to_database(self, moment: float) -> float:
        """Return a moment of our clock by the database's."""
        return moment + self._offset

    def to_local(self, moment: float) -> float:
        """Return a moment of the database's clock by ours."""
        return moment - self._offset
