"""A definition as a change would make it: what is left out stays, as far as it still has a meaning."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from msgspec import UNSET

from tessera import connectors
from tessera.connectors.contract import Property
from tessera.exports.registry import get_kind
from tessera.exports.values import Definition, DefinitionChange, NewDefinition
from tessera.platform.actors import Actor
from tessera.platform.db import Session

WAYS = {"template_id": "profile_id", "profile_id": "template_id"}


async def merge_change(session: Session, actor: Actor, stored: Definition, change: DefinitionChange) -> NewDefinition:
    """Return the changed definition; nothing is checked or stored.

    A definition leads through a template or a profile, so that one of them takes the place of the other.
    """
    given = {
        field.name: value
        for field in fields(change)
        if field.name != "version" and (value := getattr(change, field.name)) is not UNSET
    }
    for way, other in WAYS.items():
        if given.get(way) is not None and other not in given:
            given[other] = None
    values = {name: getattr(stored, name) for name in NewDefinition.__slots__} | given
    if given.keys() & {"settings", *WAYS}:
        properties = await list_settings(session, actor, stored, values["profile_id"])
        values["settings"] = merge_settings(properties, stored.settings, given.get("settings", {}))
    return NewDefinition(**values)


async def list_settings(session: Session, actor: Actor, stored: Definition, profile_id: Any) -> Sequence[Property]:
    """Return what the kind asks of a definition that leads through the profile, if there is one."""
    connector = None
    if profile_id is not None:
        connector = (await connectors.get_profile(session, actor, stored.chain_id, profile_id)).type
    return get_kind(stored.kind).list_properties(connector)


def merge_settings(
    properties: Sequence[Property], stored: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return stored and given settings together, without stored ones that have no meaning any more.

    A given one without meaning stays, to be refused; with null it is left out.
    """
    both = {**stored, **given}
    shown = {each.key for each in properties if each.is_shown("", both)}
    return {key: value for key, value in both.items() if key in shown or (key in given and value is not None)}
