"""All SQL of API keys."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Row, Session, fetch_row, fetch_rows

COLUMNS = "id, label, hint, chain_ids, permissions, enabled, created_at, created_by, expires_at, revoked_at, used_at"
INSERT = text(
    "INSERT INTO api_keys (id, digest, label, hint, chain_ids, permissions, created_at, created_by, expires_at) "
    "VALUES (:id, :digest, :label, :hint, cast(:chain_ids AS uuid[]), cast(:permissions AS text[]), :created_at,"
    " :created_by, :expires_at)"
)
# A key for every chain is shown to nobody who sees only some.
LIST = text(
    f"SELECT {COLUMNS} FROM api_keys "  # noqa: S608 - constants
    "WHERE (cast(:chains AS uuid[]) IS NULL OR chain_ids <@ cast(:chains AS uuid[]))"
    " AND (cast(:ids AS uuid[]) IS NULL OR id = ANY(cast(:ids AS uuid[])))"
    " AND (cast(:after AS uuid) IS NULL OR id < cast(:after AS uuid)) "
    "ORDER BY id DESC LIMIT :count"
)
FIND_LIVE = text(
    f"SELECT {COLUMNS} FROM api_keys WHERE digest = :digest AND enabled AND revoked_at IS NULL "  # noqa: S608
    "AND (expires_at IS NULL OR expires_at > :now)"
)
SET_USED = text("UPDATE api_keys SET used_at = :now WHERE id = :id")
ENABLE = text("UPDATE api_keys SET enabled = :enabled WHERE id = ANY(:ids)")
REVOKE = text("UPDATE api_keys SET revoked_at = coalesce(revoked_at, :now) WHERE id = ANY(:ids)")


async def insert_keys(session: Session, keys: Sequence[Mapping[str, Any]]) -> None:
    """Store keys."""
    await session.execute(INSERT, keys)


async def list_keys(
    session: Session,
    *,
    chains: Sequence[UUID] | None,
    ids: Sequence[UUID] | None = None,
    after: UUID | None = None,
    count: int | None = None,
) -> list[Row]:
    """Return keys that reach no further than these chains, newest first, from below the key `after`."""
    values = {
        "chains": None if chains is None else list(chains),
        "ids": None if ids is None else list(ids),
        "after": after,
        "count": count,
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
    """End keys for ever; one that ended before keeps its moment."""
    await session.execute(REVOKE, {"ids": list(ids), "now": now})
