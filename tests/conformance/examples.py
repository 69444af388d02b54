"""One example of a profile for each connector type and variant. A new type adds its line here and passes the suite.

An example holds every required property and no more than it needs; texts that are secrets hold the canary.
"""

import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

CANARY = "canary-7f3a9"
BASE = {"base_url": "https://api.example.com/v1"}


def account_key() -> str:
    """Return the key file of a service account that nobody has."""
    key = rsa.generate_private_key(65537, 2048)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return json.dumps(
        {
            "type": "service_account",
            "private_key_id": "1",
            "private_key": text,
            "client_email": "exports@lake.example",
            "client_id": CANARY,
        }
    )


EXAMPLES: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("http_api", "none"): BASE,
    ("http_api", "basic"): {**BASE, "username": "tessera", "password": CANARY},
    ("http_api", "bearer"): {**BASE, "token": CANARY},
    ("http_api", "oauth2"): {
        **BASE,
        "access_token_url": "https://login.example.com/token",
        "client_id": "tessera",
        "client_secret": CANARY,
    },
    ("mparticle_outbound", "standard"): {"api_key": "key", "api_secret": CANARY},
    ("mparticle_inbound", "standard"): {},
    ("cheetah_digital", "standard"): {
        "base_url": "https://api.ccmp.eu/services2",
        "username": "key",
        "password": CANARY,
    },
    ("selligent", "standard"): {
        "api_client_id": "key",
        "api_client_secret": CANARY,
        "organization": "Harbour",
        "domain": "https://harbour.example.com",
    },
    ("sparkfly", "standard"): {
        "endpoint": "https://auth.example.com/auth",
        "client_id": "tessera",
        "client_secret": CANARY,
    },
    ("sftp", "standard"): {"host": "sftp.example.com", "username": "tessera", "password": CANARY},
    ("s3", "standard"): {
        "bucket": "harbour-exports",
        "region": "eu-central-1",
        "access_key_id": "AKIAEXAMPLE",
        "secret_access_key": CANARY,
    },
    ("gcs", "standard"): {"bucket": "lake-exports", "service_account_key": account_key()},
    ("azure", "standard"): {
        "account": "hillstore",
        "container": "exports",
        "credentials": "sas_token",
        "sas_token": f"sv=2024-11-04&sig={CANARY}",
    },
}

# Types that have nothing to test, and say so.
WITHOUT_PROBE: frozenset[str] = frozenset()
