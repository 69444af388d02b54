"""Encryption keys: saved keys for SFTP login and OpenPGP, their material sealed, replaced at most, never shown."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.access.chains import has_chain
from tessera.connectors.keys import store
from tessera.connectors.keys.errors import EncryptionKeyInvalidError
from tessera.connectors.keys.events import ENCRYPTION_KEY_CREATED, ENCRYPTION_KEY_DELETED, ENCRYPTION_KEY_UPDATED
from tessera.connectors.keys.material import KeyType, read_material
from tessera.connectors.keys.references import material_purpose, passphrase_purpose
from tessera.platform.actors import Actor
from tessera.platform.assets import (
    ChainNotFoundError,
    Referrer,
    check_version,
    choose_name,
    clean_label,
    delete_asset,
    differences,
    find_asset,
    list_assets,
    list_names,
    list_referrers,
    name_taken,
    record_change,
    rename,
    write_change,
)
from tessera.platform.clock import now
from tessera.platform.db import Session
from tessera.platform.ids import new_random_id
from tessera.platform.paging import Page
from tessera.platform.resealing import Resealing
from tessera.platform.secrets import MASK, KeyRing

KIND = "encryption_key"


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """A key as others see it: what it is, not what is in it."""

    id: UUID
    chain_id: UUID
    type: KeyType
    label: str
    internal_name: str
    algorithm: str
    fingerprint: str
    expires_at: datetime | None
    has_passphrase: bool
    material_set_at: datetime
    version: int
    used_by: int
    created_at: datetime
    created_by: str
    created_by_kind: str | None
    created_by_id: UUID | None
    updated_at: datetime
    updated_by: str
    updated_by_kind: str | None
    updated_by_id: UUID | None


@dataclass(frozen=True, slots=True)
class NewEncryptionKey:
    """What makes a key: the text of its file, and the passphrase where one protects it."""

    type: str
    label: str
    material: str = field(repr=False)
    passphrase: str | None = field(default=None, repr=False)
    internal_name: str | None = None


@dataclass(frozen=True, slots=True)
class EncryptionKeyChange:
    """What changes; None leaves a thing as it is, an empty passphrase takes it away.

    New material comes with its own passphrase: the one before is forgotten. `version` is the one the caller saw.
    """

    label: str | None = None
    internal_name: str | None = None
    material: str | None = field(default=None, repr=False)
    passphrase: str | None = field(default=None, repr=False)
    version: int | None = None


async def create_encryption_key(
    session: Session, actor: Actor, *, chain_id: UUID, new: NewEncryptionKey, keys: KeyRing
) -> EncryptionKey:
    """Store a key whose material opens."""
    actor.require("encryption-keys:write")
    if not actor.sees(chain_id) or not await has_chain(session, chain_id):
        raise ChainNotFoundError(f"There is no chain {chain_id}. List your chains to find it.")
    label, kind = clean_label(new.label), read_type(new.type)
    _, taken = await list_names(session, store.KEYS, chain_id)
    row = {
        "id": (key_id := new_random_id()),
        "chain_id": chain_id,
        "type": kind,
        "label": label,
        "internal_name": choose_name(new.internal_name, label, kind, taken=taken),
        **await seal_material(key_id, kind, new.material, new.passphrase or None, keys=keys),
    }
    if not await store.insert_key(session, row, actor):
        raise name_taken(row["internal_name"])
    values = (None, shown_values(row))
    await record_change(session, actor, row, kind=KIND, event=ENCRYPTION_KEY_CREATED, action="created", values=values)
    return await get_encryption_key(session, actor, chain_id, key_id)


async def get_encryption_key(
    session: Session, actor: Actor, chain_id: UUID | None, id_or_name: UUID | str
) -> EncryptionKey:
    """Return the chain's key with that id or internal name; without a chain, of all that the actor sees."""
    actor.require("encryption-keys:read")
    return make_key(await find_row(session, actor, chain_id, id_or_name))


async def list_encryption_keys(
    session: Session,
    actor: Actor,
    *,
    chain_id: UUID | None = None,
    search: str = "",
    sort: str = "label",
    number: int = 1,
    size: int = 50,
) -> Page[EncryptionKey]:
    """Return a page of keys, of one chain or of all that the actor sees; `sort` is one of `store.KEYS.sorts`."""
    actor.require("encryption-keys:read")
    wanted = {"chains": actor.reach(chain_id), "search": search.replace("\0", "")}
    page = await list_assets(session, store.KEYS, wanted, sort=sort, number=number, size=size)
    return Page([make_key(row) for row in page.items], page.total, number, size)


async def list_key_users(session: Session, actor: Actor, key: EncryptionKey) -> list[Referrer]:
    """Return the first profiles that refer to the key, by label."""
    actor.require("encryption-keys:read")
    await find_row(session, actor, key.chain_id, key.id)
    return await list_referrers(session, KIND, key.id)


