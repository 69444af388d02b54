"""Properties of an HTTP API profile."""

import re
from collections.abc import Callable
from typing import Any

from tessera.connectors.contract import (
    CA_CERTIFICATE,
    CONNECT_TIMEOUT,
    READ_TIMEOUT,
    Property,
    PropertyKind,
    ShownWhen,
    Variant,
    oauth_properties,
)

VARIANTS = (
    Variant("none", "No Auth"),
    Variant("basic", "Basic Authentication"),
    Variant("bearer", "Bearer Token"),
    Variant("oauth2", "OAuth 2.0"),
)
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
TOKEN = re.compile(r"[\x21-\x7e]+")
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
OWNED = frozenset({"authorization", "host", "content-length", "transfer-encoding", "connection"})
LONGEST_HEADER = 8_192


def when(*variants: str) -> ShownWhen:
    """Show a property with these authentication types only."""
    return ShownWhen("variant", frozenset(variants))


def clean_line(text: str) -> str:
    """Refuse control characters, which would end a header early."""
    if CONTROL.search(text):
        raise ValueError("Line breaks and control characters cannot be sent. Take them out.")
    return text


def clean_username(text: str) -> str:
    """Refuse the colon, which ends the user name in Basic Authentication."""
    if ":" in text:
        raise ValueError('A user name with ":" cannot be sent with Basic Authentication. Use another account.')
    return clean_line(text)


def clean_token(text: str) -> str:
    """Return the bare token, as pasted from wherever."""
    token = text.strip()
    if token[:7].lower() == "bearer ":
        token = token[7:].strip()
    if not TOKEN.fullmatch(token):
        raise ValueError("A bearer token holds visible ASCII characters only, and no spaces. Paste it again.")
    return token


def clean_headers(headers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Refuse names and values that HTTP does not allow, the profile owns, or that occur twice."""
    seen: set[str] = set()
    for header in headers:
        name = header["name"]
        if not HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name[:80]!r} is not a header name. Use letters, digits and hyphens.")
        if name.lower() in OWNED:
            raise ValueError(f"{name} belongs to the connection. Leave it out.")
        if name.lower() in seen:
            raise ValueError(f"{name} occurs twice. Keep one.")
        if len(header["value"] or "") > LONGEST_HEADER:
            raise ValueError(f"The value of {name} is longer than {LONGEST_HEADER:,} characters. Shorten it.")
        clean_line(header["value"] or "")
        seen.add(name.lower())
    return headers


def credential(key: str, label: str, text: str, clean: Callable[[str], str], *, variant: str) -> Property:
    """Declare a secret that one authentication type needs."""
    return Property(
        key,
        label,
        text,
        PropertyKind.SECRET,
        required=True,
        clean=clean,
        shown_when=when(variant),
        sent_to=("base_url",),
    )


PROPERTIES = (
    Property(
        "base_url", "Base URL", "URL of the API endpoint; templates add their path.", PropertyKind.URL, required=True
    ),
    Property(
        "username",
        "Username",
        "Account that Tessera uses.",
        PropertyKind.TEXT,
        required=True,
        clean=clean_username,
        shown_when=when("basic"),
    ),
    credential("password", "Password", "Password of that account.", clean_line, variant="basic"),
    credential("token", "Token", "The bearer token.", clean_token, variant="bearer"),
    *oauth_properties(when("oauth2")),
    CONNECT_TIMEOUT,
    READ_TIMEOUT,
    Property(
        "max_requests_per_second",
        "Max requests per second",
        "Empty means as many as the receiver takes.",
        PropertyKind.INT,
        least=1,
        most=10_000,
    ),
    Property(
        "max_requests_per_minute",
        "Max requests per minute",
        "Empty means as many as the receiver takes. They are spread evenly over the minute.",
        PropertyKind.INT,
        least=1,
        most=600_000,
    ),
    Property(
        "max_concurrent_requests",
        "Max concurrent requests",
        "How many requests may be in flight at once, over all runs and workers.",
        PropertyKind.INT,
        default=16,
        least=1,
        most=256,
    ),
    Property(
        "static_headers",
        "Static headers",
        "Sent with every request; the value of a secret one is sealed and never shown.",
        PropertyKind.HEADERS,
        default=(),
        clean=clean_headers,
        sent_to=("base_url",),
    ),
    CA_CERTIFICATE,
)
