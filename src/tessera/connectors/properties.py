"""Checking what was typed into a profile against its connector's properties. Pure."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import msgspec

from tessera.connectors.contract import ConnectorType, MappingLayout, Property, PropertyKind
from tessera.connectors.errors import UrlNotAllowedError
from tessera.platform.ids import parse_id
from tessera.platform.names import is_internal_name

LONGEST_TEXT = 10_000
LONGEST_JSON, DEEPEST_JSON = 100_000, 20
MOST_HEADERS = 100
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
TRUE, FALSE = frozenset({"true", "on", "yes", "1"}), frozenset({"false", "off", "no", "0", ""})
HEADER_FIELDS = frozenset({"name", "value", "secret"})

LISTS = (PropertyKind.HEADERS, PropertyKind.MAPPING)

CheckUrl = Callable[[str], str]


@dataclass(slots=True)
class Checked:
    """What a profile's input came to.

    `settings` is complete and holds no secret; `secrets` holds the new ones, None for those to clear; `faults` says
    what is wrong with which property; `missing` names required properties that are empty.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str | None] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    url_refused: bool = False


def check_properties(
    connector: ConnectorType,
    variant: str,
    given: Mapping[str, Any],
    *,
    stored: Mapping[str, Any],
    sealed: Collection[str],
    check_url: CheckUrl,
) -> Checked:
    """Check a profile's input: what is absent stays as `stored`, null clears. `sealed` names the secrets it has."""
    checked = Checked()
    values = {**stored, **given}
    shown = connector.shown_properties(variant, values)
    check_names(connector, variant, given, shown=shown, checked=checked)
    for each in shown:
        if each.secret:
            check_secret(each, given, sealed, checked)
        else:
            check_setting(each, value_of(connector, each, values), check_url, checked)
    seal_headers(shown, sealed, checked)
    forget_secrets(connector, shown, sealed, checked)
    if connector.check is not None and not checked.faults:
        checked.faults.update(connector.check(checked.settings))
    return checked


def forget_secrets(connector: ConnectorType, shown: list[Property], sealed: Collection[str], checked: Checked) -> None:
    """Take away secrets of properties that the profile has no longer: they would remain unseen."""
    gone = {each.key for each in connector.properties} - {each.key for each in shown}
    checked.secrets.update(dict.fromkeys(key for key in sealed if key.partition(":")[0] in gone))


def check_names(
    connector: ConnectorType, variant: str, given: Mapping[str, Any], *, shown: list[Property], checked: Checked
) -> None:
    """Refuse properties that such a profile does not have."""
    known = [each.key for each in shown]
    for key in given:
        if key not in known:
            checked.faults[key] = (
                f"{connector.label} profiles of the type {variant} have no {key!r}. They have: {', '.join(known)}."
            )


def check_secret(each: Property, given: Mapping[str, Any], sealed: Collection[str], checked: Checked) -> None:
    """Take a new secret, clear one, or leave the one there is."""
    if each.key not in given:
        if each.required and each.key not in sealed:
            checked.missing.append(each.key)
        return
    value = given[each.key]
    if value is None or value == "":
        checked.secrets[each.key] = None
        if each.required:
            checked.missing.append(each.key)
        return
    try:
        checked.secrets[each.key] = read_text(each, value)
    except ValueError as error:
        checked.faults[each.key] = str(error)


def value_of(connector: ConnectorType, each: Property, values: Mapping[str, Any]) -> Any:
    """Return what follows from other properties, else what was given or is stored, else the default."""
    if each.follows is not None:
        leading = next(other for other in connector.properties if other.key == each.follows.key)
        deciding = values.get(leading.key) or leading.default
        if isinstance(deciding, str) and deciding in each.follows.values:
            return each.follows.values[deciding]
    return values.get(each.key, each.default)


def check_setting(each: Property, value: Any, check_url: CheckUrl, checked: Checked) -> None:
    """Take a plain value, or its default where it is empty."""
    if value is None or value == "" or (each.kind is PropertyKind.MAPPING and value == []):
        if each.required:
            checked.missing.append(each.key)
        checked.settings[each.key] = list(each.default or ()) if each.kind in LISTS else each.default
        return
    try:
        if each.mapping is not None and each.mapping.shape is None:
            check_rows(each, each.mapping, value, checked)
            return
        checked.settings[each.key] = (
            check_url(read_text(each, value)) if is_url(each) else READERS[each.kind](each, value)
        )
    except ValueError as error:
        checked.faults[each.key] = str(error)
    except UrlNotAllowedError as error:
        checked.faults[each.key] = error.message
        checked.url_refused = True


def is_url(each: Property) -> bool:
    """Say whether the property is an address that we call."""
    return each.kind is PropertyKind.URL


def read_text(each: Property, value: Any) -> str:
    """Return a text as it is stored."""
    if not isinstance(value, str):
        raise ValueError("Give a text.")  # noqa: TRY004 - shown to the user like any other fault
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"Longer than {LONGEST_TEXT:,} characters. Shorten it.")
    check_storable(value)
    text = value if each.secret else value.strip()
    if not each.multiline and CONTROL.search(text):
        raise ValueError("Line breaks and control characters have no place here. Take them out.")
    return str(each.clean(text)) if each.clean else text


