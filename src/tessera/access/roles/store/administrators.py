"""Statements that keep at least one administrator."""

from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Session, fetch_row

# One at a time: two who demote each other at once would leave none.
GUARD = text("SELECT pg_advisory_xact_lock(hashtextextended('tessera.administrators', 0))")


OTHER_ADMINISTRATOR = text("""
SELECT EXISTS (
  SELECT FROM users u JOIN user_roles h ON h.user_id = u.id JOIN roles r ON r.id = h.role_id
   WHERE u.enabled AND u.chain_ids IS NULL AND r.permissions IS NULL
     AND (cast(:user_id AS uuid) IS NULL OR u.id <> cast(:user_id AS uuid))
     AND (cast(:role_id AS uuid) IS NULL OR r.id <> cast(:role_id AS uuid))) AS found
""")


async def guard_administrators(session: Session) -> None:
    """Keep others from revoking rights until this transaction ends."""
    await session.execute(GUARD)


async def has_other_administrator(
    session: Session, *, user_id: UUID | None = None, role_id: UUID | None = None
) -> bool:
    """Say whether an enabled user has everything, also without this user, or without what this role gives."""
    row = await fetch_row(session, OTHER_ADMINISTRATOR, {"user_id": user_id, "role_id": role_id})
    return bool(row and row["found"])
