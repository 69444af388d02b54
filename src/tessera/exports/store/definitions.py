"""Statements on export definitions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.exports.values import Definition, NewDefinition
from tessera.platform.actors import Actor
from tessera.platform.db import Row, Session, change_rows, fetch_row, fetch_rows
from tessera.platform.paging import COUNT_LIMIT

SELECT = """
SELECT d.id, d.chain_id, d.label, d.internal_name, d.description, d.query_id, q.label AS query_label,
       d.template_id, t.label AS template_label, d.rows_per_request, d.concurrency, d.enabled, d.version,
       d.created_at, d.created_by, d.created_by_kind, d.created_by_id,
       d.updated_at, d.updated_by, d.updated_by_kind, d.updated_by_id
  FROM export_definitions d
  JOIN queries q ON q.id = d.query_id
  JOIN http_templates t ON t.id = d.template_id
 WHERE (cast(:chains AS uuid[]) IS NULL OR d.chain_id = ANY (:chains))
"""

FIND = text(
    SELECT
    + """
   AND (cast(:definition_id AS uuid) IS NULL OR d.id = :definition_id)
   AND (cast(:internal_name AS text) IS NULL OR lower(d.internal_name) = lower(:internal_name))
 LIMIT 1
"""
)

FILTER = " AND (strpos(lower(d.label), lower(:search)) > 0 OR strpos(lower(d.internal_name), lower(:search)) > 0)"

LIST = text(SELECT + FILTER + " ORDER BY lower(d.label), d.id OFFSET :offset LIMIT :limit")

COUNT = text(f"""
SELECT count(*) FROM (
  SELECT 1 FROM export_definitions d
   WHERE (cast(:chains AS uuid[]) IS NULL OR d.chain_id = ANY (:chains)) {FILTER} LIMIT :most) AS counted
""")  # noqa: S608 - constants

INSERT = text("""
INSERT INTO export_definitions (id, chain_id, label, internal_name, description, query_id, template_id,
                                rows_per_request, concurrency, enabled, created_by, created_by_kind, created_by_id,
                                updated_by, updated_by_kind, updated_by_id)
VALUES (:id, :chain_id, :label, :internal_name, :description, :query_id, :template_id,
        :rows_per_request, :concurrency, :enabled, :actor, :actor_kind, :actor_id,
        :actor, :actor_kind, :actor_id)
""")

UPDATE = text("""
UPDATE export_definitions
   SET label = :label, internal_name = :internal_name, description = :description, query_id = :query_id,
       template_id = :template_id, rows_per_request = :rows_per_request, concurrency = :concurrency,
       enabled = :enabled, version = version + 1, updated_at = now(), updated_by = :actor,
       updated_by_kind = :actor_kind, updated_by_id = :actor_id
 WHERE id = :id AND version = :version
""")

DELETE = text("DELETE FROM export_definitions WHERE id = :id")

LABELS = text("SELECT label FROM export_definitions WHERE chain_id = :chain_id")

NAMES = text("SELECT lower(internal_name) FROM export_definitions WHERE chain_id = :chain_id")


USERS = text("""
SELECT id, label FROM export_definitions
 WHERE chain_id = :chain_id
   AND (query_id = cast(:query_id AS uuid) OR template_id = cast(:template_id AS uuid))
 ORDER BY lower(label), id LIMIT :limit
""")

COUNT_USERS = text("""
SELECT template_id, count(*) AS number FROM export_definitions
 WHERE (cast(:chains AS uuid[]) IS NULL OR chain_id = ANY (:chains)) AND template_id = ANY (:template_ids)
 GROUP BY template_id
""")


async def find_definition(
    session: Session,
    *,
    chains: Iterable[UUID] | None,
    definition_id: UUID | None = None,
    internal_name: str | None = None,
) -> Row | None:
    """Return the definition with that id or internal name, if one of the chains has it."""
    parameters = {"chains": as_list(chains), "definition_id": definition_id, "internal_name": internal_name}
    return await fetch_row(session, FIND, parameters)


async def list_definitions(
    session: Session, *, chains: Iterable[UUID] | None, search: str, offset: int, limit: int
) -> tuple[list[Row], int]:
    """Return one page by label, and the count up to its limit."""
    scope = {"chains": as_list(chains), "search": search}
    rows = await fetch_rows(session, LIST, scope | {"offset": offset, "limit": limit})
    total = (await session.execute(COUNT, scope | {"most": COUNT_LIMIT + 1})).scalar_one()
    return rows, total


async def insert_definition(
    session: Session, definition_id: UUID, chain_id: UUID, name: str, new: NewDefinition, actor: Actor
) -> None:
    """Write a definition."""
    await session.execute(INSERT, {"id": definition_id, "chain_id": chain_id, **values_of(name, new, actor)})


async def update_definition(session: Session, stored: Definition, new: NewDefinition, actor: Actor) -> bool:
    """Write a changed definition; False if it was changed in the meantime."""
    name = new.internal_name or stored.internal_name
    values = {"id": stored.id, "version": stored.version, **values_of(name, new, actor)}
    return await change_rows(session, UPDATE, values) == 1


async def delete_definition(session: Session, definition_id: UUID) -> None:
    """Delete a definition; the database refuses while runs refer to it."""
    await session.execute(DELETE, {"id": definition_id})


def values_of(name: str, new: NewDefinition, actor: Actor) -> dict[str, Any]:
    """Return the columns that a caller decides."""
    return {
        "label": new.label.strip(),
        "internal_name": name,
        "description": new.description,
        "query_id": new.query_id,
        "template_id": new.template_id,
        "rows_per_request": new.rows_per_request,
        "concurrency": new.concurrency,
        "enabled": new.enabled,
        **actor.signature,
    }


async def labels_taken(session: Session, chain_id: UUID) -> set[str]:
    """Return the labels of the chain's definitions."""
    return set((await session.execute(LABELS, {"chain_id": chain_id})).scalars())


async def names_taken(session: Session, chain_id: UUID) -> set[str]:
    """Return the chain's internal names in lower case."""
    return set((await session.execute(NAMES, {"chain_id": chain_id})).scalars())


async def list_users(
    session: Session, chain_id: UUID, *, limit: int, query_id: UUID | None = None, template_id: UUID | None = None
) -> list[Row]:
    """Return ids and labels of the chain's definitions that use the query or the template."""
    parameters = {"chain_id": chain_id, "query_id": query_id, "template_id": template_id, "limit": limit}
    return await fetch_rows(session, USERS, parameters)


async def count_users(
    session: Session, chains: Iterable[UUID] | None, template_ids: Sequence[UUID]
) -> Mapping[UUID, int]:
    """Return how many definitions use each of the templates."""
    rows = await fetch_rows(session, COUNT_USERS, {"chains": as_list(chains), "template_ids": list(template_ids)})
    return {row["template_id"]: row["number"] for row in rows}


def as_list(chains: Iterable[UUID] | None) -> list[UUID] | None:
    """Return the chains as the array that a statement takes; None stays every chain."""
    return None if chains is None else list(chains)
