"""The status of each kind of error: doors map the five kinds here and nowhere else among the pages."""

from tessera.platform.bodies import BODY_STATUSES
from tessera.platform.errors import (
    ConflictError,
    DeniedError,
    InvalidError,
    NotFoundError,
    TesseraError,
    UnavailableError,
)

STATUSES: dict[type[TesseraError], int] = {
    InvalidError: 422,
    DeniedError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    UnavailableError: 503,
}


def status_of(error: TesseraError) -> int:
    """Return the status of an error's kind."""
    if type(error) in BODY_STATUSES:
        return BODY_STATUSES[type(error)]
    return next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 500)
