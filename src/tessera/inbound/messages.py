"""Messages, as people look at them: listed, one with its body, and replayed."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from tessera.inbound.errors import MessageNotFoundError, MessageNotReplayableError
from tessera.inbound.profiles import find_inbound_row
from tessera.inbound.receipts import purpose_of
from tessera.inbound.store import messages as store
from tessera.inbound.values import NEWEST, SORTS, InboundMessage, MessageQuery, MessageState
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Row, Session
from tessera.platform.paging import Page
from tessera.platform.secrets import MASK, KeyRing

READ, WRITE, BODIES = "connection-profiles:read", "connection-profiles:write", "members:read"
KIND = "inbound_message"
# What mParticle passes along of the customer's own settings there: names of accounts, keys.
SETTINGS = "account_settings"


async def list_inbound_messages(
    session: Session, actor: Actor, profile_id: UUID, asked: MessageQuery, *, chain_id: UUID | None = None
) -> Page[InboundMessage]:
    """Return a page of a profile's messages."""
    actor.require(READ)
    await find_inbound_row(session, actor, profile_id, chain_id=chain_id)
    rows, total = await store.list_messages(
        session,
        profile_id,
        state=asked.state,
        search=asked.search.replace("\x00", ""),
        sort=asked.sort if asked.sort in SORTS else NEWEST,
        offset=(asked.number - 1) * asked.size,
        limit=asked.size,
    )
    return Page([make_message(row, actor) for row in rows], total, asked.number, asked.size)


async def list_messages_after(
    session: Session,
    actor: Actor,
    profile_id: UUID,
    *,
    state: MessageState | None = None,
    after: UUID | None = None,
    count: int = 100,
) -> Sequence[InboundMessage]:
    """Return messages, newest first, from below the message `after`."""
    actor.require(READ)
    await find_inbound_row(session, actor, profile_id)
    rows = await store.list_after(session, profile_id, state=state, after=after, limit=count)
    return [make_message(row, actor) for row in rows]


async def get_inbound_message(
    session: Session, actor: Actor, profile_id: UUID, message_id: UUID, *, chain_id: UUID | None = None
) -> InboundMessage:
    """Return one message, without its body."""
    actor.require(READ)
    await find_inbound_row(session, actor, profile_id, chain_id=chain_id)
    row = await store.find_message(session, profile_id, message_id)
    if row is None:
        raise MessageNotFoundError(f"There is no message {message_id} of this profile. List them to find yours.")
    return make_message(row, actor)


async def open_body(session: Session, actor: Actor, keys: KeyRing, message: InboundMessage) -> Any:
    """Return what a message holds; None for who may not read members, and where it was forgotten."""
    if not actor.may(BODIES):
        return None
    sealed = await store.find_body(session, message.profile_id, message.id)
    if sealed is None:
        return None
    return redact(msgspec.json.decode(keys.open(sealed, purpose_of(message.id)).reveal()))


def redact(document: Any) -> Any:
    """Return a message without what its sender's own settings hold."""
    account = document.get("account") if isinstance(document, dict) else None
    if not isinstance(account, Mapping) or not isinstance(account.get(SETTINGS), Mapping):
        return document
    return {**document, "account": {**account, SETTINGS: dict.fromkeys(account[SETTINGS], MASK)}}


async def replay_inbound_message(
    session: Session, actor: Actor, profile_id: UUID, message_id: UUID, *, chain_id: UUID | None = None
) -> InboundMessage:
    """Have a message that was rejected or ignored applied again, by the profile's rules as they are now."""
    actor.require(WRITE)
    message = await get_inbound_message(session, actor, profile_id, message_id, chain_id=chain_id)
    if not await store.replay_message(session, profile_id, message_id):
        raise MessageNotReplayableError(
            f"The message is {message.state}"
            + ("." if message.kept else ", and its body was deleted after its days.")
            + " Only a message that was rejected or ignored, and is still kept, can be applied again."
        )
    await record_entries(
        session, actor, [Entry("replayed", KIND, message_id, message.name or message.type, message.chain_id)]
    )
    return await get_inbound_message(session, actor, profile_id, message_id)


async def replay_rejected_messages(
    session: Session, actor: Actor, profile_id: UUID, *, chain_id: UUID | None = None
) -> int:
    """Have every rejected message applied again, in the order of their arrival; return how many."""
    actor.require(WRITE)
    profile = await find_inbound_row(session, actor, profile_id, chain_id=chain_id)
    count = await store.replay_rejected(session, profile_id)
    if count:
        name = "1 message" if count == 1 else f"{count} messages"
        entry = Entry("replayed", KIND, None, name, profile["chain_id"], after={"count": count})
        await record_entries(session, actor, [entry])
    return count


def make_message(row: Row, actor: Actor) -> InboundMessage:
    """Return the message of a row; what went wrong in detail may quote a member, and is for those who may see them."""
    detail = row["detail"] if actor.may(BODIES) else None
    return InboundMessage(**{**row, "state": MessageState(row["state"]), "detail": detail})
