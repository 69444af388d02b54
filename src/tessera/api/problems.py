"""The one mapping of the five kinds of failure to what a caller of the Connector API is answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from tessera.platform.bodies import BODY_STATUSES
from tessera.platform.errors import (
    ConflictError,
    DeniedError,
    InvalidError,
    NotFoundError,
    TesseraError,
    UnavailableError,
)

# The property by which the contract names what is missing.
PROPERTIES = {
    "account_not_found": "AccountId",
    "chain_not_found": "ChainId",
    "company_not_found": "CompanyId",
    "cursor_not_found": "Cursor",
    "membership_not_found": "LoyaltyMembershipId",
    "merge_source_not_found": "SourceAccountIds",
    "merge_target_not_found": "TargetAccountId",
    "mother_company_not_found": "MotherCompanyId",
    "program_not_found": "LoyaltyProgramId",
    "tier_not_found": "LoyaltyTierId",
}
LONGEST_WAIT = 30
# What is not available for another reason than the server's state.
UNAVAILABLE = {"database_timeout": 408, "request_limit_reached": 429}


@dataclass(frozen=True, slots=True)
class Problem:
    """Status and message of a failed request, in how many seconds it may be repeated, and what more there is to say."""

    status: int
    message: str
    retry_after: int | None = None
    details: str | None = None


FAULT = Problem(500, "Something went wrong. Report the RequestId to the operator of this server.")


def problem_of(error: TesseraError, named: Mapping[str, str]) -> Problem:
    """Return what the failure looks like on the wire; `named` goes before the usual names of properties."""
    if type(error) in BODY_STATUSES:
        return Problem(BODY_STATUSES[type(error)], error.message)
    properties = {**PROPERTIES, **named}
    match error:
        case NotFoundError() if error.code in properties:
            return Problem(400, f"Invalid {properties[error.code]}.")
        case InvalidError() | NotFoundError():
            return Problem(400, error.message)
        case DeniedError():
            return Problem(401, error.message)
        case ConflictError():
            return Problem(409 if error.code == "changed_meanwhile" else 403, error.message)
        case UnavailableError():
            return Problem(UNAVAILABLE.get(error.code, 503), error.message, wait_of(error))
        case _:
            return FAULT


def wait_of(error: UnavailableError) -> int | None:
    """Return whole seconds, at least one and never more than the contract's window."""
    return None if error.retry_after is None else min(LONGEST_WAIT, max(1, ceil(error.retry_after)))
