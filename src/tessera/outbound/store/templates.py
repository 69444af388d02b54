"""Statements on HTTP templates."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from tessera.outbound.errors import TemplateNotFoundError
from tessera.platform.actors import Actor
from tessera.platform.assets import LABEL_ORDER, AssetTable, as_json, used_by
from tessera.platform.db import Session, change_rows, fetch_rows

TEMPLATES = AssetTable(
    "http_template",
    "template",
    "http_templates",
    TemplateNotFoundError,
    shown=f"a.*, {used_by('http_template', 'a.id')} AS used_by",
    condition="""(cast(:profile_id AS uuid) IS NULL OR a.profile_id = :profile_id)
      AND (cast(:query_id AS uuid) IS NULL OR a.query_id = :query_id)
      AND (cast(:state AS text) IS NULL OR a.state = :state)""",
    orders=(
        LABEL_ORDER,
        ("internal_name", "lower(a.internal_name)"),
        ("created", "a.created_at"),
        ("updated", "a.updated_at"),
    ),
)

INSERT = text("""
INSERT INTO http_templates (id, chain_id, label, internal_name, query_id, profile_id, shape, state,
                            created_by, created_by_kind, created_by_id,
                            updated_by, updated_by_kind, updated_by_id)
VALUES (:id, :chain_id, :label, :internal_name, :query_id, :profile_id, cast(:shape AS jsonb), :state,
        :actor, :actor_kind, :actor_id,
        :actor, :actor_kind, :actor_id)
ON CONFLICT DO NOTHING
""")

UPDATE = text("""
UPDATE http_templates
   SET label = :label, internal_name = :internal_name, query_id = :query_id, profile_id = :profile_id,
       shape = cast(:shape AS jsonb), state = :state, version = version + 1, updated_at = now(), updated_by = :actor,
       updated_by_kind = :actor_kind, updated_by_id = :actor_id
 WHERE id = :id AND version = :version
""")

SEALED = text("""
SELECT id, chain_id, shape FROM http_templates WHERE shape @> '{"headers": [{"secret": true}]}' ORDER BY id FOR UPDATE
""")

RESEAL = text("""
UPDATE http_templates t SET shape = given.shape
  FROM unnest(cast(:ids AS uuid[]), cast(:shapes AS jsonb[])) AS given (id, shape)
 WHERE t.id = given.id
""")


async def insert_template(session: Session, row: Mapping[str, Any], actor: Actor) -> bool:
    """Store a new template; False means that its name was taken in the meantime."""
    return await change_rows(session, INSERT, {**as_json(row), **actor.signature}) == 1


async def update_template(session: Session, row: Mapping[str, Any], actor: Actor) -> bool:
    """Store the template's changes; False means that it was changed in the meantime."""
    return await change_rows(session, UPDATE, {**as_json(row), **actor.signature}) == 1


async def list_sealed(session: Session) -> Sequence[Mapping[str, Any]]:
    """Return id, chain and shape of every template with secret headers, locked until the transaction ends."""
    return await fetch_rows(session, SEALED, {})


async def replace_shapes(session: Session, shapes: Mapping[UUID, Mapping[str, Any]]) -> None:
    """Write the templates' shapes back."""
    encoded = [msgspec.json.encode(shape).decode() for shape in shapes.values()]
    await session.execute(RESEAL, {"ids": list(shapes), "shapes": encoded})
