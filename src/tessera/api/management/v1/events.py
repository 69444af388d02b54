"""The change feed: every event in an order that never changes."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from tessera.access import chains as access_chains
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Moment
from tessera.platform.events import (
    EventPosition,
    StoredEvent,
    latest_position,
    parse_position,
    wait_for_events,
)

LATEST = "latest"
EventName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z_]+\.[a-z_]+$",
        max_length=100,
        description="What happened.",
        examples=["membership.created"],
    ),
]
Position = Annotated[str, Meta(description="A place in the feed.", examples=["48213-1377"])]


class EventQuery(Asked, frozen=True):
    """Where to read on, and what."""

    after: (
        Annotated[
            str,
            Meta(
                pattern=r"^(latest|[0-9]{1,19}-[0-9]{1,19})$",
                description="`position` of the answer before; `latest` begins now, and without it reading begins with "
                "the oldest event that is kept.",
            ),
        ]
        | None
    ) = None
    chain_id: Annotated[UUID | None, Meta(description="Those of this chain only.")] = None
    names: (
        Annotated[list[EventName], Meta(max_length=50, description="Those of this name; it may come several times.")]
        | None
    ) = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="How many events at most.")] = 100
    wait: Annotated[int, Meta(ge=0, le=30, description="How many seconds to wait while there is none.")] = 0


class FeedEvent(Struct, frozen=True):
    """Something that happened."""

    position: Position
    sequence: Annotated[int, Meta(description="The order of writing; numbers may skip.")]
    name: str
    chain_id: UUID
    subject_id: Annotated[UUID, Meta(description="What it happened to.")]
    created_at: Moment
    payload: Annotated[Mapping[str, Any], Meta(description="What the event contains; members may be added.")]


class Feed(Struct, frozen=True):
    """Events in order."""

    items: Sequence[FeedEvent]
    position: Annotated[Position, Meta(description="Give it as `after` to read on. Keep it with what you did.")]
    more: Annotated[bool, Meta(description="Whether there is more to read at once; even a page without items may be.")]


async def list_events(call: Call, query: EventQuery) -> Feed:
    """Read what happened since a position, and wait for it.

    Nothing ever appears behind a position already read. Events are kept for some days; a position that is older is
    refused with `position_expired`.
    """
    if query.chain_id is not None:
        async with call.resources.database.session() as session:
            await access_chains.check_chains(session, call.actor, [query.chain_id])
    page = await wait_for_events(
        call.resources.database,
        call.actor.reach(query.chain_id),
        after=await read_after(call, query.after),
        names=query.names,
        count=query.limit,
        seconds=query.wait,
    )
    return Feed([show_event(event) for event in page.items], str(page.position), page.more)


async def read_after(call: Call, text: str | None) -> EventPosition | None:
    """Return where to begin, None for the oldest event that is kept."""
    if text != LATEST:
        return None if text is None else parse_position(text)
    return await latest_position(call.resources.database.reader)


def show_event(event: StoredEvent) -> FeedEvent:
    """Return the event's shape on the wire."""
    return FeedEvent(
        position=str(event.position),
        sequence=event.sequence,
        name=event.name,
        chain_id=event.chain_id,
        subject_id=event.subject_id,
        created_at=event.created_at,
        payload=event.payload,
    )


ROUTES = (Route("GET", "/events", "events:read", list_events, in_transaction=False, conflicts=True),)
