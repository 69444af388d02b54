"""The order of checks, and the operation itself: from a body to an answer."""

import logging
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from tessera.api.connector.v1 import configuration, customers, memberships, programs, tiers
from tessera.api.connector.v1.calls import Call, Done, Operation
from tessera.api.connector.v1.credentials import Digests, check_client, identify, read_credentials
from tessera.api.connector.v1.decoding import check_members, check_text, decode
from tessera.api.problems import FAULT, Problem, problem_of
from tessera.platform.db import explain_database_error
from tessera.platform.errors import TesseraError
from tessera.platform.ground import Ground

logger = logging.getLogger(__name__)

ENCODER = msgspec.json.Encoder()

OPERATIONS: dict[str, Operation[Any]] = {
    operation.address: operation
    for operation in (
        *configuration.OPERATIONS,
        *customers.OPERATIONS,
        *programs.OPERATIONS,
        *tiers.OPERATIONS,
        *memberships.OPERATIONS,
    )
}


class ErrorBody(Struct, rename="pascal"):
    """The body of every error."""

    message: str
    request_id: UUID
    details: str | None = None


class Asked(Struct, frozen=True):
    """One request, as far as it concerns operations."""

    operation: Operation[Any]
    body: bytes
    request_id: UUID
    origin: str | None
    minimal: bool


class Answer(Struct, frozen=True):
    """Status, body and the seconds to wait; an answer of status 204 has no body."""

    status: int
    body: bytes = b""
    retry_after: int | None = None


async def answer(ground: Ground, asked: Asked) -> Answer:
    """Perform the operation, or say why not."""
    try:
        return await perform(ground, asked)
    except Exception as error:
        return refuse(explain(error, asked), asked.request_id)


async def perform(ground: Ground, asked: Asked) -> Answer:
    """Check in the contract's order, then perform; an exception undoes everything."""
    body = check_text(asked.body)
    digests = read_credentials(ground, body)
    now = ground.clock()
    async with ground.database.session() as session:
        call = await identify(session, ground, digests, now=now, request_id=asked.request_id, origin=asked.origin)
        if not ground.settings.connector_request_limit:
            return await run(call, asked, body, digests)
    # The count is committed by now: other requests of the same token need not wait for the end of this one's work.
    async with ground.database.session() as session:
        return await run(replace(call, session=session), asked, body, digests)


async def run(call: Call, asked: Asked, body: bytes, digests: Digests) -> Answer:
    """Check permission and contract, perform, and write the answer down."""
    operation = asked.operation
    if operation.permission is not None:
        call.actor.require(operation.permission)
    check_client(call, digests.name)
    check_members(body, operation.request, strict=call.strict)
    result = await operation.perform(call, decode(body, operation.request))
    if asked.minimal and is_empty(operation, result):
        return Answer(204)
    return Answer(200, ENCODER.encode(result))


def is_empty(operation: Operation[Any], result: Any) -> bool:
    """Say whether there is nothing to tell: an empty page, or `{}`."""
    return isinstance(result, Done) or (operation.paged and result.cursor is None)


def refuse(problem: Problem, request_id: UUID) -> Answer:
    """Return the answer that tells of a problem."""
    return Answer(problem.status, ENCODER.encode(ErrorBody(problem.message, request_id)), problem.retry_after)


def explain(error: Exception, asked: Asked) -> Problem:
    """Return the problem behind any failure; one that nobody foresaw is logged and shows nothing of itself."""
    known = error if isinstance(error, TesseraError) else explain_database_error(error)
    if known is not None:
        return problem_of(known, asked.operation.named)
    logger.error("connector request failed", exc_info=error, extra={"request_id": str(asked.request_id)})
    return FAULT
