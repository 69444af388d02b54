"""Statements on export definitions."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from tessera.exports.errors import DefinitionNotFoundError
from tessera.exports.values import Definition, NewDefinition, Owner
from tessera.platform.actors import Actor, ActorKind
from tessera.platform.assets import LABEL_ORDER, AssetTable
from tessera.platform.db import Row, Session, change_rows, fetch_row, fetch_rows
from tessera.platform.schedules import NEXT_OF

# Lists look at the last run; the index on runs by definition and time finds it for each row.
LAST_RUN = "(SELECT r.{} FROM runs r WHERE r.definition_id = a.id ORDER BY r.created_at DESC LIMIT 1)"
DEFINITIONS = AssetTable(
    "export_definition",
    "export definition",
    "export_definitions",
    DefinitionNotFoundError,
    condition=f"""(cast(:kind AS text) IS NULL OR a.kind = :kind)
   AND (cast(:lone AS boolean) IS NULL OR (a.profile_id IS NULL) = :lone)
   AND (cast(:profiles AS uuid[]) IS NULL OR a.profile_id = ANY (:profiles))
   AND (cast(:enabled AS boolean) IS NULL OR a.enabled = :enabled)
   AND (cast(:last_state AS text) IS NULL OR coalesce({LAST_RUN.format("state")}, 'never') = :last_state)""",
    orders=(
        LABEL_ORDER,
        ("created", "a.created_at"),
        ("updated", "a.updated_at"),
        ("next_run", f"{NEXT_OF.format(kind='export_definition', column='a.id')} {{turn}} NULLS LAST"),
        ("last_run", f"{LAST_RUN.format('created_at')} {{turn}} NULLS LAST"),
    ),
)

INSERT = text("""
INSERT INTO export_definitions (id, chain_id, label, internal_name, description, kind, query_id, template_id,
                                profile_id, settings, selection, gates, thresholds, queue, shards, enabled, owner,
                                owner_kind, owner_id, created_by, created_by_kind, created_by_id, updated_by,
                                updated_by_kind, updated_by_id)
VALUES (:id, :chain_id, :label, :internal_name, :description, :kind, :query_id, :template_id,
        :profile_id, cast(:settings AS jsonb), cast(:selection AS jsonb), cast(:gates AS jsonb),
        cast(:thresholds AS jsonb), :queue, :shards,
        :enabled, :owner, :owner_kind, :owner_id, :actor, :actor_kind, :actor_id, :actor, :actor_kind, :actor_id)
ON CONFLICT DO NOTHING
""")

UPDATE = text("""
UPDATE export_definitions
   SET label = :label, internal_name = :internal_name, description = :description, kind = :kind, query_id = :query_id,
       template_id = :template_id, profile_id = :profile_id, settings = cast(:settings AS jsonb),
       selection = cast(:selection AS jsonb), gates = cast(:gates AS jsonb),
       thresholds = cast(:thresholds AS jsonb), queue = :queue, shards = :shards,
       enabled = :enabled, owner = :owner, owner_kind = :owner_kind, owner_id = :owner_id, version = version + 1,
       updated_at = now(), updated_by = :actor, updated_by_kind = :actor_kind, updated_by_id = :actor_id
 WHERE id = :id AND version = :version
""")

SET_OWNER = text("""
UPDATE export_definitions SET owner = :owner, owner_kind = :owner_kind, owner_id = :owner_id WHERE id = :id
""")

SET_NOTICES = text("""
UPDATE export_definitions
   SET notices = cast(:notices AS jsonb), version = version + 1, updated_at = now(), updated_by = :actor,
       updated_by_kind = :actor_kind, updated_by_id = :actor_id
 WHERE id = :id AND version = :version
""")
LIST_NOTICES = text("SELECT id, notices FROM export_definitions WHERE notices <> '{}' ORDER BY id")
RESEAL = text("UPDATE export_definitions SET notices = cast(:notices AS jsonb) WHERE id = :id")
FIND_MANY = text("SELECT * FROM export_definitions WHERE id = ANY (:ids)")
FIND_OWNER = text("SELECT owner, owner_kind, owner_id FROM export_definitions WHERE id = :id")


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


async def set_owner(session: Session, definition_id: UUID, owner: Owner) -> None:
    """Let another user or API key own the definition."""
    await session.execute(SET_OWNER, {"id": definition_id, **columns_of_owner(owner)})


async def set_notices(session: Session, stored: Definition, document: Mapping[str, Any], actor: Actor) -> bool:
    """Write who is notified about runs; False if the definition was changed in the meantime."""
    values = {"id": stored.id, "version": stored.version, "notices": as_json(document), **actor.signature}
    return await change_rows(session, SET_NOTICES, values) == 1


async def list_notices(session: Session) -> list[Row]:
    """Return the notice rules of all definitions that have some, for resealing."""
    return await fetch_rows(session, LIST_NOTICES, {})


async def replace_notices(session: Session, definition_id: UUID, document: Mapping[str, Any]) -> None:
    """Write rules whose secrets were sealed again."""
    await session.execute(RESEAL, {"id": definition_id, "notices": as_json(document)})


async def find_definitions(session: Session, ids: Sequence[UUID]) -> list[Row]:
    """Return the definitions of those ids."""
    return await fetch_rows(session, FIND_MANY, {"ids": list(ids)})


async def find_owner(session: Session, definition_id: UUID) -> Owner | None:
    """Return who owns the definition now."""
    row = await fetch_row(session, FIND_OWNER, {"id": definition_id})
    return None if row is None else make_owner(row)


def make_owner(row: Mapping[str, Any]) -> Owner | None:
    """Return the owner that a stored row names."""
    return Owner(ActorKind(row["owner_kind"]), row["owner_id"], row["owner"]) if row["owner_id"] else None


def values_of(name: str, new: NewDefinition, actor: Actor) -> dict[str, Any]:
    """Return the columns that a caller decides."""
    return {
        "label": new.label.strip(),
        "internal_name": name,
        "description": new.description,
        "kind": new.kind,
        "query_id": new.query_id,
        "template_id": new.template_id,
        "profile_id": new.profile_id,
        "settings": as_json(new.settings),
        "selection": as_json(new.selection),
        "gates": as_json(new.gates),
        "thresholds": as_json(new.thresholds),
        "queue": new.queue.value,
        "shards": new.shards,
        "enabled": new.enabled,
        **columns_of_owner(new.owner),
        **actor.signature,
    }


def as_json(value: object) -> str:
    """Return the value as a JSON text."""
    return msgspec.json.encode(value).decode()


def columns_of_owner(owner: Owner | None) -> Mapping[str, Any]:
    """Return the columns that name the owner."""
    if owner is None:
        return {"owner": None, "owner_kind": None, "owner_id": None}
    return {"owner": owner.name, "owner_kind": owner.kind.value, "owner_id": owner.id}
