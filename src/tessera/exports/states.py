"""The states of runs and requests; they are choices of commands, so they load nothing else."""

from enum import StrEnum


class RunState(StrEnum):
    """Where a run stands; the first two are active, the others final."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RequestState(StrEnum):
    """Where a request stands; the first three are open, the others final."""

    PLANNED = "planned"
    BEGUN = "begun"
    WAITING = "waiting"
    SENT = "sent"
    PARTLY_SENT = "partly_sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SPLIT = "split"
    SKIPPED = "skipped"
