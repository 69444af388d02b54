"""Statements on the tokens that open inbound profiles."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Reader, Row, Session, fetch_rows

# Asked outside any transaction, at every message.
FIND = b"""
SELECT p.id, p.chain_id, p.type, p.label, p.internal_name, p.enabled AND p.state = 'ready' AS open, p.settings
  FROM inbound_tokens t JOIN connection_profiles p ON p.id = t.profile_id
 WHERE t.digest = %(digest)s AND (t.expires_at IS NULL OR t.expires_at > %(now)s)
   AND lower(p.internal_name) = lower(%(name)s)
"""

# One that is on its way out already leaves at once: no more than two open the door.
DROP = text("DELETE FROM inbound_tokens WHERE profile_id = :profile_id AND expires_at IS NOT NULL")
RETIRE = text("UPDATE inbound_tokens SET expires_at = :until WHERE profile_id = :profile_id")
INSERT = text("""
INSERT INTO inbound_tokens (id, chain_id, profile_id, digest, created_at, created_by, created_by_kind, created_by_id)
VALUES (:id, :chain_id, :profile_id, :digest, :now, :actor, :actor_kind, :actor_id)
""")
LIST = text("SELECT created_at, created_by, expires_at FROM inbound_tokens WHERE profile_id = :profile_id")


async def find_open_profile(reader: Reader, *, name: str, digest: bytes, now: datetime) -> Row | None:
    """Return the profile of that internal name that the token opens; of several chains' the token's."""
    async with reader.connection() as connection:
        cursor = await connection.execute(FIND, {"digest": digest, "name": name, "now": now})
        row = await cursor.fetchone()
    if row is None:
        return None
    names = ("id", "chain_id", "type", "label", "internal_name", "open", "settings")
    return dict(zip(names, row, strict=True))


async def retire_tokens(session: Session, profile_id: UUID, *, until: datetime) -> None:
    """Let the token in force end then, and the one before it now."""
    await session.execute(DROP, {"profile_id": profile_id})
    await session.execute(RETIRE, {"profile_id": profile_id, "until": until})


async def insert_token(session: Session, values: Mapping[str, Any]) -> None:
    """Store a new token's digest."""
    await session.execute(INSERT, values)


async def list_tokens(session: Session, profile_id: UUID) -> Sequence[Row]:
    """Return when a profile's tokens were made, and when they end."""
    return await fetch_rows(session, LIST, {"profile_id": profile_id})
