"""Properties of the grant *client credentials* of OAuth 2.0. Pure."""

import re
from dataclasses import replace
from typing import Any

import msgspec

from tessera.connectors.contract.types import Property, PropertyKind, ShownWhen

OWNED = frozenset({"grant_type", "scope", "audience", "client_id", "client_secret"})
# RFC 6749, appendix A: what a client, a secret and a scope are made of.
VISIBLE = re.compile(r"[\x20-\x7e]+")
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*")
MOST_PARAMETERS = 50
LONGEST_PARAMETER = 2_000
LONGEST_EXPIRATION = 366 * 86_400


def clean_visible(text: str) -> str:
    """Refuse what the standard has no place for in a client's credentials."""
    if not VISIBLE.fullmatch(text):
        raise ValueError("Only visible ASCII characters and spaces can be sent. Paste it again.")
    return text


def clean_scope(text: str) -> str:
    """Return the scopes with one space between them."""
    scopes = " ".join(text.split())
    if not SCOPE.fullmatch(scopes):
        raise ValueError(
            r'A scope holds visible ASCII characters, but no quotes and no "\". Separate several by spaces.'
        )
    return scopes


def clean_parameters(value: Any) -> dict[str, str]:
    """Return further parameters of the token request: an object of texts, or the JSON text of one."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            raise ValueError('This is not a JSON object. Write {"resource": "https://…"}.') from None
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in (*value, *value.values())):
        raise ValueError('Give an object whose values are texts, such as {"resource": "https://…"}.')
    if len(value) > MOST_PARAMETERS:
        raise ValueError(f"Give at most {MOST_PARAMETERS} parameters.")
    for name, text in value.items():
        check_parameter(name, text)
    return value


def check_parameter(name: str, text: str) -> None:
    """Refuse a parameter that the profile sends itself, or that is none."""
    if name in OWNED:
        raise ValueError(f"{name} has its own property. Remove it here.")
    if not name or max(len(name), len(text)) > LONGEST_PARAMETER or not (name + text).isprintable():
        raise ValueError(f"Names and values have 1 to {LONGEST_PARAMETER:,} printable characters. Mend {name[:40]!r}.")


OAUTH = (
    Property(
        "access_token_url",
        "Access Token URL",
        "Where tokens are asked for; it may be on another host.",
        PropertyKind.URL,
        required=True,
    ),
    Property(
        "grant_type",
        "Grant Type",
        "How Tessera gets a token.",
        PropertyKind.ENUM,
        required=True,
        default="client_credentials",
        choices=("client_credentials",),
        choice_labels={"client_credentials": "Client Credentials"},
    ),
    Property(
        "client_id",
        "Client ID",
        "Name of the client that the token server knows Tessera by.",
        PropertyKind.TEXT,
        required=True,
        clean=clean_visible,
    ),
    Property(
        "client_secret",
        "Client Secret",
        "Secret of that client.",
        PropertyKind.SECRET,
        required=True,
        clean=clean_visible,
        # The access token that it is traded for goes to the base URL.
        sent_to=("access_token_url", "base_url"),
    ),
    Property(
        "scope",
        "Scope",
        "What the token is for, separated by spaces; empty leaves it to the server.",
        PropertyKind.TEXT,
        default="",
        clean=clean_scope,
    ),
    Property(
        "audience",
        "Audience",
        "For whom the token is; only some servers want it.",
        PropertyKind.TEXT,
        default="",
        clean=clean_visible,
    ),
    Property(
        "client_authentication",
        "Client Authentication",
        "Where the token request carries Client ID and Client Secret.",
        PropertyKind.ENUM,
        required=True,
        default="basic",
        choices=("basic", "body"),
        choice_labels={"basic": "HTTP Basic header", "body": "Request body"},
    ),
    Property(
        "token_expiration_seconds",
        "Token Expiration",
        "Seconds that a token lasts where the server does not say it; 3,600 if empty.",
        PropertyKind.INT,
        least=1,
        most=LONGEST_EXPIRATION,
    ),
    Property(
        "extra_token_parameters",
        "Extra token parameters",
        'Further parameters of the token request, as JSON: {"resource": "https://…"}.',
        PropertyKind.JSON,
        default={},
        clean=clean_parameters,
    ),
)


def oauth_properties(shown: ShownWhen) -> tuple[Property, ...]:
    """Return the properties, shown under that condition."""
    return tuple(replace(each, shown_when=shown) for each in OAUTH)
