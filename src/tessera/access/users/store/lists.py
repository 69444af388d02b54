"""Statements on the lists and changes of users."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.access.users.store.records import SELECT_USERS
from tessera.platform.db import Row, Session, change_rows, fetch_row, fetch_rows
from tessera.platform.paging import COUNT_LIMIT

# A user who sees only some chains is shown the users who see no more.
REACHED = "(cast(:chains AS uuid[]) IS NULL OR u.chain_ids <@ cast(:chains AS uuid[]))"
FILTER = f"""
 WHERE {REACHED}
   AND (strpos(lower(u.name), lower(:search)) > 0 OR strpos(lower(u.email), lower(:search)) > 0)
   AND (cast(:role_id AS uuid) IS NULL
        OR EXISTS (SELECT FROM user_roles h WHERE h.user_id = u.id AND h.role_id = cast(:role_id AS uuid)))
"""
ORDERS = {
    "name": "lower(u.name), u.id",
    "-name": "lower(u.name) DESC, u.id DESC",
    "email": "lower(u.email)",
    "-email": "lower(u.email) DESC",
    "seen": "u.last_seen_at NULLS FIRST, u.id",
    "-seen": "u.last_seen_at DESC NULLS LAST, u.id DESC",
    "created": "u.created_at, u.id",
    "-created": "u.created_at DESC, u.id DESC",
}
FIND = text(f"{SELECT_USERS} WHERE u.id = :id AND {REACHED}")
COUNT = text(f"SELECT count(*) AS total FROM (SELECT FROM users u {FILTER} LIMIT :most) AS counted")  # noqa: S608
UPDATE = text("""
UPDATE users
   SET email = :email, name = :name, chain_ids = cast(:chain_ids AS uuid[]),
       permissions = cast(:permissions AS text[]), enabled = :enabled, version = version + 1, updated_at = :now
 WHERE id = :id AND version = :version
""")
DELETE = text("DELETE FROM users WHERE id = :id AND version = :version")
DROP_ROLES = text("DELETE FROM user_roles WHERE user_id = ANY(:ids)")
ADD_ROLES = text("""
INSERT INTO user_roles (user_id, role_id)
SELECT * FROM unnest(cast(:user_ids AS uuid[]), cast(:role_ids AS uuid[]))
ON CONFLICT DO NOTHING
""")


async def find_user(session: Session, user_id: UUID, chains: Sequence[UUID] | None) -> Row | None:
    """Return the user if the chains hold all that the user sees."""
    return await fetch_row(session, FIND, {"id": user_id, "chains": chains})


async def list_page(
    session: Session,
    *,
    chains: Sequence[UUID] | None,
    search: str,
    role_id: UUID | None,
    sort: str,
    offset: int,
    limit: int,
) -> tuple[list[Row], int]:
    """Return some of the users and how many there are, counted to the limit."""
    values = {"chains": chains, "search": search, "role_id": role_id, "most": COUNT_LIMIT + 1}
    statement = text(f"{SELECT_USERS} {FILTER} ORDER BY {ORDERS[sort]} OFFSET :offset LIMIT :limit")
    rows = await fetch_rows(session, statement, {**values, "offset": offset, "limit": limit})
    counted = await fetch_rows(session, COUNT, values)
    return rows, counted[0]["total"]


async def update_user(session: Session, values: Mapping[str, Any]) -> bool:
    """Write a user over; False if it was changed in the meantime."""
    return await change_rows(session, UPDATE, values) == 1


async def delete_user(session: Session, user_id: UUID, version: int) -> bool:
    """Delete a user with sessions and roles held; False if it was changed in the meantime."""
    return await change_rows(session, DELETE, {"id": user_id, "version": version}) == 1


async def add_roles(session: Session, pairs: Sequence[tuple[UUID, UUID]]) -> None:
    """Give users roles."""
    if not pairs:
        return
    values = {"user_ids": [user for user, _ in pairs], "role_ids": [role for _, role in pairs]}
    await session.execute(ADD_ROLES, values)


async def set_roles(session: Session, user_id: UUID, role_ids: Sequence[UUID]) -> None:
    """Let a user hold these roles and no others."""
    await session.execute(DROP_ROLES, {"ids": [user_id]})
    await add_roles(session, [(user_id, role_id) for role_id in role_ids])
