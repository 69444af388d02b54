"""Properties of an outbound mParticle profile."""

from collections.abc import Mapping
from typing import Any

from tessera.connectors.contract import Follows, Property, PropertyKind, Variant

VARIANTS = (Variant("standard", "Standard"),)
CUSTOM = "Custom"
PODS = {
    "US1": "https://s2s.mparticle.com/v2",
    "US2": "https://s2s.us2.mparticle.com/v2",
    "EU1": "https://s2s.eu1.mparticle.com/v2",
    "AU1": "https://s2s.au1.mparticle.com/v2",
}
PATHS = ("/events", "/bulkevents", "/bulkevents/historical")
KEY_SIGNS = range(0x21, 0x7F)
LONGEST_PLAN = 256


def clean_endpoint(text: str) -> str:
    """Refuse the address of one operation: requests add theirs."""
    if text.rstrip("/").lower().endswith(PATHS):
        raise ValueError("Requests add /events or /bulkevents themselves. Give the address before it.")
    if "?" in text:
        raise ValueError("A query string does not belong here. Give the address before it.")
    return text


def clean_key(text: str) -> str:
    """Return the key; in Basic Authentication a colon ends it."""
    key = clean_secret(text)
    if ":" in key:
        raise ValueError('An API key has no ":". Paste the key alone.')
    return key


def clean_secret(text: str) -> str:
    """Return the secret as pasted from wherever."""
    secret = text.strip()
    if not secret or any(ord(sign) not in KEY_SIGNS for sign in secret):
        raise ValueError("It holds visible ASCII characters only, and no spaces. Paste it again.")
    return secret


def clean_plan(text: str) -> str:
    """Refuse what no data plan is called."""
    if len(text) > LONGEST_PLAN:
        raise ValueError(f"The id of a data plan has at most {LONGEST_PLAN} characters. Copy it from mParticle.")
    return text


def check_settings(settings: Mapping[str, Any]) -> Mapping[str, str]:
    """Say what is wrong where properties go together."""
    if settings.get("data_plan_version") is not None and not settings.get("data_plan_id"):
        return {"data_plan_version": "A version needs the id of its data plan. Give the id, or leave both empty."}
    return {}


def whole_number(key: str, label: str, text: str, *, most: int, default: int | None) -> Property:
    """Declare a number from 1 on."""
    return Property(key, label, text, PropertyKind.INT, default=default, least=1, most=most)


PROPERTIES = (
    Property(
        "pod",
        "Pod",
        "Where mParticle keeps the workspace.",
        PropertyKind.ENUM,
        required=True,
        default="US1",
        choices=(*PODS, CUSTOM),
    ),
    Property(
        "endpoint",
        "Endpoint",
        "Follows from the pod; typed only with the pod Custom.",
        PropertyKind.URL,
        required=True,
        clean=clean_endpoint,
        follows=Follows("pod", PODS),
    ),
    Property(
        "api_key",
        "API Key",
        "Server-to-server key of a Custom Feed or a platform input.",
        PropertyKind.TEXT,
        required=True,
        clean=clean_key,
    ),
    Property(
        "api_secret",
        "API Secret",
        "The secret that belongs to the key.",
        PropertyKind.SECRET,
        required=True,
        clean=clean_secret,
        sent_to=("endpoint",),
    ),
    Property(
        "environment",
        "Environment",
        "Development data shows in mParticle's live stream and is not forwarded as production data is.",
        PropertyKind.ENUM,
        required=True,
        default="production",
        choices=("production", "development"),
    ),
    Property(
        "data_plan_id",
        "Data Plan ID",
        "The data plan that batches are checked against; empty for none.",
        PropertyKind.TEXT,
        clean=clean_plan,
    ),
    whole_number("data_plan_version", "Data Plan Version", "Empty takes the latest.", most=1_000_000, default=None),
    whole_number(
        "max_batches_per_second",
        "Max batches per second",
        "mParticle takes 270 unless it agreed to more.",
        most=270,
        default=100,
    ),
    whole_number(
        "max_batches_per_minute",
        "Max batches per minute",
        "Empty for no other limit than that of a second. They are spread evenly over the minute.",
        most=16_200,
        default=None,
    ),
    whole_number(
        "connect_timeout_seconds", "Connect timeout", "Seconds to wait for a connection.", most=60, default=10
    ),
    whole_number(
        "read_timeout_seconds", "Read timeout", "Seconds until the answer must have come.", most=300, default=30
    ),
    whole_number(
        "max_concurrent_requests",
        "Max concurrent requests",
        "How many requests may be in flight at once, over all runs and workers.",
        most=256,
        default=16,
    ),
)
