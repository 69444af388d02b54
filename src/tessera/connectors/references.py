"""What properties of the kind *reference* lead to: choices for a form, a check when saved, the material when opened."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from tessera.connectors.contract import ConnectorType, OpenedKey, Property
from tessera.connectors.keys import (
    KeyType,
    open_keys,
    resolve_keys,
    wanted_type,
)
from tessera.connectors.keys import list_choices as list_key_choices
from tessera.platform.actors import Actor
from tessera.platform.assets import ChainNotFoundError, SettingsInvalidError
from tessera.platform.db import Session
from tessera.platform.ids import parse_id
from tessera.platform.secrets import KeyRing


def named_keys(
    connector: ConnectorType, variant: str, settings: Mapping[str, Any]
) -> Iterator[tuple[Property, KeyType, str]]:
    """Yield the references of a profile that name a key: property, the type it must have, id or internal name."""
    for each in connector.shown_properties(variant, settings):
        kind, named = wanted_type(each), settings.get(each.key)
        if kind is not None and named:
            yield each, kind, str(named)


def find_keys(connector: ConnectorType, settings: Mapping[str, Any]) -> set[UUID]:
    """Return the ids of the keys that stored settings refer to, under shown properties or hidden ones."""
    named = [settings.get(each.key) for each in connector.properties if wanted_type(each)]
    return {key_id for name in named if name and (key_id := parse_id(str(name)))}


async def list_choices(session: Session, actor: Actor, chain_id: UUID, each: Property) -> Sequence[tuple[UUID, str]]:
    """Return id and label of everything in the chain that the property may name, by label."""
    actor.require("connection-profiles:read")
    if not actor.sees(chain_id):
        raise ChainNotFoundError(f"There is no chain {chain_id}. List your chains to find it.")
    kind = wanted_type(each)
    return [] if kind is None else await list_key_choices(session, chain_id, kind)


async def check_references(
    session: Session, chain_id: UUID, connector: ConnectorType, variant: str, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the settings with every reference as an id, or raise; what they name stays until the transaction ends."""
    named = list(named_keys(connector, variant, settings))
    if not named:
        return dict(settings)
    ids, faults = await resolve_keys(session, chain_id, named)
    if faults:
        raise SettingsInvalidError(" ".join(faults.values()), faults=faults)
    return {**settings, **ids}


async def open_references(
    session: Session,
    chain_id: UUID,
    connector: ConnectorType,
    *,
    variant: str,
    settings: Mapping[str, Any],
    keys: KeyRing,
) -> dict[str, OpenedKey]:
    """Return the keys that a profile refers to, opened, by property; they go to its kind and nowhere else."""
    named = {each.key: UUID(name) for each, _, name in named_keys(connector, variant, settings)}
    if not named:
        return {}
    return await open_keys(session, chain_id, named, keys=keys)
