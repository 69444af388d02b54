"""Comparing what is stored with what would be stored, secrets included; the stored ones never leave this room."""

import hmac
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tessera.connectors.addresses import AddressPolicy
from tessera.connectors.contract import get_connector
from tessera.connectors.keys import EncryptionKeyNotFoundError, list_sealed, material_purpose, passphrase_purpose
from tessera.connectors.profile_checks import check_input
from tessera.connectors.profiles import find_row
from tessera.connectors.sealed_secrets import open_secrets
from tessera.platform.actors import Actor
from tessera.platform.db import Session
from tessera.platform.secrets import KeyRing


def clean_settings(
    connector_key: str, variant: str, settings: Mapping[str, Any], policy: AddressPolicy
) -> Mapping[str, Any]:
    """Return the settings as they would be stored, with the defaults of what is not named; secrets are left out."""
    connector = get_connector(connector_key)
    shown = {each.key for each in connector.shown_properties(variant, settings) if not each.secret}
    plain = {key: value for key, value in settings.items() if key in shown or key not in connector_keys(connector_key)}
    # Secret headers count as sealed already: here it matters only what is not secret.
    sealed: dict[str, Any] = {f"{key}:{name}": {} for key, value in plain.items() for name in secret_names(value)}
    return check_input(connector, variant, plain, stored={}, sealed=sealed, policy=policy).settings


def connector_keys(connector_key: str) -> frozenset[str]:
    """Return the keys of all properties of a type."""
    return frozenset(each.key for each in get_connector(connector_key).properties)


def secret_names(value: Any) -> list[str]:
    """Return the names of secret headers in a value, in lower case."""
    if not isinstance(value, list | tuple):
        return []
    return [
        str(item["name"]).lower()
        for item in value
        if isinstance(item, Mapping) and item.get("secret") and "name" in item
    ]


async def differing_secrets(
    session: Session, actor: Actor, chain_id: UUID, profile_id: UUID, given: Mapping[str, str], *, keys: KeyRing
) -> frozenset[str]:
    """Return which of the given secrets are not those of the profile."""
    actor.require("connection-profiles:write")
    row = await find_row(session, actor, chain_id, profile_id)
    stored = open_secrets(row["secrets"], profile_id=profile_id, keys=keys)
    return frozenset(key for key, text in given.items() if not is_same(stored.get(key), text))


async def holds_material(
    session: Session,
    actor: Actor,
    chain_id: UUID,
    key_id: UUID,
    *,
    material: str,
    passphrase: str | None,
    keys: KeyRing,
) -> bool:
    """Say whether the encryption key has exactly this material and passphrase."""
    actor.require("encryption-keys:write")
    rows = await list_sealed(session, chain_id, [key_id]) if actor.sees(chain_id) else []
    if not rows:
        raise EncryptionKeyNotFoundError(f"There is no encryption key {key_id}. List them to find yours.")
    stored = keys.open(rows[0]["sealed_material"], material_purpose(key_id)).reveal()
    sealed = rows[0]["sealed_passphrase"]
    known = None if sealed is None else keys.open(sealed, passphrase_purpose(key_id)).reveal()
    return is_same(stored.strip(), material.strip()) and is_same(known or "", passphrase or "")


def is_same(stored: str | None, given: str) -> bool:
    """Compare in constant time."""
    return stored is not None and hmac.compare_digest(stored.encode(), given.encode())
