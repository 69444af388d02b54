"""Properties of a Google Cloud Storage profile."""

import json

from tessera.connectors.contract import Property, PropertyKind
from tessera.connectors.kinds.objects.settings import ROOT_PATH, endpoint, matching

# What the library reads of a key file. Anything else could change what it does, and is left out.
MEMBERS = ("type", "project_id", "private_key_id", "private_key", "client_email", "client_id", "token_uri")


def clean_key(text: str) -> str:
    """Return the key of a service account as one line of JSON, with what is needed of it."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("This is not JSON. Paste the whole key file of the service account.") from None
    if not isinstance(given, dict) or given.get("type") != "service_account":
        raise ValueError('This is not a key of a service account: its "type" must be "service_account".')
    kept = {name: given[name] for name in MEMBERS if isinstance(given.get(name), str)}
    missing = [name for name in ("private_key", "private_key_id", "client_email") if not kept.get(name)]
    if missing:
        raise ValueError(f"The key has no {', '.join(missing)}. Paste the whole key file of the service account.")
    check_private_key(kept["private_key"])
    return json.dumps(kept)


def check_private_key(material: str) -> None:
    """Refuse what is no RSA key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        fits = isinstance(load_pem_private_key(material.encode(), None), RSAPrivateKey)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        fits = False
    if not fits:
        raise ValueError('Its "private_key" cannot be read. Paste the whole key file, unchanged.')


PROPERTIES = (
    Property(
        "bucket",
        "Bucket",
        "Name of the bucket.",
        PropertyKind.TEXT,
        required=True,
        clean=matching(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]", "A bucket name has small letters, digits, . - and _."),
    ),
    Property(
        "service_account_key",
        "Service account key",
        "The JSON of the service account's key file.",
        PropertyKind.SECRET,
        required=True,
        multiline=True,
        clean=clean_key,
        sent_to=("endpoint_url",),
    ),
    endpoint("For private endpoints; empty is https://storage.googleapis.com."),
    ROOT_PATH,
)
