"""What comes in through an inbound connection profile: its facts, its token, its messages."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from tessera import connectors, inbound
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.connection_profiles import ONE
from tessera.api.management.v1.pages import Listing, PageQuery, make_page
from tessera.api.management.v1.request_values import NameOrId
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Moment
from tessera.api.management.v1.shapes import show_as
from tessera.inbound import MessageState

State = Literal["waiting", "registered", "updated", "unchanged", "ignored", "rejected"]
READ, WRITE = "connection-profiles:read", "connection-profiles:write"


class MessageQuery(PageQuery, frozen=True):
    """Which messages to list."""

    state: Annotated[State | None, Meta(description="Those in this state only.")] = None


class InboundDay(Struct, frozen=True):
    """A day's counts, in UTC."""

    day: date
    received: int
    duplicates: Annotated[int, Meta(description="How often messages of this day came again.")]
    states: Mapping[str, int]
    reasons: Annotated[Mapping[str, int], Meta(description="Of what was rejected, ignored or left out.")]
    longest_lag_seconds: Annotated[float | None, Meta(description="From receipt to settlement.")]


class Inbound(Struct, frozen=True):
    """The facts of an inbound profile."""

    endpoint: Annotated[str, Meta(description="Path of its door, below the deployment's address.")]
    token_made_at: Moment | None
    token_made_by: str | None
    former_token_until: Annotated[Moment | None, Meta(description="Until when the token before opens too.")]
    last_message_at: Moment | None
    days: Annotated[Sequence[InboundDay], Meta(description="The last seven days with messages, newest first.")]


class MadeToken(Struct, frozen=True):
    """A token just made."""

    token: Annotated[str, Meta(description="The token itself, shown this once.", examples=["tsi_…"])]
    former_token_until: Annotated[Moment | None, Meta(description="Until when the one before opens too.")]


class InboundMessage(Struct, frozen=True):
    """A message without its body."""

    id: UUID
    profile_id: UUID
    type: str
    name: Annotated[str | None, Meta(description="The sender's own id.")]
    state: State
    reason: str | None
    detail: str | None
    account_id: Annotated[UUID | None, Meta(description="The member that it described.")]
    duplicates: Annotated[int, Meta(description="How often it came again.")]
    size: int
    sent_at: Moment | None
    received_at: Moment
    settled_at: Moment | None
    kept: Annotated[bool, Meta(description="Whether its body is still there.")]


class OpenedMessage(Struct, frozen=True):
    """A message with its body."""

    message: InboundMessage
    body: Annotated[Any, Meta(description="Null without `members:read`, and after its days.")]


class ReplayedMessages(Struct, frozen=True):
    """What is applied again."""

    messages: int


show_message = show_as(InboundMessage)


async def find_id(call: Call, profile: str) -> UUID:
    """Return the id of the profile that the address means."""
    return (await connectors.get_profile(call.session, call.actor, None, profile)).id


async def get_inbound(call: Call, profile: NameOrId) -> Inbound:
    """Show the facts of an inbound connection profile."""
    found = await inbound.describe_inbound(call.session, call.actor, await find_id(call, profile), now=call.now)
    days = [
        InboundDay(
            day.day,
            day.received,
            day.duplicates,
            {state.value: count for state, count in day.states.items()},
            day.reasons,
            None if day.longest_lag is None else day.longest_lag.total_seconds(),
        )
        for day in found.days
    ]
    return Inbound(
        found.endpoint,
        found.token_made_at,
        found.token_made_by,
        found.former_token_until,
        found.last_message_at,
        days,
    )


async def rotate_inbound_token(call: Call, profile: NameOrId) -> MadeToken:
    """Make a new token for an inbound connection profile.

    It is in this answer and nowhere else. The one before opens for 24 hours more, older ones no longer.
    """
    profile_id = await find_id(call, profile)
    token = await inbound.rotate_inbound_token(call.session, call.actor, call.resources.keys, profile_id, now=call.now)
    found = await inbound.describe_inbound(call.session, call.actor, profile_id, now=call.now)
    return MadeToken(token, found.former_token_until)


async def list_inbound_messages(call: Call, profile: NameOrId, query: MessageQuery) -> Listing[InboundMessage]:
    """List the messages of an inbound connection profile, newest first."""
    found = await inbound.list_messages_after(
        call.session,
        call.actor,
        await find_id(call, profile),
        state=None if query.state is None else MessageState(query.state),
        after=query.after,
        count=query.limit + 1,
    )
    return make_page(found, query.limit, show_message)


async def get_inbound_message(call: Call, profile: NameOrId, message_id: UUID) -> OpenedMessage:
    """Show a message; its body to who may read members, without the sender's own settings."""
    profile_id = await find_id(call, profile)
    message = await inbound.get_inbound_message(call.session, call.actor, profile_id, message_id)
    body = await inbound.open_body(call.session, call.actor, call.resources.keys, message)
    return OpenedMessage(show_message(message), body)


async def replay_inbound_message(call: Call, profile: NameOrId, message_id: UUID) -> InboundMessage:
    """Have a message that was rejected or ignored applied again."""
    profile_id = await find_id(call, profile)
    return show_message(await inbound.replay_inbound_message(call.session, call.actor, profile_id, message_id))


async def replay_rejected_messages(call: Call, profile: NameOrId) -> ReplayedMessages:
    """Have every rejected message applied again, in the order of their arrival."""
    profile_id = await find_id(call, profile)
    return ReplayedMessages(await inbound.replay_rejected_messages(call.session, call.actor, profile_id))


MESSAGES = f"{ONE}/messages"
MESSAGE = f"{MESSAGES}/{{message_id}}"
ROUTES = (
    Route("GET", f"{ONE}/inbound", READ, get_inbound, conflicts=True),
    Route("POST", f"{ONE}/rotate-token", WRITE, rotate_inbound_token),
    Route("GET", MESSAGES, READ, list_inbound_messages, conflicts=True),
    Route("GET", MESSAGE, READ, get_inbound_message, conflicts=True),
    Route("POST", f"{MESSAGE}/replay", WRITE, replay_inbound_message),
    Route("POST", f"{MESSAGES}/replay", WRITE, replay_rejected_messages),
)
