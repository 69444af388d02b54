"""The order of checks, and the operation itself: from a body to an answer."""

import logging
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from tessera.access.keys import Scope, admit_request
from tessera.api.connector.v1 import (
    accounts,
    companies,
    configuration,
    customers,
    enterprises,
    memberships,
    programs,
    tiers,
)
from tessera.api.connector.v1.calls import Call, Done, Operation
from tessera.api.connector.v1.credentials import Scopes, actor_of, check_client, read_credentials
from tessera.api.connector.v1.details import describe
from tessera.api.connector.v1.request_bodies import check_members, check_text, decode
from tessera.api.problems import FAULT, Problem, problem_of
from tessera.platform.db import explain_database_error
from tessera.platform.errors import TesseraError
from tessera.platform.resources import Resources

logger = logging.getLogger(__name__)

ENCODER = msgspec.json.Encoder()

OPERATIONS: dict[str, Operation[Any]] = {
    operation.address: operation
    for operation in (
        *configuration.OPERATIONS,
        *enterprises.OPERATIONS,
        *customers.OPERATIONS,
        *companies.OPERATIONS,
        *accounts.OPERATIONS,
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


async def answer(resources: Resources, scopes: Scopes, asked: Asked) -> Answer:
    """Perform the operation, or say why not."""
    try:
        return await perform(resources, scopes, asked)
    except Exception as error:
        return refuse(explain(error, asked), asked.request_id)


async def perform(resources: Resources, scopes: Scopes, asked: Asked) -> Answer:
    """Check in the contract's order, then perform; an exception undoes everything."""
    operation, now = asked.operation, resources.clock()
    body = check_text(asked.body)
    digests = read_credentials(resources, body)
    scope = await scopes.get(resources, digests, now)
    await check_limit(resources, scope, now)
    strict = resources.settings.connector_strict if scope.strict is None else scope.strict
    actor = actor_of(scope, request_id=asked.request_id, origin=asked.origin)
    if operation.permission is not None:
        actor.require(operation.permission)
    check_client(digests.name, strict=strict)
    request = decode(body, operation.request)
    check_members(body, operation.request, strict=strict)
    call = Call(resources.database.reader, actor, now, scope.portfolio, scope.enterprise_ids, scope.chain_ids, strict)
    if operation.reads:
        result = await operation.perform(call, request)
    else:
        async with resources.database.session() as session:
            result = await operation.perform(replace(call, access=session), request)
    if asked.minimal and is_empty(operation, result):
        return Answer(204)
    return Answer(200, ENCODER.encode(result))


async def check_limit(resources: Resources, scope: Scope, now: datetime) -> None:
    """Count the request; raise beyond the limit of the deployment."""
    limit = resources.settings.connector_request_limit
    if limit:
        await admit_request(resources.database.reader, scope.access_token_id, limit=limit, now=now)


def is_empty(operation: Operation[Any], result: Any) -> bool:
    """Say whether there is nothing to return: an empty page, or `{}`."""
    return isinstance(result, Done) or (operation.paged and result.cursor is None)


def refuse(problem: Problem, request_id: UUID) -> Answer:
    """Return the answer for a problem."""
    return Answer(
        problem.status, ENCODER.encode(ErrorBody(problem.message, request_id, problem.details)), problem.retry_after
    )


def explain(error: Exception, asked: Asked) -> Problem:
    """Return the problem behind any failure; an unexpected one is logged and shows nothing of itself."""
    known = error if isinstance(error, TesseraError) else explain_database_error(error)
    if known is not None:
        return replace(problem_of(known, asked.operation.named), details=describe(known, asked.body))
    logger.error("connector request failed", exc_info=error, extra={"request_id": str(asked.request_id)})
    return FAULT
