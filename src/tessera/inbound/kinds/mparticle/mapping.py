"""From a message to member attributes, by the profile's rules. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tessera.inbound.attributes import BY_NAME, Attribute
from tessera.inbound.kinds.mparticle.wire import BATCH, EVENTS, list_of
from tessera.inbound.sources import Mapped, Rules

# The two forms, and the two ages of each, spell the same identity differently.
SPELLINGS = {"customer_id": "customer", "customerid": "customer", "other_id": "other"}
RAW = ("raw", None)
# Firehose requests that are answered and kept, but change nothing in this release.
OTHERS = {
    "audience_subscription_request": "audiences_not_kept",
    "audience_membership_change_request": "audiences_not_kept",
    "dsr_processing_request": "privacy_requests_not_acted_on",
}


@dataclass(frozen=True, slots=True)
class Sources:
    """What a message says of one person: identities by type, then attributes by name."""

    identities: Mapping[str, Any]
    attributes: Mapping[str, Any]
    hashed: frozenset[str]

    def find(self, key: str) -> tuple[bool, Any]:
        """Say whether the message has the key, and what it says: identities first, then attributes.

        The case of `$` names differs between mParticle's own forms, so theirs does not matter.
        """
        identity = spell(key)
        if identity in self.identities:
            return True, self.identities[identity]
        if key in self.attributes:
            return True, self.attributes[key]
        if key.startswith("$"):
            for name, value in self.attributes.items():
                if name.lower() == key.lower():
                    return True, value
        return False, None


def spell(name: str) -> str:
    """Return the one spelling of an identity's type."""
    lowered = name.lower()
    if lowered in SPELLINGS:
        return SPELLINGS[lowered]
    for start in ("other_id_", "other"):
        number = lowered.removeprefix(start)
        if number != lowered and number.isascii() and number.isdigit():
            return f"other{number}"
    return lowered


def read_sources(document: Mapping[str, Any]) -> Sources:
    """Return what a message of either form says of its person."""
    identities: dict[str, Any] = {}
    hashed: set[str] = set()
    for kind, value, encoding in each_identity(document.get("user_identities")):
        if encoding in RAW:
            identities[spell(kind)] = value
        else:
            hashed.add(spell(kind))
    attributes = document.get("user_attributes")
    found = dict(attributes) if isinstance(attributes, Mapping) else {}
    for name in list_of(document.get("deleted_user_attributes")):
        if isinstance(name, str):
            found.setdefault(name, None)
    return Sources(identities, found, frozenset(hashed - identities.keys()))


def each_identity(given: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield type, value and encoding of every identity, however they are listed."""
    if isinstance(given, Mapping):
        yield from ((name, value, None) for name, value in given.items())
    for item in list_of(given):
        if isinstance(item, Mapping):
            kind = item.get("type", item.get("identity_type"))
            if isinstance(kind, str):
                yield kind, item.get("value", item.get("identity")), item.get("encoding")


def find_reason(rules: Rules, kind: str, document: Mapping[str, Any]) -> str | None:
    """Return why a message changes no member; None where it speaks of one."""
    if kind not in (EVENTS, BATCH):
        return OTHERS.get(kind, "unknown_type")
    return "development" if is_development(document) and not rules.accept_development else None


def map_document(rules: Rules, document: Mapping[str, Any]) -> Mapped:
    """Return the member attributes that a message sets."""
    return map_attributes(rules, read_sources(document))


def map_attributes(rules: Rules, sources: Sources) -> Mapped:
    """Return the member attributes that a message sets; a value that does not fit is left out, the rest goes on."""
    mapped = Mapped()
    for key, name in rules.user_attributes.items():
        found, value = sources.find(key)
        if not found:
            if spell(key) in sources.hashed:
                mapped.notes.append(f"{name}: {key} came as a hash")
            continue
        map_one(rules, BY_NAME[name], key, value, mapped)
    return mapped


def map_one(rules: Rules, attribute: Attribute, key: str, value: Any, mapped: Mapped) -> None:
    """Map one value."""
    if value is None or (isinstance(value, str) and not value.strip()):
        if not rules.overwrite_with_empty:
            return
        if attribute.kept:
            mapped.notes.append(f"{attribute.name}: is never emptied")
            return
        mapped.values[attribute.name] = None
        return
    try:
        mapped.values[attribute.name] = attribute.read(value)
    except ValueError as error:
        mapped.notes.append(f"{attribute.name}: {key} is {error}")


def is_development(document: Mapping[str, Any]) -> bool:
    """Say whether the message comes from an app under development."""
    environment = document.get("environment")
    return isinstance(environment, str) and environment.lower() == "development"
