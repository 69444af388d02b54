"""Statements on encryption keys."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.platform.actors import Actor
from tessera.platform.db import Session, change_rows, fetch_rows
from tessera.platform.ids import parse_id
from tessera.platform.paging import COUNT_LIMIT

# A profile refers to a key by its id, under one of the properties that :properties names.
REFERS = """
  EXISTS (SELECT FROM unnest(cast(:properties AS text[])) AS property WHERE p.settings ->> property = k.id::text)
"""
SELECT = f"""
SELECT k.*, (SELECT count(*) FROM connection_profiles p WHERE p.chain_id = k.chain_id AND {REFERS}) AS used_by
  FROM encryption_keys k
 WHERE (cast(:chains AS uuid[]) IS NULL OR k.chain_id = ANY (:chains))
"""  # noqa: S608 - both parts are constants

FIND = text(SELECT + " AND k.id = :id")
FIND_BY_NAME = text(SELECT + " AND lower(k.internal_name) = lower(:name) LIMIT 2")

FILTER = """
   AND (strpos(lower(k.label), lower(:search)) > 0 OR strpos(lower(k.internal_name), lower(:search)) > 0
        OR strpos(lower(k.fingerprint), lower(:search)) > 0)
"""
ORDERS = {
    "label": "lower(k.label)",
    "type": "k.type, lower(k.label)",
    "expires": "k.expires_at NULLS LAST, lower(k.label)",
    "changed": "k.updated_at",
    "-label": "lower(k.label) DESC",
    "-type": "k.type DESC, lower(k.label)",
    "-expires": "k.expires_at DESC NULLS LAST, lower(k.label)",
    "-changed": "k.updated_at DESC",
}
LISTS = {
    key: text(f"{SELECT}{FILTER} ORDER BY {order}, k.id OFFSET :offset LIMIT :limit") for key, order in ORDERS.items()
}

COUNT = text(f"""
SELECT count(*) FROM (
  SELECT 1 FROM encryption_keys k WHERE (cast(:chains AS uuid[]) IS NULL OR k.chain_id = ANY (:chains)) {FILTER}
   LIMIT :most) AS counted
""")  # noqa: S608 - both parts are constants

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
LOCK = text("SELECT 1 FROM encryption_keys WHERE id = :id FOR UPDATE")
HOLD = text("""
SELECT id, type, label, lower(internal_name) AS name FROM encryption_keys
 WHERE chain_id = :chain_id AND (id::text = ANY (:wanted) OR lower(internal_name) = ANY (:wanted))
   FOR KEY SHARE
""")
DELETE = text("DELETE FROM encryption_keys WHERE id = :id")

NAMES = text("SELECT lower(internal_name) FROM encryption_keys WHERE chain_id = :chain_id")

USERS = text(f"""
SELECT p.id, p.label FROM encryption_keys k JOIN connection_profiles p ON p.chain_id = k.chain_id
 WHERE k.id = :id AND {REFERS} ORDER BY lower(p.label) LIMIT 20
""")  # noqa: S608 - both parts are constants

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


async def find_keys(
    session: Session, *, chains: Iterable[UUID] | None, id_or_name: UUID | str, properties: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the keys of those chains with that id or, in any case, internal name; no more than two."""
    key_id = id_or_name if isinstance(id_or_name, UUID) else parse_id(id_or_name)
    statement, sought = (FIND_BY_NAME, {"name": id_or_name}) if key_id is None else (FIND, {"id": key_id})
    parameters = {"chains": None if chains is None else list(chains), "properties": list(properties)}
    return await fetch_rows(session, statement, {**parameters, **sought})


async def list_keys(
    session: Session,
    *,
    chains: Iterable[UUID] | None,
    search: str,
    sort: str,
    properties: Sequence[str],
    offset: int,
    limit: int,
) -> tuple[Sequence[Mapping[str, Any]], int]:
    """Return a page of keys in the order of `ORDERS`, and how many there are, up to a limit."""
    parameters = {"chains": None if chains is None else list(chains), "search": search}
    shown = {**parameters, "properties": list(properties), "offset": offset, "limit": limit}
    rows = await fetch_rows(session, LISTS[sort], shown)
    total = await session.scalar(COUNT, {**parameters, "most": COUNT_LIMIT + 1})
    return rows, total or 0


async def insert_key(session: Session, row: Mapping[str, Any], actor: Actor) -> bool:
    """Store a new key; False means that its name was taken in the meantime."""
    return await change_rows(session, INSERT, {**row, **actor.signature}) == 1


async def update_key(session: Session, row: Mapping[str, Any], actor: Actor) -> bool:
    """Store the key's changes; False means that it was changed in the meantime."""
    return await change_rows(session, UPDATE, {**row, **actor.signature}) == 1


async def lock_key(session: Session, key_id: UUID) -> None:
    """Keep the key from being used until the transaction ends."""
    await session.execute(LOCK, {"id": key_id})


async def delete_key(session: Session, key_id: UUID) -> None:
    """Delete the key."""
    await session.execute(DELETE, {"id": key_id})


async def hold_keys(session: Session, chain_id: UUID, wanted: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    """Return the chain's keys with these ids or lower-case names, kept from deletion until the transaction ends."""
    return await fetch_rows(session, HOLD, {"chain_id": chain_id, "wanted": list(wanted)})


async def list_names(session: Session, chain_id: UUID) -> set[str]:
    """Return the internal names that are taken, in lower case."""
    return set((await session.scalars(NAMES, {"chain_id": chain_id})).all())


async def list_users(session: Session, key_id: UUID, properties: Sequence[str]) -> Sequence[tuple[UUID, str]]:
    """Return id and label of profiles that refer to the key."""
    rows = (await session.execute(USERS, {"id": key_id, "properties": list(properties)})).all()
    return [(row.id, row.label) for row in rows]


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
