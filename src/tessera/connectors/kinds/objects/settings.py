"""Properties that object stores have in common. Pure."""

import re
from collections.abc import Callable, Mapping

from tessera.connectors.contract import Property, PropertyKind, ShownWhen
from tessera.connectors.files import clean_root

CREDENTIALS = "credentials"


def matching(pattern: str, message: str) -> Callable[[str], str]:
    """Return a check that a text has a form."""
    form = re.compile(pattern, re.ASCII)

    def clean(text: str) -> str:
        text = text.strip()
        if not form.fullmatch(text):
            raise ValueError(message)
        return text

    return clean


def clean_key_prefix(text: str) -> str:
    """Return a root path as object stores have it: without slashes at its ends."""
    return clean_root(text).strip("/")


def when(*ways: str) -> ShownWhen:
    """Show a property with these credentials only."""
    return ShownWhen(CREDENTIALS, frozenset(ways))


def credentials(ways: Mapping[str, str]) -> Property:
    """Declare how the profile proves who it is."""
    return Property(
        CREDENTIALS,
        "Credentials",
        "What proves who Tessera is.",
        PropertyKind.ENUM,
        required=True,
        default=next(iter(ways)),
        choices=tuple(ways),
        choice_labels=ways,
    )


ROOT_PATH = Property(
    "root_path",
    "Root Path",
    "Folder that everything using this profile stays in; empty is the whole bucket.",
    PropertyKind.TEXT,
    clean=clean_key_prefix,
)


def endpoint(text: str) -> Property:
    """Declare an address of one's own."""
    return Property("endpoint_url", "Endpoint URL", text, PropertyKind.URL)
