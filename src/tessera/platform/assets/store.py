"""Statements on references between assets."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from tessera.platform.db import Row, Session, fetch_rows

DELETE = text("DELETE FROM asset_references WHERE from_kind = :kind AND from_id = :id")
INSERT = text("""
INSERT INTO asset_references (chain_id, from_kind, from_id, from_label, to_kind, to_id, carries_secrets)
SELECT :chain_id, :kind, :id, :label, kind, id, carries_secrets
  FROM jsonb_to_recordset(cast(:targets AS jsonb)) AS target (kind text, id uuid, carries_secrets boolean)
    ON CONFLICT DO NOTHING
""")
LIST = text("""
SELECT from_kind AS kind, from_id AS id, from_label AS label FROM asset_references
 WHERE to_kind = :kind AND to_id = :id AND (NOT :secret OR carries_secrets)
 ORDER BY from_kind DESC, lower(from_label), from_id LIMIT :limit
""")
TARGETS = text("""
SELECT from_id AS id, to_id AS target FROM asset_references
 WHERE from_kind = :kind AND from_id = ANY (:ids) AND to_kind = :to_kind ORDER BY from_id, to_id
""")
COUNT = text("""
SELECT to_id AS id, count(*) AS number FROM asset_references WHERE to_kind = :kind AND to_id = ANY (:ids) GROUP BY to_id
""")


async def replace(session: Session, source: dict[str, Any], targets: Sequence[dict[str, Any]]) -> None:
    """Write what an asset refers to in place of what it referred to."""
    await session.execute(DELETE, {"kind": source["kind"], "id": source["id"]})
    if targets:
        await session.execute(INSERT, {**source, "targets": msgspec.json.encode(targets).decode()})


async def delete(session: Session, kind: str, asset_id: UUID) -> None:
    """Delete the references of an asset."""
    await session.execute(DELETE, {"kind": kind, "id": asset_id})


async def list_referrers(session: Session, kind: str, asset_id: UUID, *, secret: bool, limit: int) -> list[Row]:
    """Return the first assets that refer to the asset."""
    return await fetch_rows(session, LIST, {"kind": kind, "id": asset_id, "secret": secret, "limit": limit})


async def list_targets(session: Session, kind: str, ids: Sequence[UUID], to_kind: str) -> list[Row]:
    """Return what these assets refer to, of one kind."""
    return await fetch_rows(session, TARGETS, {"kind": kind, "ids": list(ids), "to_kind": to_kind})


async def count_referrers(session: Session, kind: str, ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many assets refer to each; those without any are left out."""
    rows = await fetch_rows(session, COUNT, {"kind": kind, "ids": list(ids)})
    return {row["id"]: row["number"] for row in rows}


def used_by(kind: str, column: str) -> str:
    """Return the expression that counts what refers to the asset whose id the column holds, for a list's statement."""
    return f"(SELECT count(*) FROM asset_references r WHERE r.to_kind = '{kind}' AND r.to_id = {column})"  # noqa: S608 - both are constants of a store
