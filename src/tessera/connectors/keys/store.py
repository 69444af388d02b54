"""Statements on encryption keys."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.connectors.keys.errors import EncryptionKeyNotFoundError
from tessera.platform.actors import Actor
from tessera.platform.assets import LABEL_ORDER, AssetTable, used_by
from tessera.platform.db import Session, change_rows, fetch_rows

KEYS = AssetTable(
    "encryption_key",
    "encryption key",
    "encryption_keys",
    EncryptionKeyNotFoundError,
    shown=f"a.*, {used_by('encryption_key', 'a.id')} AS used_by",
    searched=("label", "internal_name", "fingerprint"),
    orders=(
        LABEL_ORDER,
        ("type", "a.type {turn}, lower(a.label)"),
        ("expires", "a.expires_at {turn} NULLS LAST, lower(a.label)"),
        ("changed", "a.updated_at"),
    ),
)

INSERT = text("""
INSERT INTO encryption_keys (id, chain_id, type, label, internal_name, algorithm, fingerprint, expires_at,
                             sealed_material, sealed_passphrase, material_set_at,
                             created_by, created_by_kind, created_by_id,
                             updated_by, updated_by_kind, updated_by_id)
VALUES (:id, :chain_id, :type, :label, :internal_name, :algorithm, :fingerprint, :expires_at,
        :sealed_material, :sealed_passphrase, :material_set_at, :actor, :actor_kind, :actor_id,
        :actor, :actor_kind, :actor_id)
ON CONFLICT DO NOTHING
""")

UPDATE = text("""
UPDATE encryption_keys
   SET label = :label, internal_name = :internal_name, algorithm = :algorithm, fingerprint = :fingerprint,
       expires_at = :expires_at, sealed_material = :sealed_material, sealed_passphrase = :sealed_passphrase,
       material_set_at = :material_set_at, version = version + 1, updated_at = now(), updated_by = :actor,
       updated_by_kind = :actor_kind, updated_by_id = :actor_id
 WHERE id = :id AND version = :version
""")

# Who takes the key up holds it by a shared lock until its own transaction ends, so a deletion waits and sees it.
HOLD = text("""
SELECT id, type, label, lower(internal_name) AS name FROM encryption_keys
 WHERE chain_id = :chain_id AND (id::text = ANY (:wanted) OR lower(internal_name) = ANY (:wanted))
   FOR KEY SHARE
""")
CHOICES = text("""
SELECT id, label FROM encryption_keys WHERE chain_id = :chain_id AND type = :type ORDER BY lower(label), id LIMIT 1000
""")

SEALED = text("""
SELECT id, type, label, sealed_material, sealed_passphrase FROM encryption_keys
 WHERE chain_id = :chain_id AND id = ANY (:ids)
""")

ALL_SEALED = text("SELECT id, sealed_material, sealed_passphrase FROM encryption_keys ORDER BY id FOR UPDATE")

RESEAL = text("""
UPDATE encryption_keys k SET sealed_material = given.material, sealed_passphrase = given.passphrase
  FROM unnest(cast(:ids AS uuid[]), cast(:materials AS text[]), cast(:passphrases AS text[]))
       AS given (id, material, passphrase)
 WHERE k.id = given.id
""")


async def insert_key(session: Session, row: Mapping[str, Any], actor: Actor) -> bool:
    """Store a new key; False means that its name was taken in the meantime."""
    return await change_rows(session, INSERT, {**row, **actor.signature}) == 1


async def update_key(session: Session, row: Mapping[str, Any], actor: Actor) -> bool:
    """Store the key's changes; False means that it was changed in the meantime."""
    return await change_rows(session, UPDATE, {**row, **actor.signature}) == 1


async def hold_keys(session: Session, chain_id: UUID, wanted: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    """Return the chain's keys with these ids or lower-case names, kept from deletion until the transaction ends."""
    return await fetch_rows(session, HOLD, {"chain_id": chain_id, "wanted": list(wanted)})


async def list_choices(session: Session, chain_id: UUID, kind: str) -> Sequence[tuple[UUID, str]]:
    """Return id and label of the chain's keys of the type."""
    rows = (await session.execute(CHOICES, {"chain_id": chain_id, "type": kind})).all()
    return [(row.id, row.label) for row in rows]


async def list_sealed(session: Session, chain_id: UUID, ids: Sequence[UUID]) -> Sequence[Mapping[str, Any]]:
    """Return these keys of the chain, their material sealed."""
    return await fetch_rows(session, SEALED, {"chain_id": chain_id, "ids": list(ids)})


async def list_all_sealed(session: Session) -> Sequence[Mapping[str, Any]]:
    """Return every key's sealed material, locked until the transaction ends."""
    return await fetch_rows(session, ALL_SEALED, {})


async def replace_sealed(session: Session, sealed: Mapping[UUID, tuple[str, str | None]]) -> None:
    """Write sealed materials and passphrases back."""
    materials = [material for material, _ in sealed.values()]
    passphrases = [passphrase for _, passphrase in sealed.values()]
    await session.execute(RESEAL, {"ids": list(sealed), "materials": materials, "passphrases": passphrases})
