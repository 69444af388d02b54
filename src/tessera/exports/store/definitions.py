"""Statements on export definitions."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.exports.errors import DefinitionNotFoundError
from tessera.exports.values import Definition, NewDefinition
from tessera.platform.actors import Actor
from tessera.platform.assets import AssetTable
from tessera.platform.db import Session, change_rows

SHOWN = """a.id, a.chain_id, a.label, a.internal_name, a.description, a.query_id, a.template_id, a.rows_per_request,
       a.concurrency, a.enabled, a.version, a.created_at, a.created_by, a.created_by_kind, a.created_by_id,
       a.updated_at, a.updated_by, a.updated_by_kind, a.updated_by_id"""
DEFINITIONS = AssetTable(
    "export_definition", "export definition", "export_definitions", DefinitionNotFoundError, shown=SHOWN
)

INSERT = text("""
INSERT INTO export_definitions (id, chain_id, label, internal_name, description, query_id, template_id,
                                rows_per_request, concurrency, enabled, created_by, created_by_kind, created_by_id,
                                updated_by, updated_by_kind, updated_by_id)
VALUES (:id, :chain_id, :label, :internal_name, :description, :query_id, :template_id,
        :rows_per_request, :concurrency, :enabled, :actor, :actor_kind, :actor_id,
        :actor, :actor_kind, :actor_id)
ON CONFLICT DO NOTHING
""")

UPDATE = text("""
UPDATE export_definitions
   SET label = :label, internal_name = :internal_name, description = :description, query_id = :query_id,
       template_id = :template_id, rows_per_request = :rows_per_request, concurrency = :concurrency,
       enabled = :enabled, version = version + 1, updated_at = now(), updated_by = :actor,
       updated_by_kind = :actor_kind, updated_by_id = :actor_id
 WHERE id = :id AND version = :version
""")


async def insert_definition(
    session: Session, definition_id: UUID, chain_id: UUID, name: str, new: NewDefinition, actor: Actor
) -> bool:
    """Write a definition; False means that its name was taken in the meantime."""
    values = {"id": definition_id, "chain_id": chain_id, **values_of(name, new, actor)}
    return await change_rows(session, INSERT, values) == 1


async def update_definition(session: Session, stored: Definition, new: NewDefinition, actor: Actor) -> bool:
    """Write a changed definition; False if it was changed in the meantime."""
    name = new.internal_name or stored.internal_name
    values = {"id": stored.id, "version": stored.version, **values_of(name, new, actor)}
    return await change_rows(session, UPDATE, values) == 1


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
