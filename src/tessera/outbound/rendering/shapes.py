"""What goes into rendering and what comes out: shapes, facts and plans, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from tessera.outbound.rendering.errors import TemplateError

MEBIBYTE = 1_048_576


class Method(StrEnum):
    """The HTTP methods a template may use."""

    POST = "POST"
    GET = "GET"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class Header:
    """One header line; the value of a secret one is masked wherever a request is shown."""

    name: str
    value: str
    secret: bool = False


@dataclass(frozen=True, slots=True)
class ErrorPath:
    """Where a success answer lists the items it refused.

    `items` points to the list; inside each item, `index` points to its place in the request, or `key` to a value that
    equals the row's `column`; `message` points to the reason.
    """

    items: str
    index: str | None = None
    key: str | None = None
    column: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateShape:
    """The shape of a request. It travels through JSON unchanged, so that a run can keep the one it began with."""

    method: Method
    url_path: str = ""
    headers: tuple[Header, ...] = ()
    body: str | None = None
    envelope: str | None = None
    batch_size: int = 1
    max_body_bytes: int = MEBIBYTE
    idempotency_header: str | None = "Idempotency-Key"
    success_statuses: tuple[tuple[int, int], ...] = ((200, 299),)
    error_path: ErrorPath | None = None


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a template may know of its run."""

    id: UUID
    export: str
    template: str
    started_at: datetime
    chain_id: UUID
    definition_id: UUID


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One call, complete but for the profile's part: its address, credentials and static headers.

    `idempotency_key` is the bare key, None where the request does not carry it; the sender writes the shape's header
    for it, so that a key once given stays with a request.
    `keys` holds the rows' values of the error path's column, in the order of `ordinals`. `weight` is what the request
    counts where the receiver limits the rate of something else than requests.
    """

    index: int
    ordinals: tuple[int, ...]
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    idempotency_key: str | None
    keys: tuple[str, ...] | None = None
    weight: int = 1


@dataclass(frozen=True, slots=True)
class RowFailure:
    """A row that could not be rendered, and why."""

    ordinal: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The requests of some rows, and the rows that made none."""

    requests: Sequence[PlannedRequest]
    failures: Sequence[RowFailure]


SHAPE_FIELDS = frozenset(each.name for each in fields(TemplateShape))


def read_shape(plain: Mapping[str, Any]) -> TemplateShape:
    """Return the shape that plain JSON values spell, as doors receive and snapshots keep it."""
    unknown = sorted(set(plain) - SHAPE_FIELDS)
    if unknown:
        known = ", ".join(sorted(SHAPE_FIELDS))
        raise TemplateError(f"there is no property {unknown[0]!r}. There are: {known}.", place="Template")
    try:
        return msgspec.convert(plain, TemplateShape)
    except msgspec.ValidationError as error:
        raise TemplateError(f"{error}. Correct the property.", place="Template") from None


def plain_shape(shape: TemplateShape) -> dict[str, Any]:
    """Return the shape as plain JSON values, just as the database gives them back."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(shape))
    return plain
