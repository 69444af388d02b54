"""Rows that runs of an export definition skip, because they were refused again and again."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from tessera import exports
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import Number, NumberedListing, Size, number_page
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Moment
from tessera.api.management.v1.shapes import show_as
from tessera.exports import log


class ParkedRowQuery(Asked, frozen=True):
    """Which parked rows to list."""

    page: Number = 1
    limit: Size = 100


class ParkedRow(Struct, frozen=True):
    """A row that is skipped until it changes."""

    key: Annotated[UUID, Meta(description="Names the row, also where its values are hidden.")]
    values: Annotated[str | None, Meta(description="Those of its key columns; null for who may not see members.")]
    refusals: Annotated[int, Meta(description="How often in a row it was refused as it is.")]
    since: Annotated[Moment, Meta(description="When it was last refused.")]
    code: Annotated[str | None, Meta(description="Of the last refusal, as long as that is kept.")]
    message: str | None


class ParkedRowRetry(Asked, frozen=True):
    """Which parked rows are tried again; without keys, all of them."""

    keys: Annotated[Sequence[UUID], Meta(min_length=1, max_length=10_000)] | None = None


class RetriedRows(Struct, frozen=True):
    """How many parked rows the next run sends again."""

    rows: int


async def list_parked_rows(call: Call, definition_id: UUID, query: ParkedRowQuery) -> NumberedListing[ParkedRow]:
    """List the rows that runs skip until they change, the last refused first."""
    page = await log.list_parked_rows(call.session, call.actor, definition_id, number=query.page, size=query.limit)
    return number_page(page, show_as(ParkedRow))


async def retry_parked_rows(call: Call, definition_id: UUID, body: ParkedRowRetry) -> RetriedRows:
    """Let the next run send parked rows again."""
    count = await exports.forget_refusals(call.session, call.actor, definition_id=definition_id, keys=body.keys)
    return RetriedRows(count)


ROWS = "/export-definitions/{definition_id}/parked-rows"
ROUTES = (
    Route("GET", ROWS, "exports:read", list_parked_rows),
    Route(
        "POST",
        f"{ROWS}/retry",
        "exports:write",
        retry_parked_rows,
        example={"keys": ["0190b3c4-5d6e-7f80-9123-456789abcdef"]},
        bodyless=True,
    ),
)
