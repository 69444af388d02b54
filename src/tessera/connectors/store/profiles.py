"""Statements on connection profiles."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from tessera.connectors.errors import ProfileNotFoundError
from tessera.platform.actors import Actor
from tessera.platform.assets import LABEL_ORDER, AssetTable, as_json, used_by
from tessera.platform.db import Session, change_rows, fetch_row, fetch_rows

PROFILES = AssetTable(
    "connection_profile",
    "connection profile",
    "connection_profiles",
    ProfileNotFoundError,
    shown=f"a.*, {used_by('connection_profile', 'a.id')} AS used_by",
    condition="(cast(:type AS text) IS NULL OR a.type = :type)",
    orders=(LABEL_ORDER, ("created", "a.created_at"), ("updated", "a.updated_at")),
)

INSERT = text("""
INSERT INTO connection_profiles (id, chain_id, type, variant, label, internal_name, settings, secrets, state, enabled,
                                 created_by, created_by_kind, created_by_id,
                                 updated_by, updated_by_kind, updated_by_id)
VALUES (:id, :chain_id, :type, :variant, :label, :internal_name, cast(:settings AS jsonb), cast(:secrets AS jsonb),
        :state, :enabled, :actor, :actor_kind, :actor_id,
        :actor, :actor_kind, :actor_id)
ON CONFLICT DO NOTHING
""")

UPDATE = text("""
UPDATE connection_profiles
   SET label = :label, internal_name = :internal_name, settings = cast(:settings AS jsonb),
       secrets = cast(:secrets AS jsonb), state = :state, enabled = :enabled, version = version + 1,
       updated_at = now(), updated_by = :actor,
       updated_by_kind = :actor_kind, updated_by_id = :actor_id
 WHERE id = :id AND version = :version
""")

# Only what is still empty is filled in: of two connections that discover at once, one wins.
DISCOVER = text("""
UPDATE connection_profiles p
   SET settings = p.settings || cast(:discovered AS jsonb), version = version + 1
 WHERE p.id = :id
   AND NOT EXISTS (SELECT FROM jsonb_object_keys(cast(:discovered AS jsonb)) AS key WHERE p.settings ->> key <> '')
RETURNING p.id, p.chain_id, p.internal_name, p.version
""")

# Two who count at once would both find room.
LOCK_TYPE = text("SELECT pg_advisory_xact_lock(hashtextextended(cast(:chain_id AS text) || :type, 0))")

COUNT_OF_TYPE = text("SELECT count(*) FROM connection_profiles WHERE chain_id = :chain_id AND type = :type")

HOLD = text("SELECT id FROM connection_profiles WHERE id = :id FOR NO KEY UPDATE")

COUNTS = text("""
SELECT type, count(*) AS total, count(*) FILTER (WHERE state = 'incomplete') AS incomplete,
       count(*) FILTER (WHERE NOT enabled) AS off
  FROM connection_profiles
 WHERE (cast(:chains AS uuid[]) IS NULL OR chain_id = ANY (:chains))
 GROUP BY type
""")

HAS_TWIN = text("""
SELECT EXISTS (SELECT 1 FROM connection_profiles
                WHERE chain_id = :chain_id AND type = :type AND label = :label AND id <> :id)
""")

SEALED = text("SELECT id, secrets FROM connection_profiles WHERE secrets <> '{}' ORDER BY id FOR UPDATE")

RESEAL = text("""
UPDATE connection_profiles p SET secrets = given.secrets
  FROM unnest(cast(:ids AS uuid[]), cast(:secrets AS jsonb[])) AS given (id, secrets)
 WHERE p.id = given.id
""")


async def count_types(session: Session, chains: Iterable[UUID] | None) -> Sequence[Mapping[str, Any]]:
    """Return how many profiles each type has, and how many of them are incomplete or off."""
    return await fetch_rows(session, COUNTS, {"chains": None if chains is None else list(chains)})


async def insert_profile(session: Session, row: Mapping[str, Any], actor: Actor) -> bool:
    """Store a new profile; False means that its name was taken in the meantime."""
    return await change_rows(session, INSERT, {**as_json(row), **actor.signature}) == 1


async def update_profile(session: Session, row: Mapping[str, Any], actor: Actor) -> bool:
    """Store the profile's changes; False means that it was changed in the meantime."""
    return await change_rows(session, UPDATE, {**as_json(row), **actor.signature}) == 1


async def discover_settings(
    session: Session, profile_id: UUID, discovered: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Fill in settings that are all still empty; None means that they are not, or that the profile is gone."""
    return await fetch_row(
        session, DISCOVER, {"id": profile_id, "discovered": msgspec.json.encode(discovered).decode()}
    )


async def count_of_type(session: Session, chain_id: UUID, kind: str) -> int:
    """Return how many profiles of the type the chain has; the next count waits until this transaction ends."""
    parameters = {"chain_id": chain_id, "type": kind}
    await session.execute(LOCK_TYPE, parameters)
    return await session.scalar(COUNT_OF_TYPE, parameters) or 0


async def hold_profile(session: Session, profile_id: UUID) -> None:
    """Keep others from changing the profile until the transaction ends; they may still refer to it."""
    await session.execute(HOLD, {"id": profile_id})


async def has_twin(session: Session, row: Mapping[str, Any]) -> bool:
    """Say whether another profile of the type has the same label."""
    return bool(await session.scalar(HAS_TWIN, {key: row[key] for key in ("chain_id", "type", "label", "id")}))


async def list_sealed(session: Session) -> Sequence[tuple[UUID, dict[str, Any]]]:
    """Return every profile's sealed secrets, locked until the transaction ends."""
    return [(row.id, row.secrets) for row in (await session.execute(SEALED)).all()]


async def replace_secrets(session: Session, sealed: Mapping[UUID, Mapping[str, Any]]) -> None:
    """Write the profiles' secrets back."""
    encoded = [msgspec.json.encode(secrets).decode() for secrets in sealed.values()]
    await session.execute(RESEAL, {"ids": list(sealed), "secrets": encoded})
