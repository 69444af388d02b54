"""A profile of every type, in every form, with a canary in each secret that it has; made of what types declare."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.builders.canaries import Canaries
from tests.builders.hostile import choices, variants

from tessera.connectors.contract import ConnectorType, Property, PropertyKind

TEXTS = ("canary-1", "canary1", "127.0.0.1", "arn:aws:iam::123456789012:role/canary", str(UUID(int=1)))
UNKNOWN = "tests/builders/canary_profiles.py knows no value for {key} of {type}: add one"
Form = tuple[ConnectorType, str, dict[str, str]]


def forms() -> Iterator[Form]:
    """Yield every type that keeps secrets, with each variant and each combination of its deciding choices."""
    for connector, variant in variants():
        for chosen in choices(connector, variant):
            if any(keeps_secret(each) for each in connector.shown_properties(variant, chosen)):
                yield connector, variant, chosen


def keeps_secret(each: Property) -> bool:
    """Say whether something of the property is sealed."""
    return each.secret or each.kind in (PropertyKind.HEADERS, PropertyKind.REFERENCE)


def fill(form: Form, canaries: Canaries, *, url: str, key: str) -> dict[str, Any]:
    """Return the settings of a complete profile that calls that address; a reference leads to that key."""
    connector, variant, chosen = form
    shown = [each for each in connector.shown_properties(variant, chosen) if each.key not in chosen]
    leading = {each.follows.key: each.follows.values for each in shown if each.follows}
    found: dict[str, Any] = dict(chosen)
    for each in shown:
        name = f"{connector.key}/{variant}{''.join(f'/{choice}' for choice in chosen.values())}/{each.key}"
        value = value_of(each, name, canaries, url=url, key=key)
        if each.key in leading:
            value = next(choice for choice in each.choices if choice not in leading[each.key])
        if value is not None:
            found[each.key] = value
    return found


def value_of(each: Property, name: str, canaries: Canaries, *, url: str, key: str) -> Any:
    """Return a value for a property, None where its default will do."""
    if each.secret:
        return secret_of(each, name, canaries, url)
    match each.kind:
        case PropertyKind.URL:
            return url
        case PropertyKind.HEADERS:
            return [{"name": "X-Canary", "value": canaries.draw(name), "secret": True}]
        case PropertyKind.REFERENCE:
            return key
        case PropertyKind.ENUM if each.required and not each.default:
            return each.choices[0]
        case PropertyKind.TEXT if each.required and not each.default:
            return next((text for text in TEXTS if is_taken(each, text)), None) or refuse(each, name)
    return None


def secret_of(each: Property, name: str, canaries: Canaries, url: str) -> str:
    """Return a secret in a form that the property takes."""
    for text in (canaries.draw(name), canaries.draw_plain(name), f"sv=1&sig={canaries.draw_plain(name)}"):
        if is_taken(each, text):
            return text
    material = rsa_key()
    canaries.keep(name, material.splitlines()[7])
    account = {"type": "service_account", "private_key_id": "1", "private_key": material, "client_email": "a@b.example"}
    text = json.dumps({**account, "token_uri": f"{url}/token"})
    return text if is_taken(each, text) else refuse(each, name)


def is_taken(each: Property, text: str) -> bool:
    """Say whether the property accepts the text."""
    try:
        if each.clean is not None:
            each.clean(text)
    except ValueError:
        return False
    return True


def refuse(each: Property, name: str) -> str:
    """Say what to add here for a new property."""
    raise AssertionError(UNKNOWN.format(key=each.key, type=name))


@cache
def rsa_key() -> str:
    """Return a private key as cloud providers hand them out."""
    key = generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
