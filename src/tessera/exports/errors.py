"""What can go wrong with definitions and runs."""

from tessera.platform.errors import ConflictError, InvalidError, NotFoundError


class DefinitionNotFoundError(NotFoundError):
    """No such export definition, or not the caller's."""

    code = "export_definition_not_found"


class RunNotFoundError(NotFoundError):
    """No such run, or not the caller's."""

    code = "run_not_found"


class RequestNotFoundError(NotFoundError):
    """The run has no request of that number."""

    code = "request_not_found"


class RunFileNotFoundError(NotFoundError):
    """The run has no file that can be fetched here."""

    code = "run_file_not_found"


class DefinitionInvalidError(InvalidError):
    """A property of the definition cannot be used."""

    code = "export_definition_invalid"


class UnknownColumnError(InvalidError):
    """The template uses columns that the query does not have."""

    code = "unknown_column"


class NotRunnableError(ConflictError):
    """The definition is not ready to run."""

    code = "not_runnable"


class RunActiveError(ConflictError):
    """A run of the definition is pending or running."""

    code = "run_active"


class RunEndedError(ConflictError):
    """The run has ended; nothing can be changed about it."""

    code = "run_ended"


class LeaseLostError(ConflictError):
    """Another worker has taken the run over; this one must stop writing."""

    code = "lease_lost"

    def __init__(self) -> None:
        super().__init__("Another worker has taken this run over. This worker stops; nothing needs doing.")


class OwnerInvalidError(InvalidError):
    """The owner may not see what the definition sends."""

    code = "export_owner_invalid"


class NotHeldError(ConflictError):
    """The run is not held, so there is nothing to release."""

    code = "run_not_held"


class NothingFailedError(ConflictError):
    """The run has no failed rows, or none that fits the choice."""

    code = "nothing_failed"
