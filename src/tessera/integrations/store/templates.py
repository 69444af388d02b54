"""Statements on HTTP templates."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.integrations.store.profiles import as_json
from tessera.platform.db import Session, change_rows, fetch_rows
from tessera.platform.ids import parse_id
from tessera.platform.paging import COUNT_LIMIT

SELECT = """
SELECT t.*, q.label AS query_label, p.label AS profile_label
  FROM http_templates t
  JOIN queries q ON q.id = t.query_id
  JOIN connection_profiles p ON p.id = t.profile_id
 WHERE (cast(:chains AS uuid[]) IS NULL OR t.chain_id = ANY (:chains))
"""

FIND = text(SELECT + " AND t.id = :id")
FIND_BY_NAME = text(SELECT + " AND lower(t.internal_name) = lower(:name)")

FILTER = """
   AND (cast(:profile_id AS uuid) IS NULL OR t.profile_id = :profile_id)
   AND (strpos(lower(t.label), lower(:search)) > 0 OR strpos(lower(t.internal_name), lower(:search)) > 0)
"""

LIST = text(SELECT + FILTER + " ORDER BY lower(t.label), t.id OFFSET :offset LIMIT :limit")

COUNT = text(f"""
SELECT count(*) FROM (
  SELECT 1 FROM http_templates t WHERE (cast(:chains AS uuid[]) IS NULL OR t.chain_id = ANY (:chains)) {FILTER}
   LIMIT :most) AS counted
""")  # noqa: S608 - both parts are constants

INSERT = text("""
INSERT INTO http_templates (id, chain_id, label, internal_name, query_id, profile_id, shape, created_by, updated_by)
VALUES (:id, :chain_id, :label, :internal_name, :query_id, :profile_id, cast(:shape AS jsonb), :actor, :actor)
ON CONFLICT DO NOTHING
""")

UPDATE = text("""
UPDATE http_templates
   SET label = :label, internal_name = :internal_name, query_id = :query_id, profile_id = :profile_id,
       shape = cast(:shape AS jsonb), version = version + 1, updated_at = now(), updated_by = :actor
 WHERE id = :id AND version = :version
""")

DELETE = text("DELETE FROM http_templates WHERE id = :id")

NAMES = text("SELECT label, lower(internal_name) AS name FROM http_templates WHERE chain_id = :chain_id")


OF_QUERY = text("""
SELECT id, label FROM http_templates WHERE chain_id = :chain_id AND query_id = :query_id
 ORDER BY lower(label), id LIMIT :limit
""")


async def find_template(
    session: Session, *, chains: Iterable[UUID] | None, id_or_name: UUID | str
) -> Mapping[str, Any] | None:
    """Return the template if one of the chains has it; a name is looked up in any case."""
    parameters = {"chains": None if chains is None else list(chains)}
    asset_id = id_or_name if isinstance(id_or_name, UUID) else parse_id(id_or_name)
    statement, sought = (FIND_BY_NAME, {"name": id_or_name}) if asset_id is None else (FIND, {"id": asset_id})
    result = await session.execute(statement, {**parameters, **sought})
    found = result.mappings().first()
    return None if found is None else dict(found)


async def list_templates(
    session: Session,
    *,
    chains: Iterable[UUID] | None,
    profile_id: UUID | None,
    search: str,
    offset: int,
    limit: int,
) -> tuple[Sequence[Mapping[str, Any]], int]:
    """Return a page of templates by label, and how many there are, up to a limit."""
    parameters = {"chains": None if chains is None else list(chains), "profile_id": profile_id, "search": search}
    rows = await fetch_rows(session, LIST, {**parameters, "offset": offset, "limit": limit})
    total = await session.scalar(COUNT, {**parameters, "most": COUNT_LIMIT + 1})
    return rows, total or 0


async def list_of_query(session: Session, chain_id: UUID, query_id: UUID, *, limit: int) -> Sequence[tuple[UUID, str]]:
    """Return ids and labels of the chain's templates with that query, by label."""
    rows = await fetch_rows(session, OF_QUERY, {"chain_id": chain_id, "query_id": query_id, "limit": limit})
    return [(row["id"], row["label"]) for row in rows]


async def insert_template(session: Session, row: Mapping[str, Any], actor: str) -> bool:
    """Store a new template; False means that somebody was faster with its name."""
    return await change_rows(session, INSERT, {**as_json(row), "actor": actor}) == 1


async def update_template(session: Session, row: Mapping[str, Any], actor: str) -> bool:
    """Store the template's changes; False means that somebody changed it in the meantime."""
    return await change_rows(session, UPDATE, {**as_json(row), "actor": actor}) == 1


async def delete_template(session: Session, template_id: UUID) -> None:
    """Delete the template."""
    await session.execute(DELETE, {"id": template_id})


async def list_names(session: Session, chain_id: UUID) -> tuple[set[str], set[str]]:
    """Return the labels and, in lower case, the internal names that are taken."""
    rows = (await session.execute(NAMES, {"chain_id": chain_id})).all()
    return {row.label for row in rows}, {row.name for row in rows}
