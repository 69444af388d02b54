"""What came in through an inbound profile: its messages, one of them, playing them again, and a new token."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from tessera import connectors, inbound
from tessera.inbound import InboundMessage, MessageQuery, MessageState
from tessera.web.integrations.profile_pages import ONE, path_of, read_details
from tessera.web.list_parameters import chosen, page_number
from tessera.web.visits import PageVisit, Visit

MESSAGES = f"{ONE}/messages"
MESSAGE = f"{MESSAGES}/{{message_id:uuid}}"
LONGEST_SEARCH = 200
READ, WRITE = "connection-profiles:read", "connection-profiles:write"

# How each state looks: tone and word.
STATES = {
    MessageState.WAITING: ("running", "Waiting"),
    MessageState.REGISTERED: ("fine", "Registered"),
    MessageState.UPDATED: ("fine", "Updated"),
    MessageState.UNCHANGED: ("off", "Unchanged"),
    MessageState.IGNORED: ("off", "Ignored"),
    MessageState.REJECTED: ("needs", "Rejected"),
}


@get(MESSAGES, permission=READ)
async def list_messages(visit: PageVisit, chain_id: FromPath[UUID], profile_id: FromPath[UUID]) -> Response[Any]:
    """List the messages that came in, and count them by day."""
    profile = await connectors.get_profile(visit.session, visit.actor, chain_id, profile_id)
    query = visit.request.query_params
    search = query.get("q", "")[:LONGEST_SEARCH].replace("\0", "").strip()
    state, sort = chosen(visit, "state", MessageState), query.get("sort", inbound.NEWEST)
    asked = MessageQuery(state, search, sort, page_number(visit))
    return visit.page(
        "integrations/templates/inbound_messages.html",
        profile=profile,
        own=path_of(profile),
        page=await inbound.list_inbound_messages(visit.session, visit.actor, profile_id, asked),
        inbound=await inbound.describe_inbound(visit.session, visit.actor, profile_id, now=visit.now),
        states=STATES,
        state=state,
        search=search,
        sort=sort,
    )


@get(MESSAGE, permission=READ)
async def show_message(
    visit: PageVisit, chain_id: FromPath[UUID], profile_id: FromPath[UUID], message_id: FromPath[UUID]
) -> Response[Any]:
    """Show one message; its body to who may read members."""
    profile = await connectors.get_profile(visit.session, visit.actor, chain_id, profile_id)
    message = await find(visit, profile_id, message_id)
    body = await inbound.open_body(visit.session, visit.actor, visit.resources.keys, message)
    return visit.page(
        "integrations/templates/inbound_message.html",
        profile=profile,
        own=path_of(profile),
        message=message,
        body=None if body is None else msgspec.json.format(msgspec.json.encode(body), indent=2).decode(),
        states=STATES,
    )


@post(f"{MESSAGE}/replay", permission=WRITE)
async def replay_message(
    visit: PageVisit, chain_id: FromPath[UUID], profile_id: FromPath[UUID], message_id: FromPath[UUID]
) -> Response[Any]:
    """Have one message applied once more."""
    profile = await connectors.get_profile(visit.session, visit.actor, chain_id, profile_id)
    await inbound.replay_inbound_message(visit.session, visit.actor, profile_id, message_id)
    return visit.go(f"{path_of(profile)}/messages/{message_id}", notice="message_replayed")


@post(f"{MESSAGES}/replay", permission=WRITE)
async def replay_messages(visit: PageVisit, chain_id: FromPath[UUID], profile_id: FromPath[UUID]) -> Response[Any]:
    """Have every rejected message applied once more."""
    profile = await connectors.get_profile(visit.session, visit.actor, chain_id, profile_id)
    count = await inbound.replay_rejected_messages(visit.session, visit.actor, profile_id)
    return visit.go(f"{path_of(profile)}/messages", notice="messages_replayed" if count else "nothing_to_replay")


@post(f"{ONE}/rotate-token", permission=WRITE, fresh=True)
async def rotate_token(visit: PageVisit, chain_id: FromPath[UUID], profile_id: FromPath[UUID]) -> Response[Any]:
    """Make a new token and show it on the profile's page, this once."""
    profile = await connectors.get_profile(visit.session, visit.actor, chain_id, profile_id)
    token = await inbound.rotate_inbound_token(
        visit.session, visit.actor, visit.resources.keys, profile_id, now=visit.now
    )
    details = {**await read_details(visit, profile), "new_token": token}
    return visit.page("integrations/templates/profile.html", **details)


async def find(visit: Visit, profile_id: UUID, message_id: UUID) -> InboundMessage:
    """Return the message that the address means."""
    return await inbound.get_inbound_message(visit.session, visit.actor, profile_id, message_id)
