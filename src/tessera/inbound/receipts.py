"""At the door: who may bring messages, and storing them. They are applied later, by a worker.

The sender wants its answer within a tenth of a second, and a message that is stored is never lost: the row is the
queue. Applying in the request would make the answer wait for the member's other messages, and for users who edit the
member meanwhile.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tessera.inbound.sources import Message, get_source
from tessera.inbound.store import messages as store
from tessera.inbound.store import tokens as token_store
from tessera.inbound.tokens import digest_of
from tessera.inbound.values import OpenInbound
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Reader, Session
from tessera.platform.ids import new_ids
from tessera.platform.secrets import KeyRing

KIND = "connection_profile"


async def find_inbound(reader: Reader, keys: KeyRing, *, name: str, token: str, now: datetime) -> OpenInbound | None:
    """Return the profile of that internal name which the token opens; chains may have profiles of the same name."""
    row = await token_store.find_open_profile(reader, name=name, digest=digest_of(keys, token), now=now)
    return None if row is None else OpenInbound(**row)


async def record_refusal(session: Session, actor: Actor, name: str) -> None:
    """Write into the audit log that a sender was refused under that name; the caller limits how often."""
    await record_entries(session, actor, [Entry("refused", KIND, None, name)])


async def receive_messages(
    session: Session, keys: KeyRing, profile: OpenInbound, messages: Sequence[Message], *, now: datetime
) -> None:
    """Store the messages, all or none; one that came before is only counted. Empty ones leave no trace."""
    source = get_source(profile.type)
    rows = [
        {
            "id": message_id,
            "chain_id": profile.chain_id,
            "profile_id": profile.id,
            "dedupe_key": message.key,
            "type": message.type,
            "name": message.name,
            "sealed_body": keys.seal(message.body.decode(), purpose_of(message_id)),
            "size": len(message.body),
            "sent_at": source.sent_at(message.document, now),
            "now": now,
        }
        for message, message_id in zip(messages, new_ids(len(messages)), strict=True)
        if not message.is_empty and not message.is_registration
    ]
    if rows:
        await store.insert_messages(session, rows)


def answer_message(key: str, message: Message, profile: OpenInbound | None, *, now: datetime) -> dict[str, Any]:
    """Return what the sender of a message to that connector type is answered, the first time as every later one.

    A sender without a token gets only what is the same everywhere.
    """
    source = get_source(key)
    wanted = tuple(source.read_rules(profile.settings).user_attributes) if profile and message.is_registration else ()
    return source.answer_to(message, now, wanted)


def purpose_of(message_id: object) -> str:
    """Return what a body is sealed for: it opens as this message's only."""
    return f"inbound-message:{message_id}"
