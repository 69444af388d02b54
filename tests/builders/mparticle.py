"""What mParticle would send: both forms, made from the specification's description of them."""

import json
from typing import Any

from tessera.platform.ids import new_id

FIRST = 1_700_000_000_000


def firehose(
    customer: str | None = "u-1",
    *,
    at: int = FIRST,
    message_id: str | None = None,
    email: str | None = None,
    attributes: dict[str, Any] | None = None,
    **members: Any,
) -> dict[str, Any]:
    """Return an event processing request about one person."""
    identities = [{"type": "customer", "encoding": "raw", "value": customer}] if customer is not None else []
    if email is not None:
        identities.append({"type": "email", "encoding": "raw", "value": email})
    return {
        "type": "event_processing_request",
        "id": message_id or str(new_id()),
        "timestamp_ms": at,
        "firehose_version": "2.1.0",
        "account": {"account_id": 42, "account_settings": {"apiKey": "canary-of-settings"}},
        "user_identities": identities,
        "user_attributes": attributes or {},
        "events": [
            {
                "type": "custom_event",
                "id": str(new_id()),
                "timestamp_ms": at,
                "name": "Signed in",
                "custom_event_type": "other",
                "attributes": {"place": "lobby"},
                "custom_flags": {},
            }
        ],
        "mpid": "7346244611012968789",
        "consent_state": None,
        **members,
    }


def batch(
    customer: str | None = "u-1",
    *,
    at: int = FIRST,
    batch_id: str | None = None,
    email: str | None = None,
    attributes: dict[str, Any] | None = None,
    **members: Any,
) -> dict[str, Any]:
    """Return a batch as the webhook output posts it."""
    identities = [{"identity_type": "customer_id", "identity": customer, "timestamp_unixtime_ms": at}]
    if email is not None:
        identities.append({"identity_type": "email", "identity": email, "timestamp_unixtime_ms": at})
    return {
        "batch_id": batch_id or str(new_id()),
        "message_id": str(new_id()),
        "message_type": "events",
        "schema_version": 2,
        "environment": "production",
        "timestamp_unixtime_ms": at,
        "mpid": 7346244611012968789,
        "user_identities": identities if customer is not None else identities[1:],
        "user_attributes": attributes or {},
        "events": [
            {
                "event_type": "custom_event",
                "data": {"event_name": "Signed in", "custom_event_type": "other", "timestamp_unixtime_ms": at},
            }
        ],
        **members,
    }


def registration() -> dict[str, Any]:
    """Return the question what a module takes."""
    return {
        "type": "module_registration_request",
        "id": str(new_id()),
        "timestamp_ms": FIRST,
        "firehose_version": "2.1.0",
    }


def encode(document: Any) -> bytes:
    """Return a body."""
    return json.dumps(document).encode()