async def update_encryption_key(
    session: Session, actor: Actor, key: EncryptionKey, change: EncryptionKeyChange, *, keys: KeyRing
) -> EncryptionKey:
    """Change a key: its names, its material, its passphrase; never its type."""
    actor.require("encryption-keys:write")
    stored = await find_row(session, actor, key.chain_id, key.id)
    check_version(stored["label"], stored["version"], change.version)
    _, taken = await list_names(session, store.KEYS, stored["chain_id"])
    row = {
        **stored,
        "label": stored["label"] if change.label is None else clean_label(change.label),
        "internal_name": rename(stored["internal_name"], change.internal_name, taken),
        **await changed_material(stored, change, keys=keys),
    }
    change_row = store.update_key(session, row, actor)
    await write_change(session, change_row, label=stored["label"], internal_name=row["internal_name"])
    # Material that is set again looks as it did before; that it changed is what the audit log is for.
    secrets = {"material": change.material, "passphrase": change.passphrase}
    besides = [name for name, value in secrets.items() if value is not None]
    values = differences(shown_values(stored), shown_values(row), besides=besides)
    await record_change(session, actor, row, kind=KIND, event=ENCRYPTION_KEY_UPDATED, action="updated", values=values)
    return await get_encryption_key(session, actor, key.chain_id, key.id)


async def delete_encryption_key(
    session: Session, actor: Actor, chain_id: UUID | None, id_or_name: UUID | str, *, version: int | None = None
) -> None:
    """Delete a key that no profile refers to."""
    actor.require("encryption-keys:admin")
    stored = await find_row(session, actor, chain_id, id_or_name)
    stored = await delete_asset(session, store.KEYS, stored, version)
    values = (shown_values(stored), None)
    await record_change(
        session, actor, stored, kind=KIND, event=ENCRYPTION_KEY_DELETED, action="deleted", values=values
    )


async def reseal_encryption_keys(session: Session, keys: KeyRing) -> int:
    """Seal every key's material with the newest key of the ring; return how many changed."""
    resealed = {}
    for row in await store.list_all_sealed(session):
        old = (row["sealed_material"], row["sealed_passphrase"])
        new = (
            keys.reseal(old[0], material_purpose(row["id"])),
            None if old[1] is None else keys.reseal(old[1], passphrase_purpose(row["id"])),
        )
        if new != old:
            resealed[row["id"]] = new
    if resealed:
        await store.replace_sealed(session, resealed)
    return len(resealed)


RESEALING = Resealing("{} encryption key", reseal_encryption_keys)


async def find_row(session: Session, actor: Actor, chain_id: UUID | None, id_or_name: UUID | str) -> dict[str, Any]:
    """Return the stored key, its material sealed; the caller keeps it inside this room."""
    return await find_asset(session, store.KEYS, actor.reach(chain_id), id_or_name)


def read_type(text: str) -> KeyType:
    """Return the type that was asked for."""
    try:
        return KeyType(text)
    except ValueError:
        known = ", ".join(KeyType)
        raise EncryptionKeyInvalidError(
            f"There is no encryption type {text!r:.60}. There are: {known}.", field="type"
        ) from None


async def seal_material(
    key_id: UUID, kind: KeyType, material: str, passphrase: str | None, *, keys: KeyRing
) -> dict[str, Any]:
    """Return the columns of material that was read and opened, sealed."""
    # Opening a protected key stretches its passphrase on purpose: that is no work for the loop.
    facts = await asyncio.to_thread(read_material, kind, material, passphrase, now=now())
    return {
        "algorithm": facts.algorithm,
        "fingerprint": facts.fingerprint,
        "expires_at": facts.expires_at,
        "sealed_material": keys.seal(material, material_purpose(key_id)),
        "sealed_passphrase": None if passphrase is None else keys.seal(passphrase, passphrase_purpose(key_id)),
        "material_set_at": now(),
    }


async def changed_material(stored: Mapping[str, Any], change: EncryptionKeyChange, *, keys: KeyRing) -> dict[str, Any]:
    """Return the columns that new material or another passphrase comes to; none where neither is given."""
    if change.material is None and change.passphrase is None:
        return {}
    material = change.material
    if material is None:
        material = keys.open(stored["sealed_material"], material_purpose(stored["id"])).reveal()
    return await seal_material(stored["id"], KeyType(stored["type"]), material, change.passphrase or None, keys=keys)


def shown_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a key's values for the audit log, secrets masked."""
    names = ("label", "internal_name", "type", "algorithm", "fingerprint")
    expires_at = row["expires_at"]
    return {
        **{name: row[name] for name in names},
        "expires_at": None if expires_at is None else expires_at.isoformat(),
        "material": MASK,
        "passphrase": None if row["sealed_passphrase"] is None else MASK,
    }


def make_key(row: Mapping[str, Any]) -> EncryptionKey:
    """Turn a stored row into the value that others see; what is sealed stays behind."""
    shown = {key: value for key, value in row.items() if not key.startswith("sealed_")}
    return EncryptionKey(
        **{**shown, "type": KeyType(row["type"]), "has_passphrase": row["sealed_passphrase"] is not None}
    )