def check_storable(text: str) -> None:
    """Refuse what no text column holds, and what is not a text at all."""
    if "\0" in text:
        raise ValueError("The character of code zero cannot be stored. Take it out.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("Half a character cannot be stored. Type it again.")


def read_reference(each: Property, value: Any) -> str:
    """Return the id or internal name of a thing; whether there is such a one is asked when all else fits."""
    text = read_text(each, value)
    if parse_id(text) is None and not is_internal_name(text):
        raise ValueError("Choose one of the list, or give an id or an internal name.")
    return text


def read_int(each: Property, value: Any) -> int:
    """Return a whole number within the property's bounds; forms and command lines bring text."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 12:
        value = int(value)
    least, most = each.least or 0, each.most or 2**31 - 1
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"Give a whole number from {least:,} to {most:,}.")
    return value


def read_bool(_each: Property, value: Any) -> bool:
    """Return a boolean."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in TRUE | FALSE:
        return value.strip().lower() in TRUE
    raise ValueError("Give true or false.")


def read_choice(each: Property, value: Any) -> str:
    """Return one of the property's choices."""
    if not isinstance(value, str) or value not in each.choices:
        raise ValueError(f"Give one of {', '.join(each.choices)}.")
    return value


def read_json(each: Property, value: Any) -> Any:
    """Return a JSON value; forms and command lines bring it as text."""
    if isinstance(value, str):
        value = parse_json(value)
    check_json(value, 0)
    return each.clean(value) if each.clean else value


def parse_json(text: str) -> Any:
    """Return what the text holds, or say where it stops being JSON."""
    if len(text) > LONGEST_JSON:
        raise ValueError(f"Longer than {LONGEST_JSON:,} characters. Shorten it.")
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise ValueError(f"This is not JSON: {error}.") from None
    except RecursionError:
        raise ValueError(f"Nested more than {DEEPEST_JSON} deep. Flatten it.") from None


def check_json(value: Any, depth: int) -> None:
    """Refuse what the database cannot store, and depths at which nothing is meant."""
    if depth > DEEPEST_JSON:
        raise ValueError(f"Nested more than {DEEPEST_JSON} deep. Flatten it.")
    if isinstance(value, str):
        check_storable(value)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            check_storable(str(key))
            check_json(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            check_json(inner, depth + 1)
    elif isinstance(value, float) and not isfinite(value):
        raise ValueError("Numbers beyond all bounds cannot be stored. Give a smaller one.")


def read_headers(each: Property, value: Any) -> list[dict[str, Any]]:
    """Return name and value pairs; the value of a secret one may be left out to keep the one that is stored."""
    if not isinstance(value, list | tuple) or not all(is_header(header) for header in value):
        raise ValueError('Give a list of headers: {"name": …, "value": …, "secret": true or false}.')
    if len(value) > MOST_HEADERS:
        raise ValueError(f"More than {MOST_HEADERS} headers. Leave some out.")
    headers = [
        {"name": header["name"].strip(), "value": header.get("value"), "secret": header.get("secret", False)}
        for header in value
    ]
    for header in headers:
        check_storable(header["name"] + (header["value"] or ""))
        if header["value"] is None and not header["secret"]:
            raise ValueError(f"The header {header['name']} has no value. Give one or take the header out.")
    return each.clean(headers) if each.clean else headers


def check_rows(each: Property, layout: MappingLayout, value: Any, checked: Checked) -> None:
    """Take the rows of a mapping, or note what is wrong with its cells, as `<property>-<row>-<column>`."""
    rows, cells = layout.check(value)
    checked.faults |= {f"{each.key}-{number}-{column}": fault for (number, column), fault in cells.items()}
    if not cells:
        checked.settings[each.key] = each.clean(rows) if each.clean else rows


def is_header(header: Any) -> bool:
    """Say whether this is a header as it is given."""
    return (
        isinstance(header, Mapping)
        and isinstance(header.get("name"), str)
        and set(header) <= HEADER_FIELDS
        and isinstance(header.get("value"), str | None)
        and isinstance(header.get("secret", False), bool)
    )


def seal_headers(shown: list[Property], sealed: Collection[str], checked: Checked) -> None:
    """Move the values of secret headers to the secrets, under `<property>:<header>`."""
    for each in shown:
        if each.kind is not PropertyKind.HEADERS or each.key in checked.faults:
            continue
        kept = set()
        for header in checked.settings[each.key]:
            if not header["secret"]:
                continue
            key = f"{each.key}:{header['name'].lower()}"
            kept.add(key)
            value, header["value"] = header["value"], None
            if value:
                checked.secrets[key] = value
            elif key not in sealed:
                checked.faults[each.key] = f"The header {header['name']} has no value. Give one or take the header out."
        gone = {key for key in sealed if key.startswith(f"{each.key}:")} - kept
        checked.secrets.update(dict.fromkeys(gone))


READERS: dict[PropertyKind, Callable[[Property, Any], Any]] = {
    PropertyKind.TEXT: read_text,
    PropertyKind.REFERENCE: read_reference,
    PropertyKind.INT: read_int,
    PropertyKind.BOOL: read_bool,
    PropertyKind.ENUM: read_choice,
    PropertyKind.JSON: read_json,
    PropertyKind.HEADERS: read_headers,
    # Of settings that belong to no profile: the property itself checks the shape in which its rows are stored.
    PropertyKind.MAPPING: read_json,
}
