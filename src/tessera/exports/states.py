"""States of runs, requests and files, and choices of a definition; commands offer them, so they load nothing else."""

from enum import StrEnum


class RunState(StrEnum):
    """The state of a run; the first three are active, the others final."""

    PENDING = "pending"
    RUNNING = "running"
    HELD = "held"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RequestState(StrEnum):
    """The state of a request; the first three are open, the others final."""

    PLANNED = "planned"
    BEGUN = "begun"
    WAITING = "waiting"
    SENT = "sent"
    PARTLY_SENT = "partly_sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SPLIT = "split"
    SKIPPED = "skipped"


class FileState(StrEnum):
    """The state of a run's file; the first three are open, the others final."""

    WRITING = "writing"
    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class RunQueue(StrEnum):
    """Which runs workers take first."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class FirstRun(StrEnum):
    """What the first run of a definition that sends changes only does with the rows that are there already."""

    SEND = "send"
    BASELINE = "baseline"


class Operator(StrEnum):
    """How a rule compares a column with its values."""

    IS = "is"
    IS_NOT = "is_not"
    ONE_OF = "one_of"
    LESS = "less"
    AT_MOST = "at_most"
    MORE = "more"
    AT_LEAST = "at_least"
    CONTAINS = "contains"
    BEGINS_WITH = "begins_with"
    EMPTY = "empty"
    NOT_EMPTY = "not_empty"


class Match(StrEnum):
    """Whether a member has to fit all rules or any of them."""

    ALL = "all"
    ANY = "any"
