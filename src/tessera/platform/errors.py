"""The five kinds of failure. Every room's errors are of one of them; only doors turn a kind into a status.

TesseraError
  InvalidError       the caller's input is wrong
  DeniedError        a known caller who may not do this
  NotFoundError      not there, or not the caller's
  ConflictError      the true state forbids it
  UnavailableError   try again later
"""

from typing import ClassVar


class TesseraError(Exception):
    """A failure with a stable `code` for machines and a message that names the thing, the cause and the next step."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class InvalidError(TesseraError):
    """The caller's input is wrong."""

    code = "invalid"


class DeniedError(TesseraError):
    """A known caller who may not do this."""

    code = "denied"


class NotFoundError(TesseraError):
    """Not there, or not the caller's: the two are never distinguished."""

    code = "not_found"


class ConflictError(TesseraError):
    """The true state forbids it."""

    code = "conflict"


class UnavailableError(TesseraError):
    """Try again later; `retry_after` in seconds where it is known."""

    code = "unavailable"

    def __init__(self, message: str, *, retry_after: float | None = None, **details: object) -> None:
        super().__init__(message, **details)
        self.retry_after = retry_after
