"""Properties of a Secure FTP profile."""

import re

from tessera.connectors.contract import Property, PropertyKind, ShownWhen
from tessera.connectors.files import clean_root
from tessera.connectors.kinds.lines import clean_line
from tessera.platform.http import CallError, normalise_host

PASSWORD, PUBLIC_KEY = "password", "public_key"
HOST_KEY = "host_key_fingerprint"
FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


def clean_host(text: str) -> str:
    """Return the host, or say that it is none."""
    text = text.strip()
    try:
        normalise_host(text)
    except CallError as error:
        raise ValueError(error.message) from None
    return text


def clean_fingerprints(text: str) -> str:
    """Return fingerprints with blanks between; a host may have a key of several algorithms, or be changing its key."""
    found = [part.rstrip("=") for part in re.split(r"[\s,]+", text.strip()) if part]
    if not all(FINGERPRINT.fullmatch(part) for part in found):
        raise ValueError("A fingerprint reads SHA256: and 43 more characters, as ssh-keygen -lf shows it.")
    return " ".join(found)


def when(auth_type: str) -> ShownWhen:
    """Show a property with this way to sign in only."""
    return ShownWhen("auth_type", frozenset({auth_type}))


PROPERTIES = (
    Property("host", "FTP Host", "Name of the host.", PropertyKind.TEXT, required=True, clean=clean_host),
    Property("port", "FTP Port", "Usually 22.", PropertyKind.INT, required=True, default=22, least=1, most=65_535),
    Property("username", "Username", "Account that Tessera uses.", PropertyKind.TEXT, required=True, clean=clean_line),
    Property(
        "auth_type",
        "Auth type",
        "How to sign in.",
        PropertyKind.ENUM,
        required=True,
        default=PASSWORD,
        choices=(PASSWORD, PUBLIC_KEY),
        choice_labels={PASSWORD: "Password", PUBLIC_KEY: "Public Key"},
    ),
    Property(
        "password",
        "Password",
        "Password of that account.",
        PropertyKind.SECRET,
        required=True,
        clean=clean_line,
        shown_when=when(PASSWORD),
        sent_to=("host", "port"),
    ),
    Property(
        "private_key",
        "Private Key File",
        "An encryption key of the type RSA Private Key.",
        PropertyKind.REFERENCE,
        required=True,
        shown_when=when(PUBLIC_KEY),
        refers_to="encryption_key:rsa_private_key",
    ),
    Property(
        "root_path",
        "Root Path",
        "Folder that everything using this profile stays in; empty is where the account starts.",
        PropertyKind.TEXT,
        clean=clean_root,
    ),
    Property(
        HOST_KEY,
        "Host key fingerprint",
        "SHA256:… of the host's key. Empty: the first connection stores it, and any other key is refused from then on.",
        PropertyKind.TEXT,
        clean=clean_fingerprints,
    ),
)
