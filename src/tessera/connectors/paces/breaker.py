"""When a receiver that fails is left alone, and when it is tried again. Pure; times are the caller's."""

FAILURES = 10
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
# For so long nobody else probes; a worker that dies with the probe blocks the others no longer.
PROBE_SECONDS = 120.0
# After so many probes in a row without an answer all runs that wait end: with the pauses, five minutes.
MOST_PROBES = 10


def pause_after(failed_probes: int) -> float:
    """Return the seconds until the next probe."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failed_probes, 10))


class Breaker:
    """Closed, it counts failures in a row; open, it lets one probe through at a time."""

    def __init__(self) -> None:
        self.failures = 0
        self.failed_probes = 0
        self.probe_at: float | None = None
        self.probing = False

    @property
    def open(self) -> bool:
        """Whether requests wait."""
        return self.probe_at is not None

    @property
    def given_up(self) -> bool:
        """Whether the receiver failed so many probes that runs need not wait any longer."""
        return self.open and self.failed_probes >= MOST_PROBES

    def note_failure(self, now: float, *, final: bool) -> bool:
        """Count a call without an answer that helps; return whether that changed what others must know.

        `final` says that its request will not be tried again. A probe counts in any case.
        """
        if self.probing:
            self.probing = False
            self.failed_probes += 1
            self.probe_at = now + pause_after(self.failed_probes)
            return True
        self.failures += final
        if self.open or self.failures < FAILURES:
            return False
        self.probe_at = now + pause_after(0)
        return True

    def note_answer(self) -> bool:
        """Close it: the receiver answers; return whether it was open."""
        was_open = self.open
        self.failures, self.failed_probes, self.probe_at, self.probing = 0, 0, None, False
        return was_open

    def follow(self, probe_at: float | None, failed_probes: int) -> None:
        """Take over what another worker found; a probe that is under way here decides for itself."""
        if self.probing:
            return
        if probe_at is None and self.open:
            self.failures = 0
        self.probe_at, self.failed_probes = probe_at, failed_probes
