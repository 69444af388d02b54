"""The audit log: who changed what, from what to what."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import LARGEST_PAGE, Listing, make_page
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Moment
from tessera.api.management.v1.shapes import show_as
from tessera.platform import audit

Word = Annotated[str, Meta(min_length=1, max_length=255)]
EntryId = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class AuditQuery(Asked, frozen=True):
    """Which entries to list; they fit every filter that is given."""

    limit: Annotated[int, Meta(ge=1, le=LARGEST_PAGE, description="How many items at most.")] = 100
    after: Annotated[EntryId | None, Meta(description="`next` of the page before.")] = None
    kind: Annotated[Word | None, Meta(description="Kind of object.", examples=["user"])] = None
    action: Annotated[Word | None, Meta(examples=["updated"])] = None
    actor_id: Annotated[UUID | None, Meta(description="Id of the user, API key or token that acted.")] = None
    actor_name: Annotated[Word | None, Meta(description="Whole name of who acted, in any case.")] = None
    chain_id: UUID | None = None
    object_id: UUID | None = None
    since: Annotated[Moment | None, Meta(description="Entries of this moment or later.")] = None
    until: Annotated[Moment | None, Meta(description="Entries before this moment.")] = None


class AuditEntry(Struct, frozen=True):
    """One change."""

    id: int
    created_at: Moment
    chain_id: UUID | None
    actor_kind: Annotated[str, Meta(examples=["user"])]
    actor_id: UUID | None
    actor_name: str
    origin: Annotated[str | None, Meta(description="Address that the request came from.")]
    request_id: str | None
    action: Annotated[str, Meta(examples=["updated"])]
    object_kind: Annotated[str, Meta(examples=["user"])]
    object_id: UUID | None
    object_name: str
    before: Annotated[dict[str, Any] | None, Meta(description="What differs, as it was; secrets are `***`.")]
    after: Annotated[dict[str, Any] | None, Meta(description="What differs, as it became.")]


show = show_as(AuditEntry)


async def list_audit_log(call: Call, query: AuditQuery) -> Listing[AuditEntry]:
    """List the audit log, newest first.

    A key that sees only some chains is shown what happened in those, and nothing that happened outside any chain.
    """
    wanted = audit.TrailFilter(
        kind=query.kind,
        action=query.action,
        actor_id=query.actor_id,
        actor_name=query.actor_name,
        chain_id=query.chain_id,
        object_id=query.object_id,
        since=query.since,
        until=query.until,
    )
    found = await audit.list_entries(call.session, call.actor, wanted, after=query.after, count=query.limit + 1)
    return make_page(found, query.limit, show)


ROUTES = (Route("GET", "/audit-log", "audit:read", list_audit_log),)
