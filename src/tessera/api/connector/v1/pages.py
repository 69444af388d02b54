"""What the requests of all lists share."""

from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from tessera.api.connector.v1.calls import Call
from tessera.api.connector.v1.refusals import invalid
from tessera.api.connector.v1.scalars import Number, TimeInterval, read_int32, read_interval

LARGEST_PAGE = 1000


class Limitation(Struct, rename="pascal"):
    """How many items to return, and below which one to go on."""

    count: Number
    cursor: UUID | None = None


class PageRequest(Struct, rename="pascal", kw_only=True):
    """Members of every list request."""

    activity_states: list[Literal["Active", "Deleted"]] | None = None
    updated_utc: TimeInterval | None = None
    limitation: Limitation | None = None


def read_page(call: Call, request: PageRequest) -> dict[str, Any]:
    """Return the members as the rooms' lists take them."""
    states = set(request.activity_states or ["Active"])
    return {
        "deleted": None if len(states) == 2 else "Deleted" in states,
        "updated_within": read_interval(request.updated_utc, "UpdatedUtc"),
        **read_limitation(call, request.limitation),
    }


def read_limitation(call: Call, limitation: Limitation | None) -> dict[str, Any]:
    """Return count and cursor; clients of all ages leave them out, which only a strict door minds."""
    if limitation is None:
        if call.strict:
            raise invalid("Limitation")
        return {"count": LARGEST_PAGE, "cursor": None}
    count = read_int32(limitation.count, "Limitation", "Count")
    if not 1 <= count <= LARGEST_PAGE:
        raise invalid("Limitation", "Count")
    return {"count": count, "cursor": limitation.cursor}
