"""What a process says when it cannot go on: one line that says what to do, and an exit code that means something.

0 done · 1 failed · 2 wrong input or setting · 3 not found · 4 refused by permission or state · 5 try again later
"""

import errno
import os
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass

from tessera.platform.errors import (
    ConflictError,
    DeniedError,
    InvalidError,
    NotFoundError,
    TesseraError,
    UnavailableError,
)

FAILED, WRONG, NOT_FOUND, REFUSED, UNAVAILABLE, INTERRUPTED = 1, 2, 3, 4, 5, 130

EXIT_CODES: dict[type[TesseraError], int] = {
    InvalidError: WRONG,
    NotFoundError: NOT_FOUND,
    DeniedError: REFUSED,
    ConflictError: REFUSED,
    UnavailableError: UNAVAILABLE,
}

SYSTEM_ADVICE = {
    errno.ENOSPC: "The disk is full{place}. Free some space and start again.",
    errno.EDQUOT: "The disk quota is used up{place}. Free some space and start again.",
    errno.EADDRINUSE: "The address is in use{place}. Stop what listens there, or choose another TESSERA_HTTP_PORT.",
    errno.EACCES: "Permission denied{place}. Give this user access, or choose another TESSERA_DATA_DIR.",
    errno.EPERM: "Not permitted{place}. Give this user access, or choose another TESSERA_DATA_DIR.",
    errno.EROFS: "The file system is read-only{place}. Choose another TESSERA_DATA_DIR.",
    errno.ENOTDIR: "A file is where a folder should be{place}. Move it away, or choose another TESSERA_DATA_DIR.",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a process ends. `expected` is false for a defect."""

    message: str
    exit_code: int
    expected: bool = True


def explain_failure(error: BaseException) -> Failure:
    """Return the line and the exit code for any error, looking through what wraps it."""
    for cause in walk_causes(error):
        failure = explain_one(cause)
        if failure is not None:
            return failure
    reason = str(error).strip().split("\n", 1)[0]
    return Failure(f"Unexpected {type(error).__name__}: {reason or 'no further word'}.", FAILED, expected=False)


def report_failure(error: BaseException) -> int:
    """Write the error's one line to standard error and return the exit code; defects show where when asked to."""
    failure = explain_failure(error)
    sys.stderr.write(f"{failure.message}\n")
    if not failure.expected:
        if os.environ.get("TESSERA_LOG_LEVEL") == "debug":
            traceback.print_exception(error)
        else:
            sys.stderr.write("This is a defect. With TESSERA_LOG_LEVEL=debug it says where; please report that.\n")
    return failure.exit_code


def walk_causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what caused it, groups by their first member."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            current = current.exceptions[0]
        else:
            current = current.__cause__ or current.__context__


def explain_one(error: BaseException) -> Failure | None:
    """Return what is known about this one error, None when nothing is."""
    if isinstance(error, TesseraError):
        return Failure(error.message, exit_code_of(error))
    if isinstance(error, KeyboardInterrupt):
        return Failure("Stopped.", INTERRUPTED)
    if isinstance(error, OSError) and error.errno in SYSTEM_ADVICE:
        place = f" ({error.filename})" if error.filename else ""
        return Failure(SYSTEM_ADVICE[error.errno].format(place=place), FAILED)
    return explain_database(error)


def explain_database(error: BaseException) -> Failure | None:
    """Return what a database error means to an operator, None for the ones that only a defect can cause."""
    # Imported here: a command that fails before it needs the database starts faster without the drivers.
    from psycopg.errors import InvalidSchemaName, UndefinedTable

    from tessera.platform.db import explain_database_error

    if isinstance(error, UndefinedTable | InvalidSchemaName):
        return Failure("The database is not set up for this version. Run `tessera migrate` and try again.", UNAVAILABLE)
    known = explain_database_error(error)
    return None if known is None else Failure(known.message, exit_code_of(known))


def exit_code_of(error: TesseraError) -> int:
    """Return the exit code of the error's kind."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), FAILED)
