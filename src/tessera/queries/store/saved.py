"""Statements on saved queries. Each starts from the chains that the actor may see."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Row, Session, change_rows, fetch_rows

COLUMNS = """id, chain_id, label, internal_name, description, engine, text, parameters, key_columns, columns, version,
       created_at, created_by, updated_at, updated_by"""
SEEN = "(cast(:chains AS uuid[]) IS NULL OR chain_id = ANY (:chains))"
MATCHES = "(strpos(lower(label), lower(:search)) > 0 OR strpos(lower(internal_name), lower(:search)) > 0)"
ORDERS = {
    "label": "lower(label)",
    "internal_name": "lower(internal_name)",
    "created": "created_at",
    "updated": "updated_at",
}

FIND = text(f"SELECT {COLUMNS} FROM queries WHERE {SEEN} AND id = :id")  # noqa: S608 - constants
# Two are enough to see that a name is not unique among the chains.
FIND_BY_NAME = text(f"SELECT {COLUMNS} FROM queries WHERE {SEEN} AND lower(internal_name) = lower(:name) LIMIT 2")  # noqa: S608
LISTS = {
    f"{sign}{key}": text(f"""
SELECT {COLUMNS} FROM queries WHERE {SEEN} AND {MATCHES}
 ORDER BY {order} {direction}, id {direction} OFFSET :offset LIMIT :limit
""")  # noqa: S608 - constants above
    for key, order in ORDERS.items()
    for sign, direction in (("", "ASC"), ("-", "DESC"))
}
COUNT = text(f"SELECT count(*) FROM (SELECT 1 FROM queries WHERE {SEEN} AND {MATCHES} LIMIT :most) AS counted")  # noqa: S608
CHOICES = text("SELECT id, label FROM queries WHERE chain_id = :chain_id ORDER BY lower(label), id LIMIT :limit")
NAMES = text("""
SELECT label, lower(internal_name) AS name FROM queries
 WHERE chain_id = :chain_id AND id IS DISTINCT FROM cast(:besides AS uuid)
""")
LABELS = text("SELECT id, label FROM queries WHERE id = ANY (:ids)")
# A template or definition that takes the query up holds it by its foreign key; a deletion waits for it, then sees it.
LOCK = text("SELECT id FROM queries WHERE id = :id FOR UPDATE")
INSERT = text("""
INSERT INTO queries (id, chain_id, label, internal_name, description, text, parameters, key_columns, columns,
                     created_by, updated_by)
VALUES (:id, :chain_id, :label, :internal_name, :description, :text, cast(:parameters AS jsonb), :key_columns,
        cast(:columns AS jsonb), :actor, :actor)
ON CONFLICT DO NOTHING
""")
UPDATE = text("""
UPDATE queries
   SET label = :label, internal_name = :internal_name, description = :description, text = :text,
       parameters = cast(:parameters AS jsonb), key_columns = :key_columns, columns = cast(:columns AS jsonb),
       version = version + 1, updated_at = now(), updated_by = :actor
 WHERE chain_id = :chain_id AND id = :id AND version = :version
""")
DELETE = text("DELETE FROM queries WHERE chain_id = :chain_id AND id = :query_id")


async def list_choices(session: Session, chain_id: UUID, *, limit: int) -> list[Row]:
    """Return ids and labels by label."""
    return await fetch_rows(session, CHOICES, {"chain_id": chain_id, "limit": limit})


async def list_names(session: Session, chain_id: UUID, *, besides: UUID | None = None) -> tuple[set[str], set[str]]:
    """Return the labels and, in lower case, the internal names of the chain's other queries."""
    rows = await fetch_rows(session, NAMES, {"chain_id": chain_id, "besides": besides})
    return {row["label"] for row in rows}, {row["name"] for row in rows}


async def list_labels(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the labels of these queries by their ids."""
    return {row["id"]: row["label"] for row in await fetch_rows(session, LABELS, {"ids": list(ids)})}


async def lock_query(session: Session, query_id: UUID) -> None:
    """Keep others from taking the query up until the transaction ends."""
    await session.execute(LOCK, {"id": query_id})


async def insert_query(session: Session, values: Mapping[str, Any]) -> bool:
    """Write a query; False means that somebody was faster with its name."""
    return await change_rows(session, INSERT, values) == 1


async def update_query(session: Session, values: Mapping[str, Any]) -> bool:
    """Change the query if its version is still the one that was read."""
    return await change_rows(session, UPDATE, values) == 1


async def delete_query(session: Session, chain_id: UUID, query_id: UUID) -> None:
    """Delete the query."""
    await session.execute(DELETE, {"chain_id": chain_id, "query_id": query_id})
