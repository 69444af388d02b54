"""How a profile's properties and changes read on a page. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tessera.connectors import VERSION_ACTIONS, Profile
from tessera.connectors.contract import ConnectorType, Property, PropertyKind
from tessera.platform.audit import KeptEntry
from tessera.web.integrations.property_fields import Choices, HeaderRow

NAMES = {"label": "Label", "internal_name": "Internal Name", "enabled": "Enabled", "state": "State", "variant": "Type"}
LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """One property as the page shows it; of a secret only since when it is set."""

    label: str
    kind: str
    value: str | None = None
    set_at: datetime | None = None
    required: bool = False
    rows: Sequence[HeaderRow] = ()


@dataclass(frozen=True, slots=True)
class ShownChange:
    """What one change did to one property, as text; None is nothing."""

    label: str
    before: str | None
    after: str | None


def show_properties(connector: ConnectorType, profile: Profile, choices: Choices) -> list[Shown]:
    """Return the profile's properties in the order of its type."""
    return [
        show_property(each, profile, choices) for each in connector.shown_properties(profile.variant, profile.settings)
    ]


def show_property(each: Property, profile: Profile, choices: Choices) -> Shown:
    """Return one property as it reads."""
    if each.secret:
        return Shown(each.label, each.kind, set_at=profile.secrets.get(each.key), required=each.required)
    value = profile.settings.get(each.key)
    if each.kind is PropertyKind.HEADERS:
        rows = [
            HeaderRow(
                header["name"],
                "" if header.get("secret") else header.get("value") or "",
                bool(header.get("secret")),
                profile.secrets.get(f"{each.key}:{header['name'].lower()}"),
            )
            for header in value or ()
        ]
        return Shown(each.label, each.kind, rows=rows)
    if each.kind is PropertyKind.REFERENCE and value:
        return Shown(each.label, each.kind, dict(choices.get(each.key, ())).get(str(value), str(value)))
    return Shown(each.label, each.kind, readable(each, value), required=each.required)


def readable(each: Property, value: Any) -> str | None:
    """Return a property's value as text, None where it is empty."""
    if value is None or value == "":
        return None
    if each.kind is PropertyKind.BOOL:
        return "Yes" if value else "No"
    if each.kind is PropertyKind.ENUM:
        return each.label_of(str(value))
    if each.kind is PropertyKind.MAPPING:
        return "\n".join(f"{row['source']} → {row['target']}" for row in value) or None
    if each.kind is PropertyKind.JSON:
        return json.dumps(value, indent=2, ensure_ascii=False)
    return f"{value:,}" if each.kind is PropertyKind.INT and isinstance(value, int) else str(value)


def show_change(connector: ConnectorType | None, change: KeptEntry) -> list[ShownChange]:
    """Return what a change did, by the labels of the fields."""
    labels = {**NAMES, **({each.key: each.label for each in connector.properties} if connector else {})}
    before, after = change.before or {}, change.after or {}
    return [
        ShownChange(label_of(key, labels), as_text(before.get(key)), as_text(after.get(key)))
        for key in dict.fromkeys((*before, *after))
        if change.action in VERSION_ACTIONS
    ]


def label_of(key: str, labels: Mapping[str, str]) -> str:
    """Return what a value of the trail is called on pages; a secret header's comes after its property's."""
    whole, sign, header = key.partition(":")
    return f"{labels.get(whole, whole)}: {header}" if sign else labels.get(key, key)


def as_text(value: Any) -> str | None:
    """Return a value of the trail in one line."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
