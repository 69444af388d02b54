"""How a run ends."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ends: a final state, and why if that is not its last row."""

    state: str
    code: str | None = None
    message: str | None = None


COMPLETED = RunResult("completed")
CANCELLED = RunResult("cancelled", "cancelled", "The run was cancelled. Start a new one to send the skipped rows.")
UNFORESEEN = RunResult(
    "failed", "internal_error", "The run met a fault of Tessera's own. The worker's log has the details."
)
# Not the run's end: its worker stops, and another one goes on.
STOPPED = RunResult("running")
