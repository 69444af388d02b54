"""What a profile's form sent, as the settings that the room checks. Pure."""

from collections.abc import Iterator
from typing import Any

from tessera.connectors.contract import ConnectorType, Property, PropertyKind
from tessera.web.forms import Form
from tessera.web.integrations.property_fields import CLEAR, SECRET, name_of, possible_properties
from tessera.web.mappings import read_grid

HEADER = ("name", "value", "secret")


def read_settings(connector: ConnectorType, variant: str, form: Form) -> dict[str, Any]:
    """Return the properties that the form gives: only those that a profile has with what was chosen beside them."""
    possible = possible_properties(connector, variant)
    plain = {each.key: read_field(each, form) for each in possible if not each.secret}
    shown = [each for each in possible if each.is_shown(variant, plain)]
    return {each.key: plain[each.key] for each in shown if not each.secret} | read_secrets(shown, form)


def read_field(each: Property, form: Form) -> Any:
    """Return what one field says; empty is null, which means the default."""
    name = name_of(each)
    if each.kind is PropertyKind.BOOL:
        return name in form
    if each.kind is PropertyKind.HEADERS:
        return list(read_rows(name, form))
    if each.mapping is not None:
        return each.mapping.keep_rows(read_grid(name, form))
    return form.get(name) or None


def read_secrets(shown: list[Property], form: Form) -> dict[str, str | None]:
    """Return the secrets that were typed again, null for those to clear; the others stay as they are."""
    secrets: dict[str, str | None] = {}
    for each in shown:
        if not each.secret:
            continue
        if form.get(name_of(each)):
            secrets[each.key] = form.get(name_of(each))
        elif f"{CLEAR}{each.key}" in form:
            secrets[each.key] = None
    return secrets


def read_rows(name: str, form: Form) -> Iterator[dict[str, Any]]:
    """Yield the headers in the order of their rows; a row without name and value is none."""
    for row in form.numbered_rows(name, HEADER):
        header, value, secret = row.get("name", ""), row.get("value", ""), "secret" in row
        if header.strip() or value:
            yield {"name": header, "value": None if secret and not value else value, "secret": secret}


def sets_secret(form: Form) -> bool:
    """Say whether the form changes a secret."""
    return any(
        (name.startswith(SECRET) and bool(value))
        or name.startswith(CLEAR)
        or (name.endswith("-secret") and bool(form.get(f"{name.removesuffix('secret')}value")))
        for name, value in form.typed.items()
    )
