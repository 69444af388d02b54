"""How states of runs and requests read, and their colours."""

from tessera.exports import (
    FileState,
    FirstRun,
    GateLevel,
    Match,
    Operator,
    Period,
    RequestState,
    Run,
    RunQueue,
    RunState,
)

RUN_STATES: dict[RunState, tuple[str, str]] = {
    RunState.PENDING: ("running", "Waiting for a worker"),
    RunState.RUNNING: ("running", "Running"),
    RunState.HELD: ("needs", "Held"),
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

FILE_STATES: dict[str, tuple[str, str]] = {
    FileState.WRITING: ("running", "Being written"),
    FileState.UPLOADING: ("running", "Being transferred"),
    FileState.UPLOADED: ("running", "Transferred, not named yet"),
    FileState.SENT: ("fine", "Sent"),
    FileState.FAILED: ("needs", "Failed"),
    FileState.SKIPPED: ("off", "Skipped"),
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
    "waited": ("heals", "Slowed down"),
    "gate_warn": ("heals", "A gate warns"),
    "gate_hold": ("needs", "Held by a gate"),
    "gate_fail": ("needs", "Stopped by a gate"),
    "released": ("running", "Released"),
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


MOMENT_OUTCOMES: dict[str, tuple[str, str]] = {
    "claimed": ("running", "Starting"),
    "queued": ("running", "Waiting"),
    "started": ("fine", "Started"),
    "skipped": ("heals", "Skipped"),
    "missed": ("needs", "Missed"),
}

NEVER = ("off", "Never run")

TRIGGERS = {
    "manual": "by hand",
    "schedule": "by its schedule",
    "api": "over the API",
    "test": "as a test",
    "resend": "to send failed rows again",
}

QUEUES = {RunQueue.HIGH: "High", RunQueue.NORMAL: "Normal", RunQueue.LOW: "Low"}

PERIODS = {
    Period.SINCE_LAST_SUCCESS: "Since the last run that completed",
    Period.DAY: "The day before",
    Period.WEEK: "The week before, from Monday",
    Period.MONTH: "The month before",
}

MATCHES = {Match.ALL: "All rules", Match.ANY: "Any of the rules"}

OPERATORS = {
    Operator.IS: "is",
    Operator.IS_NOT: "is not",
    Operator.ONE_OF: "is one of",
    Operator.LESS: "is less than",
    Operator.AT_MOST: "is at most",
    Operator.MORE: "is more than",
    Operator.AT_LEAST: "is at least",
    Operator.CONTAINS: "contains",
    Operator.BEGINS_WITH: "begins with",
    Operator.EMPTY: "is empty",
    Operator.NOT_EMPTY: "is not empty",
}

FIRST_RUNS = {FirstRun.SEND: "Send all rows", FirstRun.BASELINE: "Baseline only: remember all rows and send none"}

GATE_LEVELS = {
    GateLevel.OFF: "Do nothing",
    GateLevel.WARN: "Warn, and send",
    GateLevel.HOLD: "Hold the run until it is released",
    GateLevel.FAIL: "Fail the run",
}

GATES = {
    "rows": "Unusual number of rows",
    "removals": "Many rows left the selection",
    "keys": "Empty or repeated keys",
    "empty": "No row selected",
    "owner": "Rights of the owner",
}

RENDERED = "render"
# Where no receiver refused a row: it did not reach one, or nobody knows.
NOT_REFUSED = {"not_sent": "receiver not reached", "outcome_unknown": "outcome unknown"}

ABOUT_GATES = "Correct the query, or change the gate in the Filter step of the export; then run it again."


def next_step(run: Run) -> str:
    """Return what to do about a run that failed, where its own message does not say it."""
    if (run.error_code or "").startswith("gate_"):
        return ABOUT_GATES
    return "Correct what the reasons name, then run it again." if run.error_code == "nothing_arrived" else ""


def refused_by(phase: str, code: str) -> str:
    """Return who kept a row from arriving."""
    if phase == RENDERED:
        return "by us, before sending"
    return NOT_REFUSED.get(code, "by the receiver")


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
