"""How a list is narrowed and paged."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

# From a start up to, not including, an end.
Interval = tuple[datetime, datetime]


class Narrowing(Struct, frozen=True, kw_only=True):
    """What every list can be narrowed by; an absent filter lets everything through.

    `deleted` asks for deleted records instead of active ones, None for both. A page has at most `count` records, newest
    first; with a cursor those older than the record of that id.
    """

    chain_ids: Sequence[UUID] | None = None
    ids: Sequence[UUID] | None = None
    created_within: Interval | None = None
    updated_within: Interval | None = None
    deleted: bool | None = False
    count: int = 1000
    cursor: UUID | None = None
