"""All SQL of roles."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Row, Session, change_rows, fetch_row, fetch_rows
from tessera.platform.paging import COUNT_LIMIT

# Holders beyond the reach of the one who asks are not counted: their number would reveal other chains.
SELECT = """
SELECT r.id, r.label, r.internal_name, r.description, r.permissions, r.built_in, r.version, r.created_at, r.created_by,
       r.created_by_kind, r.created_by_id, r.updated_at, r.updated_by, r.updated_by_kind, r.updated_by_id,
       (SELECT count(*) FROM user_roles h JOIN users u ON u.id = h.user_id
         WHERE h.role_id = r.id AND (cast(:chains AS uuid[]) IS NULL OR u.chain_ids <@ cast(:chains AS uuid[])))
         AS users,
       (SELECT count(*) FROM api_key_roles h JOIN api_keys k ON k.id = h.api_key_id
         WHERE h.role_id = r.id AND k.revoked_at IS NULL
           AND (cast(:chains AS uuid[]) IS NULL OR k.chain_ids <@ cast(:chains AS uuid[])))
         AS api_keys
  FROM roles r
"""
FILTER = (
    " WHERE (strpos(lower(r.label), lower(:search)) > 0 OR strpos(lower(r.internal_name), lower(:search)) > 0"
    " OR strpos(lower(r.description), lower(:search)) > 0)"
)
ORDERS = {
    "label": "lower(r.label)",
    "-label": "lower(r.label) DESC",
    "users": "users, lower(r.label)",
    "-users": "users DESC, lower(r.label)",
    "changed": "r.updated_at, r.id",
    "-changed": "r.updated_at DESC, r.id DESC",
}
FIND = text(f"{SELECT} WHERE r.id = ANY(:ids) ORDER BY lower(r.label)")
LIST = text(f"{SELECT} ORDER BY lower(r.label)")
FIND_BY_NAME = text(f"{SELECT} WHERE lower(r.internal_name) = lower(:name)")
COUNT = text(f"SELECT count(*) AS total FROM (SELECT FROM roles r {FILTER} LIMIT :most) AS counted")  # noqa: S608
TAKEN = text("""
SELECT bool_or(lower(label) = lower(:label)) AS label, bool_or(lower(internal_name) = lower(:internal_name)) AS name
  FROM roles WHERE cast(:besides AS uuid) IS NULL OR id <> cast(:besides AS uuid)
""")
NAMES = text("SELECT lower(label) AS label, lower(internal_name) AS name FROM roles")
INSERT = text("""
INSERT INTO roles (id, label, internal_name, description, permissions, created_at, created_by,
                   created_by_kind, created_by_id, updated_at, updated_by, updated_by_kind, updated_by_id)
VALUES (:id, :label, :internal_name, :description, cast(:permissions AS text[]), :now, :actor, :actor_kind, :actor_id,
        :now, :actor, :actor_kind, :actor_id)
ON CONFLICT DO NOTHING
""")
UPDATE = text("""
UPDATE roles
   SET label = :label, internal_name = :internal_name, description = :description,
       permissions = cast(:permissions AS text[]), version = version + 1, updated_at = :now, updated_by = :actor,
       updated_by_kind = :actor_kind, updated_by_id = :actor_id
 WHERE id = :id AND version = :version AND NOT built_in
""")
# A key that ended does not keep its role from being deleted.
FORGET_REVOKED = text("""
DELETE FROM api_key_roles h USING api_keys k
 WHERE h.role_id = :id AND k.id = h.api_key_id AND k.revoked_at IS NOT NULL
""")
DELETE = text("DELETE FROM roles WHERE id = :id AND version = :version AND NOT built_in")
# Held until the end of the transaction: no role is deleted while it is being granted.
HOLD = text("SELECT id, label, permissions FROM roles WHERE id = ANY(:ids) ORDER BY id FOR KEY SHARE")
LOCK = text("SELECT id FROM roles WHERE id = :id FOR UPDATE")
HOLDERS = text("""
SELECT 'user' AS kind, u.id, u.email AS name FROM user_roles h JOIN users u ON u.id = h.user_id WHERE h.role_id = :id
UNION ALL
SELECT 'api_key', k.id, k.label FROM api_key_roles h JOIN api_keys k ON k.id = h.api_key_id
 WHERE h.role_id = :id AND k.revoked_at IS NULL
 ORDER BY kind DESC, name LIMIT :most
""")


async def find_roles(session: Session, ids: Sequence[UUID], chains: Sequence[UUID] | None) -> list[Row]:
    """Return the roles with these ids, by label."""
    return await fetch_rows(session, FIND, {"ids": list(ids), "chains": chains})


async def hold_roles(session: Session, ids: Sequence[UUID]) -> list[Row]:
    """Return the roles with these ids, which stay until this transaction ends."""
    return await fetch_rows(session, HOLD, {"ids": list(ids)})


async def find_role_by_name(session: Session, name: str, chains: Sequence[UUID] | None) -> Row | None:
    """Return the role with this internal name, in whatever case."""
    return await fetch_row(session, FIND_BY_NAME, {"name": name, "chains": chains})


async def list_roles(session: Session, chains: Sequence[UUID] | None) -> list[Row]:
    """Return every role by label."""
    return await fetch_rows(session, LIST, {"chains": chains})


async def list_page(
    session: Session, *, chains: Sequence[UUID] | None, search: str, sort: str, offset: int, limit: int
) -> tuple[list[Row], int]:
    """Return some of the roles and how many there are, counted to the limit."""
    statement = text(f"{SELECT} {FILTER} ORDER BY {ORDERS[sort]} OFFSET :offset LIMIT :limit")
    values = {"chains": chains, "search": search, "offset": offset, "limit": limit}
    rows = await fetch_rows(session, statement, values)
    counted = await fetch_rows(session, COUNT, {"search": search, "most": COUNT_LIMIT + 1})
    return rows, counted[0]["total"]


async def list_names(session: Session) -> list[Row]:
    """Return the labels and internal names that are taken, in lower case."""
    return await fetch_rows(session, NAMES, {})


async def find_taken(session: Session, *, label: str, internal_name: str, besides: UUID | None) -> Row:
    """Say whether another role has the label, and whether one has the internal name."""
    values = {"label": label, "internal_name": internal_name, "besides": besides}
    return (await fetch_rows(session, TAKEN, values))[0]


async def insert_role(session: Session, values: Mapping[str, Any]) -> bool:
    """Store a role; False if its label or internal name was taken in the meantime."""
    return await change_rows(session, INSERT, values) == 1


async def update_role(session: Session, values: Mapping[str, Any]) -> bool:
    """Write a role over; False if it was changed in the meantime."""
    return await change_rows(session, UPDATE, values) == 1


async def lock_role(session: Session, role_id: UUID) -> None:
    """Keep the role from being granted until this transaction ends."""
    await session.execute(LOCK, {"id": role_id})


async def list_holders(session: Session, role_id: UUID, most: int) -> list[Row]:
    """Return who holds a role, users first."""
    return await fetch_rows(session, HOLDERS, {"id": role_id, "most": most})


async def delete_role(session: Session, role_id: UUID, version: int) -> bool:
    """Delete a role that is not held; False if it was changed in the meantime."""
    await session.execute(FORGET_REVOKED, {"id": role_id})
    return await change_rows(session, DELETE, {"id": role_id, "version": version}) == 1
