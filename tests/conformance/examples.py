"""One example of a profile for each connector type and variant. A new type adds its line here and passes the suite.

An example holds every required property and no more than it needs; texts that are secrets hold the canary.
"""

from collections.abc import Mapping
from typing import Any

CANARY = "canary-7f3a9"
BASE = {"base_url": "https://api.example.com/v1"}

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
}

# Types that have nothing to test, and say so.
WITHOUT_PROBE: frozenset[str] = frozenset()
