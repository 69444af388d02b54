"""Statements on saved queries. Each starts from the chains that the actor may see."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Row, Session, change_rows, fetch_rows
from tessera.platform.paging import COUNT_LIMIT

COLUMNS = """id, chain_id, label, internal_name, description, engine, text, parameters, key_columns, columns, version,
       created_at, created_by, created_by_kind, created_by_id, updated_at, updated_by, updated_by_kind, updated_by_id"""
SEEN = "(cast(:chains AS uuid[]) IS NULL OR chain_id = ANY (:chains))"
MATCHES = "(strpos(lower(label), lower(:search)) > 0 OR strpos(lower(internal_name), lower(:search)) > 0)"
ORDERS = {
    "label": "lower(label)",
    "internal_name": "lower(internal_name)",
    "created": "created_at",
    "updated": "updated_at",
}

FIND = text(f"""
SELECT {COLUMNS} FROM queries
 WHERE {SEEN}
   AND (cast(:query_id AS uuid) IS NULL OR id = :query_id)
   AND (cast(:internal_name AS text) IS NULL OR lower(internal_name) = lower(:internal_name))
 LIMIT 2
""")  # noqa: S608 - the column list above; two are enough to see that a name is not unique among the chains
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
HAS_CHAIN = text("SELECT EXISTS (SELECT FROM chains WHERE id = :chain_id)")
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
DELETE = text("DELETE FROM queries WHERE chain_id = :chain_id AND id = :query_id")


async def find_queries(
    session: Session, chains: Iterable[UUID] | None, *, query_id: UUID | None = None, internal_name: str | None = None
) -> list[Row]:
    """Return the queries of those chains with that id or internal name, but no more than two."""
    parameters = {"chains": as_list(chains), "query_id": query_id, "internal_name": internal_name}
    return await fetch_rows(session, FIND, parameters)


async def list_queries(
    session: Session, chains: Iterable[UUID] | None, *, search: str, sort: str, offset: int, limit: int
) -> tuple[list[Row], int]:
    """Return one page in an order of `LISTS`, and the count up to its limit."""
    scope = {"chains": as_list(chains), "search": search}
    rows = await fetch_rows(session, LISTS[sort], scope | {"offset": offset, "limit": limit})
    total = (await session.execute(COUNT, scope | {"most": COUNT_LIMIT + 1})).scalar_one()
    return rows, total


async def list_choices(session: Session, chain_id: UUID, *, limit: int) -> list[Row]:
    """Return ids and labels by label."""
    return await fetch_rows(session, CHOICES, {"chain_id": chain_id, "limit": limit})


async def list_names(session: Session, chain_id: UUID, *, besides: UUID | None = None) -> tuple[set[str], set[str]]:
    """Return the labels and, in lower case, the internal names of the chain's other queries."""
    rows = await fetch_rows(session, NAMES, {"chain_id": chain_id, "besides": besides})
    return {row["label"] for row in rows}, {row["name"] for row in rows}


async def has_chain(session: Session, chain_id: UUID) -> bool:
    """Say whether there is such a chain."""
    return bool((await session.execute(HAS_CHAIN, {"chain_id": chain_id})).scalar_one())


async def insert_query(session: Session, values: Mapping[str, Any]) -> bool:
    """Write a query; False means that its name was taken in the meantime."""
    return await change_rows(session, INSERT, values) == 1


async def update_query(session: Session, values: Mapping[str, Any]) -> bool:
    """Change the query if its version is still the one that was read."""
    return await change_rows(session, UPDATE, values) == 1


async def delete_query(session: Session, chain_id: UUID, query_id: UUID) -> None:
    """Delete the query; a foreign key refuses one that is in use."""
    await session.execute(DELETE, {"chain_id": chain_id, "query_id": query_id})


def as_list(chains: Iterable[UUID] | None) -> list[UUID] | None:
    """Return the chains as the array that a statement takes; None stays every chain."""
    return None if chains is None else list(chains)
