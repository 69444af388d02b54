"""All SQL of password resets."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from tessera.access.users import USER_COLUMNS
from tessera.platform.db import Row, Session, fetch_row

REPLACE = text(
    "INSERT INTO password_resets (user_id, token_digest, expires_at) VALUES (:user_id, :digest, :expires_at) "
    "ON CONFLICT (user_id) DO UPDATE SET token_digest = :digest, expires_at = :expires_at"
)
FIND = text(
    "SELECT r.user_id FROM password_resets r JOIN users u ON u.id = r.user_id "
    "WHERE r.token_digest = :digest AND r.expires_at > :now AND u.enabled AND u.password_hash IS NOT NULL"
)
# Deleting it takes it: of two requests with the same link one wins.
TAKE = text(
    "DELETE FROM password_resets r USING users u "  # noqa: S608 - constants
    "WHERE r.token_digest = :digest AND r.expires_at > :now AND u.id = r.user_id AND u.enabled"
    " AND u.password_hash IS NOT NULL "
    f"RETURNING {USER_COLUMNS}"
)


async def replace_reset(session: Session, user_id: UUID, digest: bytes, expires_at: datetime) -> None:
    """Store a user's link; one before it opens nothing any more."""
    await session.execute(REPLACE, {"user_id": user_id, "digest": digest, "expires_at": expires_at})


async def find_reset(session: Session, digest: bytes, now: datetime) -> UUID | None:
    """Return whose link this is, while it is live."""
    row = await fetch_row(session, FIND, {"digest": digest, "now": now})
    return None if row is None else row["user_id"]


async def take_reset(session: Session, digest: bytes, now: datetime) -> Row | None:
    """Use a link up and return its user; None where another request did, or it is too old."""
    return await fetch_row(session, TAKE, {"digest": digest, "now": now})
