"""The tokens of inbound profiles: 256 random bits, known to their holder; the database keeps a keyed digest."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from tessera.connectors.contract import Issuing
from tessera.inbound.store import tokens as store
from tessera.platform.db import Session
from tessera.platform.ids import new_id
from tessera.platform.secrets import KeyRing

PREFIX = "tsi_"
DIGEST = "inbound-token"
OVERLAP = timedelta(hours=24)


def digest_of(keys: KeyRing, text: str) -> bytes:
    """Return what a token is looked up by: no comparison reveals by its time how much of a guess was right."""
    return keys.digest(text, DIGEST)


async def issue_token(session: Session, keys: KeyRing, issuing: Issuing) -> str:
    """Make a profile's token, which is in force from now on, and return its text this once."""
    text = f"{PREFIX}{secrets.token_urlsafe(32)}"
    await store.insert_token(
        session,
        {
            "id": new_id(),
            "chain_id": issuing.chain_id,
            "profile_id": issuing.profile_id,
            "digest": digest_of(keys, text),
            "now": issuing.now,
            **issuing.actor.signature,
        },
    )
    return text


async def retire_tokens(session: Session, profile_id: UUID, *, now: datetime) -> None:
    """Let the token in force end after the overlap."""
    await store.retire_tokens(session, profile_id, until=now + OVERLAP)
