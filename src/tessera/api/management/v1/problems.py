"""Problem bodies. The five kinds of error become statuses here and nowhere else in the management API."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from tessera.platform.assets import VersionConflictError
from tessera.platform.bodies import BODY_STATUSES
from tessera.platform.db import explain_database_error
from tessera.platform.errors import (
    ConflictError,
    DeniedError,
    InvalidError,
    NotFoundError,
    TesseraError,
    UnavailableError,
)

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TOO_MANY = frozenset({"request_limit_reached"})


class Fault(Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong with a request."""

    message: Annotated[str, Meta(description="What is wrong with it.")]
    pointer: Annotated[str | None, Meta(description="Where in the body it is, as a JSON pointer.")] = None
    parameter: Annotated[str | None, Meta(description="Which parameter of path, query or header it is.")] = None


class Problem(Struct, frozen=True):
    """Why a request failed."""

    type: Annotated[str, Meta(description="Always `about:blank`: `code` identifies the problem.")]
    title: Annotated[str, Meta(description="The status in words.", examples=["Not Found"])]
    status: Annotated[int, Meta(description="The status of the answer.", examples=[404])]
    detail: Annotated[str, Meta(description="What happened and what to do next, for people.")]
    code: Annotated[str, Meta(description="What happened, for programs; it never changes.")]
    request_id: Annotated[UUID, Meta(description="The same as in the header `Request-Id`.")]
    errors: Annotated[Sequence[Fault], Meta(description="What is wrong with the request; often empty.")]


@dataclass(eq=False)
class RefusedError(Exception):
    """The request is refused at the door, before any room was asked."""

    status: int
    code: str
    detail: str
    faults: Sequence[Fault] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body to send; a large body comes in parts."""

    status: int
    body: bytes | AsyncIterator[bytes] = b""
    headers: Mapping[str, str] = field(default_factory=dict)


FAULT = RefusedError(
    500, "fault", "Something went wrong on our side, and it has been logged. Report the request id to the operator."
)


def answer_error(error: Exception, request_id: UUID) -> Answer:
    """Return the problem that the caller gets; an unexpected error is logged, and nothing of it is shown."""
    refused = error if isinstance(error, RefusedError) else refuse(error)
    if refused is FAULT:
        logger.error("management call failed: request %s", request_id, exc_info=error)
    problem = Problem(
        type="about:blank",
        title=HTTPStatus(refused.status).phrase,
        status=refused.status,
        detail=refused.detail,
        code=refused.code,
        request_id=request_id,
        errors=refused.faults,
    )
    return Answer(refused.status, msgspec.json.encode(problem), {"Content-Type": MEDIA_TYPE, **refused.headers})


def refuse(error: Exception) -> RefusedError:
    """Return what a failure of a room, or of the database, looks like on the wire."""
    known = error if isinstance(error, TesseraError) else explain_database_error(error)
    if known is None:
        return FAULT
    status = status_of(known)
    if status is None:
        return FAULT
    return RefusedError(status, known.code, known.message, faults_of(known), headers_of(known))


def status_of(error: TesseraError) -> int | None:
    """Return the status of the error's kind; None where it is of no kind that a caller can have caused."""
    if type(error) in BODY_STATUSES:
        return BODY_STATUSES[type(error)]
    match error:
        case InvalidError():
            return 422
        case DeniedError():
            return 403
        case NotFoundError():
            return 404
        case ConflictError():
            return 412 if isinstance(error, VersionConflictError) else 409
        case UnavailableError():
            return 429 if error.code in TOO_MANY else 503
        case _:
            return None


def faults_of(error: TesseraError) -> list[Fault]:
    """Return the members at fault where the room names them."""
    faults = error.details.get("faults")
    if isinstance(faults, Mapping):
        return [Fault(str(message), pointer=point_at(str(member))) for member, message in faults.items()]
    member = error.details.get("field")
    return [Fault(error.message, pointer=point_at(member))] if isinstance(member, str) else []


def point_at(member: str) -> str:
    """Return the JSON pointer of a member, which rooms write as `settings.concurrency` where it is inside another."""
    return f"/{member.replace('.', '/')}"


def headers_of(error: TesseraError) -> dict[str, str]:
    """Return when to try again, where it is known."""
    wait = getattr(error, "retry_after", None)
    return {} if wait is None else {"Retry-After": str(max(1, ceil(wait)))}
