"""Extra Settings of an inbound mParticle profile: the mapping, its rules, and the default. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from tessera.connectors.contract import Property, PropertyKind, Variant
from tessera.inbound.attributes import BY_NAME, LOOKUPS
from tessera.inbound.sources import Rules

EXTRA_SETTINGS = "extra_settings"
VARIANTS = (Variant("standard", "Standard"),)
DEFAULT = {"user_profiles": {"lookup_by": "integration_id", "user_attributes": {"customer": "integration_id"}}}
TOP, PROFILES = ("user_profiles", "activities", "options"), ("lookup_by", "user_attributes")
SWITCHES = {"register_new": True, "update_existing": True, "overwrite_with_empty": False, "accept_development": False}
PROGRAM = "program"
LARGEST, MOST_ENTRIES, LONGEST_KEY, LONGEST_CODE = 100_000, 200, 255, 50


def read_rules(settings: Mapping[str, Any]) -> Rules:
    """Return the rules of a profile's settings, which were checked when they were saved."""
    given = settings[EXTRA_SETTINGS]
    options = given.get("options", {})
    switches = {name: options.get(name, default) for name, default in SWITCHES.items()}
    profiles = given["user_profiles"]
    return Rules(profiles["lookup_by"], profiles["user_attributes"], **switches, program=options.get(PROGRAM))


def clean_extra_settings(value: Any) -> dict[str, Any]:
    """Return the mapping as it is stored; a form brings it as text. Refuse, with the key, what does not fit."""
    given = parse(value) if isinstance(value, str) else value
    members = read_object(given, "Extra Settings")
    check_keys(members, TOP, "")
    if "user_profiles" not in members:
        raise ValueError("user_profiles is missing. Add the object that says how profiles become members.")
    check_profiles(read_object(members["user_profiles"], "user_profiles"))
    if "activities" in members:
        raise ValueError("activities: this release keeps no activities. Take the key out; events are ignored then.")
    if "options" in members:
        check_options(read_object(members["options"], "options"))
    return members


def parse(text: str) -> Any:
    """Return the JSON value of a text."""
    if len(text) > LARGEST:
        raise ValueError(f"Longer than {LARGEST:,} characters. Shorten it.")
    try:
        return msgspec.json.decode(text.encode())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"This is not a valid JSON: {error}.") from None


def read_object(value: Any, place: str) -> dict[str, Any]:
    """Return an object's members."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{place} must be a JSON object.")  # noqa: TRY004 - shown to the user like any other fault
    return dict(value)


def check_keys(members: Iterable[str], known: Iterable[str], place: str) -> None:
    """Refuse a key that means nothing here."""
    for key in members:
        if key not in known:
            where = f" in {place}" if place else ""
            raise ValueError(f"{shown(key)} is not a key{where}. Keys are: {', '.join(known)}.")


def check_profiles(members: Mapping[str, Any]) -> None:
    """Refuse a mapping that names no member attribute, names one twice, or cannot find a member."""
    check_keys(members, PROFILES, "user_profiles")
    for key in PROFILES:
        if key not in members:
            raise ValueError(f"user_profiles.{key} is missing. Add it.")
    lookup_by = members["lookup_by"]
    if lookup_by not in LOOKUPS:
        raise ValueError(
            f"user_profiles.lookup_by: {shown(lookup_by)} does not identify members. Use {' or '.join(LOOKUPS)}."
        )
    targets = check_entries(read_object(members["user_attributes"], "user_profiles.user_attributes"))
    if lookup_by not in targets:
        raise ValueError(
            f"user_profiles.user_attributes: no entry leads to {lookup_by}, which members are looked up by. Add one."
        )


def check_entries(entries: Mapping[str, Any]) -> set[str]:
    """Refuse an entry of the map that leads nowhere; return where they lead."""
    if len(entries) > MOST_ENTRIES:
        raise ValueError(f"user_profiles.user_attributes: more than {MOST_ENTRIES} entries. Take some out.")
    targets: set[str] = set()
    for key, target in entries.items():
        place = f"user_profiles.user_attributes.{shown(key)}"
        if not key.strip() or len(key) > LONGEST_KEY or "\x00" in key:
            raise ValueError(f"{place}: a key is an mParticle attribute's name of 1 to {LONGEST_KEY} characters.")
        if not isinstance(target, str) or target not in BY_NAME:
            raise ValueError(f"{place}: {shown(target)} is not a member attribute. There are: {', '.join(BY_NAME)}.")
        if target in targets:
            raise ValueError(f"{place}: {target} is on the right of another entry already. Keep one of them.")
        targets.add(target)
    return targets


def check_options(members: Mapping[str, Any]) -> None:
    """Refuse an option that does not exist, or is not a boolean where it must be one."""
    check_keys(members, (*SWITCHES, PROGRAM), "options")
    for key, value in members.items():
        if key in SWITCHES and not isinstance(value, bool):
            raise ValueError(f"options.{key} must be true or false.")
    code = members.get(PROGRAM, "any")
    if not isinstance(code, str) or not code.strip() or len(code) > LONGEST_CODE or "\x00" in code:
        raise ValueError(f"options.{PROGRAM} must be the code of a loyalty program.")


def shown(value: Any) -> str:
    """Return a value short enough for a message."""
    text = repr(value) if isinstance(value, str | int | float | bool | None) else type(value).__name__
    return text if len(text) <= 80 else f"{text[:79]}…"


PROPERTIES = (
    Property(
        EXTRA_SETTINGS,
        "Extra Settings",
        "The mapping, as JSON: mParticle attributes on the left, member attributes on the right.",
        PropertyKind.JSON,
        required=True,
        default=DEFAULT,
        clean=clean_extra_settings,
    ),
)
