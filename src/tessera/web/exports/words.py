"""How states of runs and requests read, and their colours."""

from tessera.exports import RequestState, Run, RunState

RUN_STATES: dict[RunState, tuple[str, str]] = {
    RunState.PENDING: ("running", "Waiting for a worker"),
    RunState.RUNNING: ("running", "Running"),
    RunState.COMPLETED: ("fine", "Completed"),
    RunState.COMPLETED_WITH_ERRORS: ("needs", "Completed with errors"),
    RunState.FAILED: ("needs", "Failed"),
    RunState.CANCELLED: ("off", "Cancelled"),
}

REQUEST_STATES: dict[RequestState, tuple[str, str]] = {
    RequestState.PLANNED: ("off", "Planned"),
    RequestState.BEGUN: ("running", "In flight"),
    RequestState.WAITING: ("heals", "Waiting to retry"),
    RequestState.SENT: ("fine", "Sent"),
    RequestState.PARTLY_SENT: ("needs", "Partly sent"),
    RequestState.FAILED: ("needs", "Failed"),
    RequestState.UNKNOWN: ("needs", "Outcome unknown"),
    RequestState.SPLIT: ("off", "Split"),
    RequestState.SKIPPED: ("off", "Skipped"),
}

ATTEMPT_OUTCOMES: dict[str | None, tuple[str, str]] = {
    None: ("running", "In flight"),
    "ok": ("fine", "Accepted"),
    "permanent": ("needs", "Refused"),
    "split": ("off", "Refused as a whole"),
    "transient": ("heals", "Retry later"),
    "replay": ("heals", "Connection lost"),
    "unknown": ("needs", "Outcome unknown"),
    "credentials": ("needs", "Credentials refused"),
    "configuration": ("needs", "Wrong address or settings"),
    "not_begun": ("off", "Not sent: the worker stopped"),
}

MOMENTS: dict[str, tuple[str, str]] = {
    "created": ("off", "Created"),
    "started": ("running", "Started"),
    "selected": ("running", "Rows selected"),
    "taken_over": ("heals", "Taken over by another worker"),
    "file_written": ("running", "File written"),
    "file_uploaded": ("running", "File transferred"),
    "file_published": ("fine", "File sent"),
    "file_retried": ("heals", "Transfer failed"),
    "file_lost": ("heals", "Transfer begins again"),
    "file_unsure": ("needs", "Outcome of the file unknown"),
    "file_left_out": ("off", "No file"),
    "control_published": ("fine", "Control file sent"),
    "cancelled": ("off", "Cancelled"),
    "completed": ("fine", "Completed"),
    "completed_with_errors": ("needs", "Completed with errors"),
    "failed": ("needs", "Failed"),
}


def moment_words(kind: str) -> tuple[str, str]:
    """Return colour and words of a line of the time line; a kind without words of its own reads as it is."""
    return MOMENTS.get(kind, ("off", kind.replace("_", " ").capitalize()))


def count_parts(run: Run) -> list[tuple[str, str, int]]:
    """Return the parts that add up to what a run selected."""
    return [
        ("sent", "fine", run.sent),
        ("unchanged", "off", run.unchanged),
        ("failed", "needs", run.failed),
        ("skipped", "heals", run.skipped),
    ]
