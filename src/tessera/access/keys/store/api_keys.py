"""All SQL of API keys."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Row, Session, fetch_row, fetch_rows
from tessera.platform.paging import COUNT_LIMIT

# Read with every key, at every request: a change of a role is there with the next one.
ROLES_OF_KEY = (
    "coalesce((SELECT jsonb_agg(jsonb_build_object('id', r.id, 'label', r.label, 'permissions', r.permissions)"
    " ORDER BY lower(r.label)) FROM api_key_roles h JOIN roles r ON r.id = h.role_id WHERE h.api_key_id = k.id), '[]')"
    " AS roles"
)
COLUMNS = (
    "k.id, k.label, k.hint, k.chain_ids, k.permissions, k.enabled, k.created_at, k.created_by,"
    " k.created_by_kind, k.created_by_id, k.expires_at,"
    f" k.revoked_at, k.used_at, {ROLES_OF_KEY}"
)
INSERT = text(
    "INSERT INTO api_keys (id, digest, label, hint, chain_ids, permissions, created_at, created_by,"
    " created_by_kind, created_by_id, expires_at) "
    "VALUES (:id, :digest, :label, :hint, cast(:chain_ids AS uuid[]), cast(:permissions AS text[]), :created_at,"
    " :created_by, :created_by_kind, :created_by_id, :expires_at)"
)
# A key for every chain is not shown to those who see only some.
REACHED = "(cast(:chains AS uuid[]) IS NULL OR k.chain_ids <@ cast(:chains AS uuid[]))"
LIST = text(
    f"SELECT {COLUMNS} FROM api_keys k WHERE {REACHED}"  # noqa: S608 - constants
    " AND (cast(:ids AS uuid[]) IS NULL OR k.id = ANY(cast(:ids AS uuid[])))"
    " ORDER BY k.created_at DESC, k.id DESC"
)
FILTER = f" WHERE {REACHED} AND (strpos(lower(k.label), lower(:search)) > 0 OR strpos(k.hint, :search) > 0)"
ORDERS = {
    "label": "lower(k.label), k.id",
    "-label": "lower(k.label) DESC, k.id DESC",
    "used": "k.used_at NULLS FIRST, k.id",
    "-used": "k.used_at DESC NULLS LAST, k.id DESC",
    "created": "k.created_at, k.id",
    "-created": "k.created_at DESC, k.id DESC",
}
COUNT = text(f"SELECT count(*) AS total FROM (SELECT FROM api_keys k {FILTER} LIMIT :most) AS counted")  # noqa: S608
FIND_LIVE = text(
    f"SELECT {COLUMNS} FROM api_keys k WHERE k.digest = :digest AND k.enabled AND k.revoked_at IS NULL "  # noqa: S608
    "AND (k.expires_at IS NULL OR k.expires_at > :now)"
)
BIND = text("""
INSERT INTO api_key_roles (api_key_id, role_id)
SELECT * FROM unnest(cast(:key_ids AS uuid[]), cast(:role_ids AS uuid[]))
ON CONFLICT DO NOTHING
""")
SET_USED = text("UPDATE api_keys SET used_at = :now WHERE id = :id")
ENABLE = text("UPDATE api_keys SET enabled = :enabled WHERE id = ANY(:ids)")
REVOKE = text("UPDATE api_keys SET revoked_at = coalesce(revoked_at, :now) WHERE id = ANY(:ids)")


async def insert_keys(session: Session, keys: Sequence[Mapping[str, Any]]) -> None:
    """Store keys."""
    await session.execute(INSERT, keys)


async def bind_roles(session: Session, pairs: Sequence[tuple[UUID, UUID]]) -> None:
    """Bind keys to roles."""
    if not pairs:
        return
    values = {"key_ids": [key for key, _ in pairs], "role_ids": [role for _, role in pairs]}
    await session.execute(BIND, values)


async def list_page(
    session: Session, *, chains: Sequence[UUID] | None, search: str, sort: str, offset: int, limit: int
) -> tuple[list[Row], int]:
    """Return some of the keys and how many there are, counted to the limit."""
    values = {"chains": chains, "search": search, "most": COUNT_LIMIT + 1}
    select = f"SELECT {COLUMNS} FROM api_keys k {FILTER}"  # noqa: S608 - constants
    statement = text(f"{select} ORDER BY {ORDERS[sort]} OFFSET :offset LIMIT :limit")
    rows = await fetch_rows(session, statement, {**values, "offset": offset, "limit": limit})
    counted = await fetch_rows(session, COUNT, values)
    return rows, counted[0]["total"]


async def list_keys(session: Session, *, chains: Sequence[UUID] | None, ids: Sequence[UUID] | None = None) -> list[Row]:
    """Return keys that reach no further than these chains, newest first."""
    values = {
        "chains": None if chains is None else list(chains),
        "ids": None if ids is None else list(ids),
    }
    return await fetch_rows(session, LIST, values)


async def find_live_key(session: Session, digest: bytes, now: datetime) -> Row | None:
    """Return the key with this digest unless it is off, expired or revoked."""
    return await fetch_row(session, FIND_LIVE, {"digest": digest, "now": now})


async def set_used(session: Session, key_id: UUID, now: datetime) -> None:
    """Note that a key is in use."""
    await session.execute(SET_USED, {"id": key_id, "now": now})


async def enable_keys(session: Session, ids: Sequence[UUID], *, enabled: bool) -> None:
    """Switch keys on or off."""
    await session.execute(ENABLE, {"ids": list(ids), "enabled": enabled})


async def revoke_keys(session: Session, ids: Sequence[UUID], *, now: datetime) -> None:
    """Revoke keys permanently; one that ended before keeps its moment."""
    await session.execute(REVOKE, {"ids": list(ids), "now": now})
