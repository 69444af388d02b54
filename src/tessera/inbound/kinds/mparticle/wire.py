"""Both forms in which mParticle sends, recognised by the body: Firehose requests and webhook batches. Pure."""

from codecs import BOM_UTF8
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from tessera.inbound.errors import MessageUnreadableError
from tessera.inbound.sources import Message

REGISTRATION, EVENTS, BATCH = "module_registration_request", "event_processing_request", "batch"
SUFFIX = "_request"
MEMBERSHIPS = "audience_membership_change_request"
VERSION = "2.1.0"
MODULE = ("Tessera", "1.0")
MOST_MESSAGES, LONGEST_NAME = 1_000, 100
RAW = msgspec.json.Decoder(list[msgspec.Raw])
# A sender's clock that is wrong by more than this must not keep later messages from being applied.
FARTHEST_AHEAD = timedelta(days=1)
ATTRIBUTE_EVENTS = (
    "session_start",
    "session_end",
    "custom_event",
    "screen_view",
    "product_action",
    "push_subscription",
)
IDENTITIES = ("customer", "email", "mobile_number")


CONTENTS = ("user_identities", "user_attributes", "events", "user_profiles", "deleted_user_attributes")


def read_messages(body: bytes) -> tuple[list[Message], bool]:
    """Return the messages of a request, and whether they came as an array; raise where it holds no JSON objects."""
    text = body.removeprefix(BOM_UTF8).strip()
    if not text:
        return [], False
    several = text.startswith(b"[")
    try:
        parts = [bytes(part) for part in RAW.decode(text)] if several else [text]
        if len(parts) > MOST_MESSAGES:
            raise unreadable(f"The request holds more than {MOST_MESSAGES:,} messages. Send fewer at once.")
        return [read_message(part) for part in parts], several
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(f"The request is not a valid JSON: {error}.") from None


def read_message(body: bytes) -> Message:
    """Return one message."""
    document = msgspec.json.decode(body)
    if not isinstance(document, dict):
        raise unreadable("The request must be a JSON object, or an array of JSON objects.")
    kind = document.get("type")
    firehose = isinstance(kind, str) and kind.endswith(SUFFIX)
    given = document.get("id" if firehose else "batch_id")
    name = given if isinstance(given, str) and 0 < len(given) <= LONGEST_NAME and given.isprintable() else None
    # Whatever else it holds, a message with the same id of the same form is the same message.
    seed = b"body:" + body if name is None else f"{'firehose' if firehose else 'batch'}:{name}".encode()
    kind = clean_type(str(kind)) if firehose else BATCH
    return Message(
        kind,
        name,
        sha256(seed).digest(),
        body,
        document,
        is_registration=kind == REGISTRATION,
        is_empty=is_empty(kind, document),
    )


def is_empty(kind: str, document: Mapping[str, Any]) -> bool:
    """Say whether a message holds nothing: mParticle sends such from time to time to see whether it is answered."""
    return kind in (BATCH, EVENTS, MEMBERSHIPS) and not any(document.get(name) for name in CONTENTS)


def clean_type(kind: str) -> str:
    """Return a Firehose type that a list can show; one that no sender of ours writes loses what is too much."""
    return "".join(letter for letter in kind if letter.isprintable())[-LONGEST_NAME:]


def unreadable(message: str) -> MessageUnreadableError:
    """Say that a request cannot be read."""
    return MessageUnreadableError(message)


def sent_at(document: Mapping[str, Any], received_at: datetime) -> datetime:
    """Return when the message was sent: by its own word, by its last event's, or else when it was received."""
    moments = [read_moment(document.get(name)) for name in ("timestamp_ms", "timestamp_unixtime_ms")]
    moments.append(max((at for at in map(event_moment, list_of(document.get("events"))) if at), default=None))
    latest = received_at + FARTHEST_AHEAD
    return next((at for at in moments if at is not None and at <= latest), received_at)


def event_moment(event: Any) -> datetime | None:
    """Return when an event happened."""
    if not isinstance(event, Mapping):
        return None
    inner = event.get("data")
    given = event.get("timestamp_ms") or (inner.get("timestamp_unixtime_ms") if isinstance(inner, Mapping) else None)
    return read_moment(given)


def read_moment(value: Any) -> datetime | None:
    """Return the moment of milliseconds since 1970; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len("9999999999999"):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 10**14:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(value))


def list_of(value: Any) -> list[Any]:
    """Return a list as it is, and anything else as none."""
    return value if isinstance(value, list) else []


def answer_to(message: Message, now: datetime, attributes: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return what a message is answered; `attributes` are those that a registration asks mParticle to send."""
    if message.type == BATCH:
        return {"accepted": True}
    version = message.document.get("firehose_version")
    envelope: dict[str, Any] = {
        "type": f"{message.type.removesuffix(SUFFIX)}_response",
        "timestamp_ms": int(now.timestamp() * 1000),
        "firehose_version": version if isinstance(version, str) and len(version) <= LONGEST_NAME else VERSION,
    }
    if message.name is not None:
        envelope["id"] = message.name
    if message.is_registration:
        return envelope | describe_module(attributes)
    return envelope | ({"suspend_subscription": False} if message.type == MEMBERSHIPS else {})


def describe_module(attributes: tuple[str, ...]) -> dict[str, Any]:
    """Return what this module is called and wants to be sent."""
    name, version = MODULE
    return {
        "name": name,
        "version": version,
        "permissions": {
            "user_identities": [{"type": kind, "encoding": "raw", "required": False} for kind in IDENTITIES],
            "user_attributes": [{"name": each, "required": False} for each in attributes],
        },
        "event_processing_registration": {"supported_event_types": list(ATTRIBUTE_EVENTS)},
    }
