"""Statements on saved queries. Each starts from the chain."""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, RowMapping, text

from tessera.platform.db import Session
from tessera.platform.paging import COUNT_LIMIT

COLUMNS = """id, chain_id, label, internal_name, description, engine, text, parameters, key_columns, columns, version,
       created_at, created_by, updated_at, updated_by"""
FIND = text(f"""
SELECT {COLUMNS} FROM queries
 WHERE chain_id = :chain_id
   AND (cast(:query_id AS uuid) IS NULL OR id = :query_id)
   AND (cast(:internal_name AS text) IS NULL OR lower(internal_name) = lower(:internal_name))
 LIMIT 1
""")  # noqa: S608 - the column list above
LIST = text(f"""
SELECT {COLUMNS} FROM queries WHERE chain_id = :chain_id ORDER BY lower(label), id OFFSET :offset LIMIT :limit
""")  # noqa: S608 - the column list above
COUNT = text("SELECT count(*) FROM (SELECT 1 FROM queries WHERE chain_id = :chain_id LIMIT :most) AS counted")
NAMES = text("""
SELECT lower(internal_name) FROM queries WHERE chain_id = :chain_id AND id IS DISTINCT FROM cast(:besides AS uuid)
""")
HAS_CHAIN = text("SELECT EXISTS (SELECT FROM chains WHERE id = :chain_id)")
INSERT = text("""
INSERT INTO queries (id, chain_id, label, internal_name, description, text, parameters, key_columns, columns,
                     created_by, updated_by)
VALUES (:id, :chain_id, :label, :internal_name, :description, :text, cast(:parameters AS jsonb), :key_columns,
        cast(:columns AS jsonb), :actor, :actor)
""")
UPDATE = text("""
UPDATE queries
   SET label = :label, internal_name = :internal_name, description = :description, text = :text,
       parameters = cast(:parameters AS jsonb), key_columns = :key_columns, columns = cast(:columns AS jsonb),
       version = version + 1, updated_at = now(), updated_by = :actor
 WHERE chain_id = :chain_id AND id = :id AND version = :version
""")
DELETE = text("DELETE FROM queries WHERE chain_id = :chain_id AND id = :query_id")


async def find_query(
    session: Session, chain_id: UUID, *, query_id: UUID | None = None, internal_name: str | None = None
) -> RowMapping | None:
    """Return the chain's query with that id or internal name."""
    parameters = {"chain_id": chain_id, "query_id": query_id, "internal_name": internal_name}
    return (await session.execute(FIND, parameters)).mappings().first()


async def list_queries(
    session: Session, chain_id: UUID, *, offset: int, limit: int
) -> tuple[Sequence[RowMapping], int]:
    """Return one page by label, and the count up to its limit."""
    rows = (await session.execute(LIST, {"chain_id": chain_id, "offset": offset, "limit": limit})).mappings().all()
    total = (await session.execute(COUNT, {"chain_id": chain_id, "most": COUNT_LIMIT + 1})).scalar_one()
    return rows, total


async def names_taken(session: Session, chain_id: UUID, *, besides: UUID | None = None) -> set[str]:
    """Return the internal names of the chain's other queries, in lower case."""
    return set((await session.execute(NAMES, {"chain_id": chain_id, "besides": besides})).scalars())


async def has_chain(session: Session, chain_id: UUID) -> bool:
    """Say whether there is such a chain."""
    return bool((await session.execute(HAS_CHAIN, {"chain_id": chain_id})).scalar_one())


async def insert_query(session: Session, values: Mapping[str, Any]) -> None:
    """Write a query."""
    await session.execute(INSERT, values)


async def update_query(session: Session, values: Mapping[str, Any]) -> bool:
    """Change the query if its version is still the one that was read."""
    result = cast(CursorResult[Any], await session.execute(UPDATE, values))
    return result.rowcount == 1


async def delete_query(session: Session, chain_id: UUID, query_id: UUID) -> None:
    """Delete the query; a foreign key refuses one that is in use."""
    await session.execute(DELETE, {"chain_id": chain_id, "query_id": query_id})
