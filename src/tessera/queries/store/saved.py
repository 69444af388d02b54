"""Statements on saved queries. Each starts from the chains that the actor may see."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.platform.assets import LABEL_ORDER, AssetTable
from tessera.platform.db import Row, Session, change_rows, fetch_rows
from tessera.queries.errors import QueryNotFoundError

QUERIES = AssetTable(
    "query",
    "query",
    "queries",
    QueryNotFoundError,
    shown="""a.id, a.chain_id, a.label, a.internal_name, a.description, a.engine, a.text, a.parameters, a.key_columns,
       a.columns, a.version, a.created_at, a.created_by, a.created_by_kind, a.created_by_id,
       a.updated_at, a.updated_by, a.updated_by_kind, a.updated_by_id""",
    orders=(
        LABEL_ORDER,
        ("internal_name", "lower(a.internal_name)"),
        ("created", "a.created_at"),
        ("updated", "a.updated_at"),
    ),
)
CHOICES = text("SELECT id, label FROM queries WHERE chain_id = :chain_id ORDER BY lower(label), id LIMIT :limit")
INSERT = text("""
INSERT INTO queries (id, chain_id, label, internal_name, description, text, parameters, key_columns, columns,
                     created_by, created_by_kind, created_by_id,
                     updated_by, updated_by_kind, updated_by_id)
VALUES (:id, :chain_id, :label, :internal_name, :description, :text, cast(:parameters AS jsonb), :key_columns,
        cast(:columns AS jsonb), :actor, :actor_kind, :actor_id,
        :actor, :actor_kind, :actor_id)
ON CONFLICT DO NOTHING
""")
UPDATE = text("""
UPDATE queries
   SET label = :label, internal_name = :internal_name, description = :description, text = :text,
       parameters = cast(:parameters AS jsonb), key_columns = :key_columns, columns = cast(:columns AS jsonb),
       version = version + 1, updated_at = now(), updated_by = :actor,
       updated_by_kind = :actor_kind, updated_by_id = :actor_id
 WHERE chain_id = :chain_id AND id = :id AND version = :version
""")


async def list_choices(session: Session, chain_id: UUID, *, limit: int) -> list[Row]:
    """Return ids and labels by label."""
    return await fetch_rows(session, CHOICES, {"chain_id": chain_id, "limit": limit})


async def insert_query(session: Session, values: Mapping[str, Any]) -> bool:
    """Write a query; False means that its name was taken in the meantime."""
    return await change_rows(session, INSERT, values) == 1


async def update_query(session: Session, values: Mapping[str, Any]) -> bool:
    """Change the query if its version is still the one that was read."""
    return await change_rows(session, UPDATE, values) == 1
