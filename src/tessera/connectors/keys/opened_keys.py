"""Keys that settings refer to: found by id or internal name when they are saved, opened when they are used."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from tessera.connectors.contract import OpenedKey, Property
from tessera.connectors.keys import store
from tessera.connectors.keys.errors import EncryptionKeyNotFoundError
from tessera.connectors.keys.material import KeyType
from tessera.connectors.keys.references import material_purpose, passphrase_purpose
from tessera.platform.db import Session
from tessera.platform.secrets import KeyRing

Named = tuple[Property, KeyType, str]


async def resolve_keys(
    session: Session, chain_id: UUID, named: Sequence[Named]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the id of each key that is named, by property, and what is wrong with the others.

    The keys stay until the transaction ends.
    """
    rows = await store.hold_keys(session, chain_id, [name.lower() for _, _, name in named])
    found = {name: row for row in rows for name in (str(row["id"]), row["name"])}
    ids, faults = {}, {}
    for each, kind, name in named:
        row = found.get(name.lower())
        if row is None:
            faults[each.key] = "There is no such encryption key in this chain. Choose one of the list."
        elif row["type"] != kind:
            faults[each.key] = f"{row['label']} is not of the type {kind.label}. Choose a key of that type."
        else:
            ids[each.key] = str(row["id"])
    return ids, faults


async def open_keys(
    session: Session, chain_id: UUID, named: Mapping[str, UUID], *, keys: KeyRing
) -> dict[str, OpenedKey]:
    """Return keys of the chain, opened, under the names that the caller gives them."""
    rows = {row["id"]: row for row in await store.list_sealed(session, chain_id, list(named.values()))}
    gone = [each for each, key_id in named.items() if key_id not in rows]
    if gone:
        raise EncryptionKeyNotFoundError(f"The encryption key under {', '.join(gone)} is gone. Choose another one.")
    return {each: open_key(rows[key_id], keys) for each, key_id in named.items()}


def open_key(row: Mapping[str, Any], keys: KeyRing) -> OpenedKey:
    """Open a key's material and passphrase."""
    passphrase = row["sealed_passphrase"]
    return OpenedKey(
        id=row["id"],
        label=row["label"],
        type=row["type"],
        material=keys.open(row["sealed_material"], material_purpose(row["id"])).reveal(),
        passphrase=None if passphrase is None else keys.open(passphrase, passphrase_purpose(row["id"])).reveal(),
    )
